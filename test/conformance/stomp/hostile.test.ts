/**
 * Invalid input of clients: each is answered by an ERROR and the end of its connection, and the others notice nothing.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type StompServer, serve } from './harness.js';

const CONNECT = 'CONNECT\naccept-version:1.2\nhost:/\n\n\0';
const LIMITS = {
  headersMax: 50,
  headerBytesMax: 4_000,
  bodyBytesMax: 100_000,
  subscriptionsMax: 100,
  transactionsMax: 20,
  transactionFramesMax: 200,
  transactionBytesMax: 200_000,
  queuesMax: 10,
  queueMessagesMax: 50,
  queueBytesMax: 200_000,
};
/** The most bytes that a test sends before it gives up on being stopped. */
const ENOUGH = 64 * 1024 * 1024;

let server: StompServer;
let bystander: { said: string[]; end: () => void; alive: () => Promise<boolean> };

beforeAll(async () => {
  server = await serve(LIMITS);
  bystander = await standBy();
});

afterAll(async () => {
  bystander.end();
  await server.close();
});

/** A client that only listens, to check that nothing of the attacks reaches it. */
async function standBy(): Promise<typeof bystander> {
  const stream = connect(server.port, '127.0.0.1');
  const said: string[] = [];
  stream.on('data', (chunk: Buffer) => said.push(chunk.toString('latin1')));
  stream.write(`${CONNECT}SUBSCRIBE\nid:1\ndestination:/topic/quiet\nreceipt:in\n\n\0`);
  const has = async (text: string): Promise<boolean> => {
    while (!said.join('').includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
    return true;
  };
  await has('in');
  let beats = 0;
  const alive = (): Promise<boolean> => {
    beats += 1;
    stream.write(`BEGIN\ntransaction:${beats}\nreceipt:alive-${beats}\n\n\0ABORT\ntransaction:${beats}\n\n\0`);
    return has(`alive-${beats}`);
  };
  return { said, end: () => stream.destroy(), alive };
}

/** Sends until the server ends the connection, and returns the server's last frame. */
function attack(parts: Iterable<string | Buffer>): Promise<{ error: string; sent: number }> {
  return new Promise((resolve, reject) => {
    const stream = connect(server.port, '127.0.0.1');
    const iterator = parts[Symbol.iterator]();
    let got = '';
    let sent = 0;
    let isOver = false;
    const over = (): void => {
      isOver = true;
      stream.destroy();
      resolve({ error: got.slice(Math.max(0, got.lastIndexOf('ERROR\n'))), sent });
    };
    const pump = (): void => {
      while (!isOver) {
        const { value, done } = iterator.next();
        if (done) return;
        if (sent > ENOUGH) {
          reject(new TypeError('nobody stopped this'));
          return;
        }
        sent += value.length;
        if (!stream.write(value, 'latin1')) {
          stream.once('drain', pump);
          return;
        }
      }
    };
    stream.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1').slice(-2_000);
    });
    // The server has sent its last frame, so the rest is not sent.
    stream.on('end', over).on('close', over).on('error', over);
    pump();
  });
}

function* forever(part: string | ((index: number) => string), ...before: string[]): Generator<string> {
  yield* before;
  for (let index = 0; ; index += 1) yield typeof part === 'string' ? part : part(index);
}

const BIG = 'x'.repeat(64 * 1024);

describe('a client that sends', () => {
  it.each<[string, Iterable<string | Buffer>, string]>([
    ['a command without end', forever(BIG), 'a line is longer than any STOMP command'],
    ['a header without end', forever(BIG, CONNECT, 'SEND\na:'), 'the headers of a frame have more than 4000 bytes'],
    ['headers without end', forever('a:b\n', CONNECT, 'SEND\n'), 'a frame has more than 50 headers'],
    ['empty headers without end', forever('a:\n'.repeat(1_000), 'CONNECT\n'), 'a frame has more than 50 headers'],
    [
      'a body without end',
      forever(BIG, CONNECT, 'SEND\ndestination:/app/x\n\n'),
      'the body has more than 100000 bytes',
    ],
    [
      'a body announced beyond measure',
      [CONNECT, 'SEND\ncontent-length:99999999999999\n\n'],
      'the body has more than 100000 bytes',
    ],
    ['a body of negative size', [CONNECT, 'SEND\ncontent-length:-1\n\n'], 'must be a size in bytes'],
    [
      'a body that is longer than it says',
      [CONNECT, 'SEND\ndestination:/app/x\ncontent-length:2\n\nabc\0'],
      'longer than its content-length of 2 bytes',
    ],
    ['a NUL in a header', [CONNECT, 'SEND\ndestination:/app/\0x\n\n\0'], 'a header contains a NUL character'],
    ['a bad escape', [CONNECT, 'SEND\ndestination:/app/\\t\n\n\0'], 'has an escape that STOMP 1.2 does not know'],
    ['a header that is not UTF-8', [CONNECT, 'SEND\ndestination:/app/\xc3\x28\n\n\0'], 'a header is not UTF-8'],
    ['a body where none may be', [CONNECT, 'BEGIN\ntransaction:1\n\nbody\0'], 'BEGIN frames must not have a body'],
    ['an unknown command', [CONNECT, 'DROP\ntable:users\n\n\0'], 'a frame begins with no command of STOMP'],
    ['the command of a server', [CONNECT, 'MESSAGE\n\n\0'], 'unexpected command "MESSAGE"'],
    ['HTTP', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], 'a line is longer than any STOMP command'],
    [
      'subscriptions by the million',
      forever((index) => `SUBSCRIBE\nid:${index}\ndestination:/topic/${index}\n\n\0`, CONNECT),
      'a client can have at most 100 subscriptions',
    ],
    [
      'transactions by the million',
      forever((index) => `BEGIN\ntransaction:${index}\n\n\0`, CONNECT),
      'more than 20 transactions are open',
    ],
    [
      'a transaction without end',
      forever('SEND\ndestination:/app/x\ntransaction:1\n\n\0', CONNECT, 'BEGIN\ntransaction:1\n\n\0'),
      'more than 200 frames are in transactions',
    ],
    [
      'a heavy transaction',
      forever(`SEND\ndestination:/app/x\ntransaction:1\n\n${BIG}\0`, CONNECT, 'BEGIN\ntransaction:1\n\n\0'),
      'more than 200000 bytes are in transactions',
    ],
    [
      'a queue without end',
      forever('SEND\ndestination:/queue/q\n\n\0', CONNECT),
      '/queue/q is full: it has 50 messages',
    ],
    [
      'a heavy queue',
      forever(`SEND\ndestination:/queue/h\n\n${BIG}\0`, CONNECT),
      '/queue/h is full: it has 200000 bytes',
    ],
    [
      'queues by the million',
      forever((index) => `SEND\ndestination:/queue/n${index}\n\n\0`, CONNECT),
      'the namespace has reached its limit of 10 queues',
    ],
    [
      'deep JSON',
      [
        CONNECT,
        `SEND\ndestination:/app/x\ncontent-type:application/json\n\n${'['.repeat(50_000)}${']'.repeat(50_000)}\0`,
      ],
      'levels',
    ],
    ['an absurd heart-beat', ['CONNECT\naccept-version:1.2\nheart-beat:1e9,-5\n\n\0'], 'heart-beat'],
    ['an ACK for nothing', forever((index) => `ACK\nid:${index}-x\n\n\0`, CONNECT), 'no message waits for this ACK'],
    ['CONNECT again and again', forever(CONNECT), 'CONNECT came a second time'],
  ])('%s gets an ERROR and is disconnected', async (_name, parts, message) => {
    const { error } = await attack(parts);
    expect(error).toMatch(/^ERROR\nmessage:/);
    expect(error.replaceAll('\\c', ':')).toContain(message);
    expect(await bystander.alive()).toBe(true);
  });

  it('any number of line ends is served afterwards', async () => {
    const stream = connect(server.port, '127.0.0.1');
    for (let count = 0; count < 64; count += 1) stream.write('\n'.repeat(16 * 1024));
    stream.write(`${CONNECT}${'\r\n'.repeat(10_000)}DISCONNECT\nreceipt:done\n\n\0`);
    let got = '';
    for await (const chunk of stream) got += String(chunk);
    expect(got).toContain('CONNECTED');
    expect(got).toContain('receipt-id:done');
  });

  it('a WebSocket message above the limits of a frame is closed with 1009', async () => {
    const socket = new WebSocket(server.url, 'v12.stomp');
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send('x'.repeat(1_000_000));
    expect(await closed).toBe(1009);
    expect(await bystander.alive()).toBe(true);
  });

  it('any of this reaches nobody, and leaves nothing behind', async () => {
    expect(bystander.said.join('').match(/MESSAGE|ERROR/)).toBeNull();
    while (server.io.engine.clientsCount > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.io.sockets.sockets.size).toBe(1);
  });
});
