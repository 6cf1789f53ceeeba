/**
 * Hostile streams on real sockets. Each one is bounded and answered in its own terms, and a witness in the same room
 * notices nothing.
 */
import { connect, type Socket as NetSocket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { io as connectClient, type Socket } from '../../../packages/naru/src/client/index.js';
import { encodeRecord } from '../../../packages/naru/src/protocol/record/encode.js';
import { writeRecordHeader } from '../../../packages/naru/src/protocol/record/header.js';
import type { Server, ServerOptions } from '../../../packages/naru/src/server/api/index.js';
import { serve } from './session.js';

let io: Server | undefined;
let witness: Socket | undefined;
const streams: NetSocket[] = [];

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.destroy();
  witness?.disconnect();
  await io?.close();
});

const LIMITS: ServerOptions = {
  maxHttpBufferSize: 100_000,
  bufferedBytesMax: 1_000_000,
  // The witness must connect within the same time as the hostile streams.
  connectTimeout: 2_500,
  tcp: { lineBytesMax: 1_000, prefaceTimeout: 1_500, greetAfter: 20_000 },
};

/** A server with a witness in it. */
async function stage(): Promise<{ server: Server; port: number }> {
  const { io: server, port } = await serve(LIMITS);
  io = server;
  const seen = connectClient(`tcp://127.0.0.1:${port}`, { forceNew: true });
  witness = seen;
  await new Promise<void>((resolve) => seen.once('connect', resolve));
  return { server, port };
}

/** Returns the data that a stream received, once it has ended. */
function attack(port: number, write: (stream: NetSocket) => void): Promise<string> {
  const stream = connect(port, '127.0.0.1');
  streams.push(stream);
  let heard = '';
  stream.on('data', (chunk) => {
    if (heard.length < 1_000_000) heard += chunk;
  });
  stream.on('error', () => undefined);
  write(stream);
  return new Promise((resolve) => stream.on('close', () => resolve(heard)));
}

/** Expects that the witness is served, and that nobody else is left. */
async function expectPeace(server: Server): Promise<void> {
  expect(await witness?.timeout(20_000).emitWithAck('time')).toBe('noon');
  while (server.engine.clientsCount > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(server.sockets.sockets.size).toBe(1);
}

const text = (record: string) => Buffer.from(encodeRecord(record)).toString();

describe('a hostile stream', () => {
  it('with an endless line gets an error, and is closed', async () => {
    const { server, port } = await stage();
    const heard = await attack(port, (stream) => {
      stream.write('hello\n');
      for (let index = 0; index < 100; index += 1) stream.write(Buffer.alloc(10_000, 'x'));
    });
    expect(heard).toContain('! line exceeds the limit of 1000 bytes\n');
    await expectPeace(server);
  });

  it('with false sizes is refused from the header on, or closed when the data does not arrive in time', async () => {
    const { server, port } = await stage();
    for (const size of [100_001, 2 ** 32, 2 ** 53 - 1]) {
      const header = Buffer.alloc(9);
      const end = writeRecordHeader(header, 0, false, size);
      const heard = await attack(port, (stream) =>
        stream.write(Buffer.concat([Buffer.from('NARU1\n'), header.subarray(0, end)])),
      );
      expect(heard).toContain(text('1record exceeds the limit of 100000 bytes'));
    }
    const huge = await attack(port, (stream) => stream.write(`NARU1\n${'\xff'.repeat(9)}`, 'latin1'));
    expect(huge).toContain('1record exceeds');
    const never = await attack(port, (stream) => {
      const header = Buffer.alloc(9);
      stream.write(
        Buffer.concat([Buffer.from('NARU1\n'), header.subarray(0, writeRecordHeader(header, 0, false, 90_000))]),
      );
    });
    expect(never).toContain('"sid"');
    await expectPeace(server);
  });

  it('of single bytes is closed when the preface or the first line is late', async () => {
    const { server, port } = await stage();
    const [preface, line] = await Promise.all([
      attack(port, (stream) => stream.write('NAR')),
      attack(port, (stream) => {
        const timer = setInterval(() => stream.write('x'), 25);
        stream.on('close', () => clearInterval(timer));
      }),
    ]);
    expect(preface).toBe('! the preface did not arrive in time\n');
    expect(line).toBe('! you did not join a namespace in time\n');
    await expectPeace(server);
  });

  it('of garbage is closed', async () => {
    const { server, port } = await stage();
    const garbage = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * index * 7 + index) % 256));
    const records = await attack(port, (stream) => stream.write(Buffer.concat([Buffer.from('NARU1\n'), garbage])));
    expect(records).toMatch(/1(record exceeds|parse error|a text record is not UTF-8)/);
    await attack(port, (stream) => stream.end(Buffer.concat([Buffer.from([0x80]), garbage])));
    await attack(port, (stream) => stream.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])));
    await attack(port, (stream) => stream.write('GET / HTTP/1.1\r\nHost: naru\r\n\r\n'));
    await expectPeace(server);
  });

  it('with a hundred thousand commands and unread answers loses its session and its memory', async () => {
    const { server, port } = await stage();
    const chunk = Buffer.from('/help\n/join a\n/rooms\n/nope\nmessage 1\n'.repeat(1_000));
    const ended = new Promise((resolve) => {
      server.on('connection', (socket) => socket.on('disconnect', (reason) => resolve(reason)));
    });
    const stream = connect(port, '127.0.0.1');
    streams.push(stream);
    stream.on('error', () => undefined);
    stream.pause();
    const pump = (): void => {
      let isReady = true;
      while (isReady && !stream.destroyed) isReady = stream.write(chunk);
      if (!stream.destroyed) stream.once('drain', pump);
    };
    pump();
    expect(await ended).toBe('transport error');
    await expectPeace(server);
  });

  it('with a flood of commands gets every answer, and does not delay others', async () => {
    const { server, port } = await stage();
    const count = 50_000;
    const heard = attack(port, (stream) => stream.write(`${'/rooms\n'.repeat(count)}/quit\n`));
    expect(await witness?.timeout(20_000).emitWithAck('time')).toBe('noon');
    const lines = (await heard).split('\n').filter((line) => line === '* rooms');
    expect(lines).toHaveLength(count);
    await expectPeace(server);
  });

  it('with too many rooms is refused', async () => {
    const { server, port } = await stage();
    const joins = Array.from({ length: 10_005 }, (_, index) => `/join ${index}\n`).join('');
    const heard = await attack(port, (stream) => stream.write(`${joins}/quit\n`));
    expect(heard.split('\n').filter((line) => line.startsWith('* joined'))).toHaveLength(10_000);
    expect(heard.split('\n').filter((line) => line.startsWith('! '))).toHaveLength(5);
    await expectPeace(server);
  });

  it('that connects again and again in silence is dropped', async () => {
    const { server, port } = await stage();
    await Promise.all(
      Array.from({ length: 200 }, () => attack(port, (stream) => setTimeout(() => stream.resetAndDestroy(), 5))),
    );
    await expectPeace(server);
  });
});
