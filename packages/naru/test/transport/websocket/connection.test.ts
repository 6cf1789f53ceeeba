import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  clientFrame,
  closePayload,
  deferred,
  describeFrame,
  RawPeer,
} from '../../../../../test/kit/clients/raw-peer.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { acceptUpgrade } from '../../../src/transport/websocket/accept.js';
import { WebSocketConnection, type WebSocketHandler } from '../../../src/transport/websocket/connection.js';
import { type WebSocketOptions, webSocketSettings, webSocketTable } from '../../../src/transport/websocket/settings.js';

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x88;
const PING = 0x89;

interface Side {
  connection: WebSocketConnection;
  peer: RawPeer;
  log: string[];
  closed: Promise<void>;
}

let servers: Server[] = [];
let usesInternals = false;
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

/** Opens a server connection that logs its handler's calls, and the raw peer at its other end. */
async function open(options: WebSocketOptions = {}, more: Partial<WebSocketHandler> = {}): Promise<Side> {
  const log: string[] = [];
  const ready = deferred<WebSocketConnection>();
  const closed = deferred<void>();
  const handler: WebSocketHandler = {
    onText: (_, text) => void log.push(`text ${text}`),
    onBinary: (_, data) => void log.push(`binary ${data.toString('hex')}`),
    onWritable: () => void log.push('writable'),
    onClose(_, code, reason, error) {
      log.push(['close', code, reason, error?.code].filter((part) => part !== '' && part !== undefined).join(' '));
      closed.resolve();
    },
    ...more,
  };
  const settings = webSocketSettings(options, webSocketTable, undefined, nodeInternalsFor(usesInternals));
  const server = createServer();
  servers.push(server);
  server.on('upgrade', (request, socket, head) => {
    const connection = acceptUpgrade(request, socket, head, settings, handler);
    if (connection !== undefined) ready.resolve(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await RawPeer.open((server.address() as AddressInfo).port);
  return { connection: await ready.promise, peer, log, closed: closed.promise };
}

describe.each([
  ['with chunks of its own', false],
  ['with shared reads', true],
])('WebSocketConnection %s', (_name, isShared) => {
  beforeEach(() => {
    usesInternals = isShared;
  });

  it('delivers messages and sends them, in order', async () => {
    const { connection, peer, log } = await open();
    peer.send(clientFrame(TEXT, 'a'), clientFrame(BINARY, [1, 2]), clientFrame(PING, 'p'), clientFrame(TEXT, 'ü'));
    expect(describeFrame(await peer.next())).toBe('pong p');
    expect(log).toEqual(['text a', 'binary 0102', 'text ü']);
    connection.sendText('b');
    connection.sendBinary(Uint8Array.from([3]));
    connection.sendFrames(Buffer.from([0x81, 1, 0x63, 0x81, 1, 0x64]));
    connection.ping(Buffer.from('q'));
    await peer.until(() => peer.frames.length === 5);
    expect(peer.describe()).toBe('text b, binary 03, text c, text d, ping q');
  });

  it('keeps the order, in one write, when the writes of a turn are collected', async () => {
    const { connection, peer } = await open({ coalesce: true });
    const written: number[] = [];
    const { stream } = connection;
    const { write } = stream;
    stream.write = (chunk: Buffer) => {
      written.push(chunk.byteLength);
      return write.call(stream, chunk, 'latin1');
    };
    for (const text of ['a', 'b', 'c']) connection.sendText(text);
    expect([written, connection.bufferedBytes]).toEqual([[], 9]);
    await peer.until(() => peer.frames.length === 3);
    expect(written).toEqual([9]);
    connection.sendText('d');
    connection.sendFrames(Buffer.from([0x81, 1, 0x65]));
    connection.sendBinary(Buffer.alloc(100_000, 1));
    connection.sendText('f');
    connection.close(1000);
    await peer.until(() => peer.frames.length === 8);
    expect(peer.frames.map((frame) => frame.payload.byteLength)).toEqual([1, 1, 1, 1, 1, 100_000, 1, 2]);
  });

  it('answers a close frame with its code and tells the handler once', async () => {
    const { peer, log, closed, connection } = await open();
    peer.send(clientFrame(TEXT, 'last'), clientFrame(CLOSE, closePayload(4001, 'gone')), clientFrame(TEXT, 'never'));
    await closed;
    await peer.ended();
    expect(peer.describe()).toBe('close 4001');
    expect(log).toEqual(['text last', 'close 4001 gone']);
    expect(connection.readyState).toBe('closed');
    connection.sendText('ignored');
    connection.close();
    peer.socket.destroy();
  });

  it('closes with a handshake, and drops messages after its close frame', async () => {
    const { connection, peer, log, closed } = await open();
    connection.sendText('before');
    connection.close(1001, 'restart');
    connection.close(1000, 'again');
    connection.sendText('after');
    expect(connection.readyState).toBe('closing');
    await peer.until(() => peer.frames.length === 2);
    peer.send(clientFrame(TEXT, 'late'), clientFrame(PING), clientFrame(CLOSE, closePayload(1001)));
    await closed;
    await peer.ended();
    expect(peer.describe()).toBe('text before, close 1001 restart');
    expect(log).toEqual(['close 1001']);
  });

  it('destroys the socket when the peer does not answer the close in time', async () => {
    const { connection, peer, log, closed } = await open({ closeTimeoutMs: 20 });
    connection.close(1000);
    await closed;
    await peer.ended();
    expect(log).toEqual(['close 1006 TIMEOUT']);
  });

  it('reports 1006 when the peer vanishes, in and between messages', async () => {
    const between = await open();
    between.peer.socket.end();
    await between.closed;
    expect(between.log).toEqual(['close 1006']);
    const inside = await open();
    await inside.peer.flush(clientFrame(TEXT, 'hello').subarray(0, 8));
    inside.peer.socket.end();
    await inside.closed;
    expect(inside.log).toEqual(['close 1006 DISCONNECTED']);
    const reset = await open();
    reset.peer.socket.resetAndDestroy();
    await reset.closed;
    expect(reset.log).toEqual(['close 1006 DISCONNECTED']);
  });

  it('destroys at once with terminate', async () => {
    const { connection, peer, log, closed } = await open();
    connection.terminate();
    await closed;
    await peer.ended();
    expect(peer.frames).toEqual([]);
    expect(log).toEqual(['close 1006']);
  });

  it.each([
    ['a reserved opcode', clientFrame(0x83), 'close 1002 opcode 3 is reserved', 'WS_BAD_FRAME'],
    ['bad UTF-8', clientFrame(TEXT, [0xff]), 'close 1007 a text message is not UTF-8', 'WS_BAD_UTF8'],
    ['a bad close code', clientFrame(CLOSE, closePayload(1005)), 'close 1002', 'WS_BAD_CLOSE_CODE'],
  ])('names the violation to a peer that sends %s', async (_what, bytes, expected, code) => {
    const { peer, log, closed } = await open();
    peer.send(clientFrame(TEXT, 'ok'), bytes);
    await closed;
    await peer.ended();
    expect(peer.describe().startsWith(expected)).toBe(true);
    expect(log[0]).toBe('text ok');
    expect(log[1]?.endsWith(code)).toBe(true);
  });

  it('reports a message above the limit to a peer that still sends, without a reset', async () => {
    const { peer, log, closed } = await open({ messageBytesMax: 100_000 });
    const big = clientFrame(BINARY, Buffer.alloc(8_000_000));
    const sent = peer.flush(big);
    await closed;
    expect(log).toEqual(['close 1009 message exceeds the limit of 100000 bytes WS_MESSAGE_TOO_BIG']);
    await peer.until(() => peer.frames.length === 1);
    expect(peer.describe()).toBe('close 1009 message exceeds the limit of 100000 bytes');
    await sent;
    expect(peer.error).toBeUndefined();
  });

  it('continues with the next message after a handler has thrown', async () => {
    const log: string[] = [];
    const thrown = deferred<unknown>();
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', thrown.resolve);
    const { peer } = await open(
      {},
      {
        onText(_, text) {
          if (text === 'bad') throw new RangeError('listener');
          log.push(text);
        },
      },
    );
    peer.send(clientFrame(TEXT, 'a'), clientFrame(TEXT, 'bad'), clientFrame(TEXT, 'b'), clientFrame(PING));
    expect(await thrown.promise).toBeInstanceOf(RangeError);
    for (const listener of listeners) process.on('uncaughtException', listener);
    await peer.next();
    expect(log).toEqual(['a', 'b']);
  });

  it('delivers nothing after pause and everything after resume, in order', async () => {
    const seen: string[] = [];
    const { connection, peer } = await open(
      {},
      {
        onText(self, text) {
          seen.push(text);
          if (text === '2') self.pause();
        },
      },
    );
    peer.send(...['1', '2', '3', '4'].map((text) => clientFrame(TEXT, text)));
    await peer.flush(clientFrame(TEXT, '5'));
    while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['1', '2']);
    connection.resume();
    expect(seen).toEqual(['1', '2']);
    peer.send(clientFrame(PING));
    await peer.next();
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
  });

  it('closes also while it is paused', async () => {
    const { connection, peer, log, closed } = await open();
    connection.pause();
    await peer.flush(Buffer.concat([clientFrame(TEXT, 'x'), clientFrame(CLOSE, closePayload(1000))]));
    connection.close(1000);
    await closed;
    expect(log).toEqual(['close 1000']);
  });

  it('reports when it is writable again', async () => {
    const writable = deferred<void>();
    const { connection, peer } = await open({}, { onWritable: () => writable.resolve() });
    peer.socket.pause();
    while (connection.writable) connection.sendText('x'.repeat(100_000));
    expect(connection.bufferedBytes).toBeGreaterThan(0);
    peer.socket.resume();
    await writable.promise;
    expect(connection.writable).toBe(true);
  });

  it('destroys a connection whose peer does not read when more than the limit waits', async () => {
    const { connection, peer, log, closed } = await open({ bufferedBytesMax: 1_000_000 });
    peer.socket.pause();
    while (connection.writable) connection.sendText('x'.repeat(100_000));
    connection.sendBinary(Buffer.alloc(5_000_000));
    expect(connection.readyState).toBe('open');
    connection.sendText('one too many');
    expect(connection.readyState).toBe('closing');
    await closed;
    expect(log).toEqual(['close 1006 DISCONNECTED']);
  });

  it('keeps the order on a duplex that calls back from inside its writes', () => {
    const seen: string[] = [];
    let isAnswered = false;
    const duplex = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        if (!isAnswered) {
          isAnswered = true;
          duplex.emit('data', Buffer.concat([clientFrame(TEXT, 'c'), clientFrame(TEXT, 'd')]));
        }
        done();
      },
    });
    const handler: WebSocketHandler = {
      onText(connection, text) {
        if (text === 'a') connection.sendText('x');
        seen.push(text);
      },
      onBinary() {},
      onWritable() {},
      onClose() {},
    };
    new WebSocketConnection(duplex, 'server', webSocketSettings(), handler);
    duplex.emit('data', Buffer.concat([clientFrame(TEXT, 'a'), clientFrame(TEXT, 'b')]));
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
  });

  it('answers only the newest ping of a peer that does not read, and holds little for it', async () => {
    const { connection, peer } = await open();
    peer.socket.pause();
    while (connection.writable) connection.sendText('x'.repeat(100_000));
    const before = connection.bufferedBytes;
    for (let count = 0; count < 200; count += 1)
      await peer.flush(Buffer.concat(Array(100).fill(clientFrame(PING, 'old'))));
    await peer.flush(clientFrame(PING, 'newest'));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(connection.bufferedBytes - before).toBeLessThan(64 * 1024);
    peer.socket.resume();
    await peer.until(() => peer.frames.at(-1)?.payload.toString() === 'newest');
  });

  it('reads data that came with the request', () => {
    const seen: string[] = [];
    const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const handler: WebSocketHandler = {
      onText: (_, text) => void seen.push(text),
      onBinary() {},
      onWritable() {},
      onClose() {},
    };
    new WebSocketConnection(duplex, 'server', webSocketSettings(), handler, undefined, clientFrame(TEXT, 'early'));
    expect(seen).toEqual([]);
    return new Promise<void>((resolve) =>
      setImmediate(() => {
        expect(seen).toEqual(['early']);
        resolve();
      }),
    );
  });

  it('refuses to send an invalid close code', async () => {
    const { connection } = await open();
    expect(() => connection.close(1006)).toThrow('close code 1006 may not be sent');
  });
});
