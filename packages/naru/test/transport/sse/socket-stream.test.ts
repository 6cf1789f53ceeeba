import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import type { Wait } from '../../../src/base/deadlines.js';
import { Deadlines } from '../../../src/base/deadlines.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { Piece } from '../../../src/transport/sse/piece.js';
import { SocketStream } from '../../../src/transport/sse/socket-stream.js';

async function open() {
  const events: string[] = [];
  const clock = new FakeClock();
  const settings = {
    nodeInternals: nodeInternalsFor(true),
    closeDeadlines: new Deadlines<Wait>(clock, 1_000, (wait) => wait.onExpired()),
  };
  const owner = {
    settings,
    onStreamDrained: () => events.push('drained'),
    onStreamEnded: () => events.push('ended'),
  };
  const server = createServer({ allowHalfOpen: true });
  const accepted = new Promise<Socket>((resolve) => server.on('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    reader.destroy();
    server.close();
  });
  const socket = await accepted;
  const stream = SocketStream.open(socket, { A: 'b' }, owner);
  let text = '';
  reader.on('data', (chunk) => {
    text += chunk;
  });
  const until = async (isMet: () => boolean): Promise<void> => {
    while (!isMet()) await new Promise((resolve) => setImmediate(resolve));
  };
  return { events, reader, socket, stream, clock, settings, until, text: () => text };
}

/** Writes until neither end accepts more. */
async function fill(reader: Socket, stream: SocketStream, piece: Piece): Promise<void> {
  reader.pause();
  for (let quiet = 0; quiet < 20; quiet += 1) {
    if (stream.writable) {
      stream.write(piece);
      quiet = 0;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('SocketStream', () => {
  it('answers with a head, a comment and chunks, and closes the connection after the last', async () => {
    const { reader, stream, settings, text, events, until } = await open();
    stream.write(new Piece('data: 4é\n\n'));
    stream.end(new Piece('data: 1\n\n'));
    await new Promise((resolve) => reader.once('close', resolve));
    const [head = '', body = ''] = text().split(/(?<=\r\n\r\n)(?=3\r\n)/);
    expect(head).toMatch(
      /^HTTP\/1\.1 200 OK\r\nA: b\r\nDate: \w{3}, [^\r]+ GMT\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n$/,
    );
    expect(body).toBe('3\r\n:\n\n\r\nb\r\ndata: 4é\n\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n');
    await until(() => events.length > 0);
    expect([events, settings.closeDeadlines.count]).toEqual([['ended'], 0]);
  });

  it('does not wait for a client that keeps its half open', async () => {
    const { reader, socket, stream, settings, until, events, text } = await open();
    reader.allowHalfOpen = true;
    stream.end(new Piece('data: 1\n\n'));
    await until(() => events.length > 0 && text().endsWith('0\r\n\r\n'));
    expect([socket.destroyed, settings.closeDeadlines.count]).toEqual([true, 0]);
  });

  it('is full while its client does not read, and reports once when it accepts more', async () => {
    const { reader, stream, until, events } = await open();
    const piece = new Piece('x'.repeat(100_000));
    await fill(reader, stream, piece);
    events.length = 0;
    stream.write(piece);
    expect([stream.bufferedBytes > 0, events]).toEqual([true, []]);
    reader.resume();
    await until(() => stream.writable && events.length > 0);
    expect([stream.bufferedBytes, events]).toEqual([0, ['drained']]);
  });

  it('writes its end after the data that the system had no room for', async () => {
    const { reader, stream, until, text } = await open();
    const piece = new Piece(`data: ${'x'.repeat(100_000)}\n\n`);
    await until(() => text().endsWith(':\n\n\r\n'));
    reader.pause();
    let count = 0;
    for (; stream.writable; count += 1) stream.write(piece);
    expect(stream.bufferedBytes).toBe(piece.chunk.byteLength);
    stream.end(new Piece('data: 1\n\n'));
    reader.resume();
    await until(() => text().endsWith('0\r\n\r\n'));
    const body = text().slice(text().indexOf('3\r\n:\n\n\r\n'));
    expect(body).toBe(`3\r\n:\n\n\r\n${String(piece.chunk).repeat(count)}9\r\ndata: 1\n\n\r\n0\r\n\r\n`);
  });

  it('cuts off a client that does not read the end in time', async () => {
    const { reader, socket, stream, clock, settings, until, events } = await open();
    const piece = new Piece('x'.repeat(100_000));
    await fill(reader, stream, piece);
    stream.end(piece);
    await clock.advance(999);
    expect(socket.destroyed).toBe(false);
    await clock.advance(2);
    expect(socket.destroyed).toBe(true);
    await until(() => events.includes('ended'));
    stream.end(piece);
    stream.write(piece);
    expect(settings.closeDeadlines.count).toBe(0);
  });

  it('ignores a little data after the request, and cuts off a client that does not stop', async () => {
    const { reader, stream, socket, until, events, text } = await open();
    reader.on('error', () => undefined);
    reader.write('x'.repeat(16 * 1024));
    await until(() => socket.bytesRead === 16 * 1024);
    stream.write(new Piece('data: 4a\n\n'));
    await until(() => text().includes('data: 4a'));
    expect(events).toEqual([]);
    reader.write('x');
    await until(() => events.length > 0);
    expect([events, socket.destroyed]).toEqual([['ended'], true]);
  });

  it.each<[string, (reader: Socket) => void]>([
    ['closes', (reader) => reader.destroy()],
    ['ends', (reader) => reader.end()],
    ['resets the connection', (reader) => reader.resetAndDestroy()],
    ['sends what nobody asked for, and ends', (reader) => reader.end('GET / HTTP/1.1\r\n\r\n'.repeat(1_000))],
  ])('ends when its client %s', async (_name, leave) => {
    const { reader, until, events } = await open();
    leave(reader);
    await until(() => events.length > 0);
    expect(events).toEqual(['ended']);
  });
});
