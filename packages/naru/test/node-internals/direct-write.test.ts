import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type DirectOutcome, writeDirectly } from '../../src/node-internals/direct-write.js';
import { openConnection, readAll } from '../transport/plain-http/connected.js';

const nobody = (): void => undefined;
const BLOCK = 100_000;

/** A numbered block, so that a lost, doubled or misplaced one is noticed. */
function block(number: number): Buffer {
  return Buffer.alloc(BLOCK, String(number).padStart(10, '0'));
}

/** Writes blocks until one is held. */
function fill(socket: Socket, onTaken: (socket: Duplex) => void): number {
  for (let count = 0; ; count += 1) {
    const outcome = writeDirectly(socket, block(count), onTaken);
    if (outcome === 'held') return count + 1;
    expect(outcome).toBe('taken');
  }
}

describe('writeDirectly', () => {
  it('gives everything that the system accepts to it at once, and nothing waits', async () => {
    const { reader, socket } = await openConnection();
    let calls = 0;
    const outcome = writeDirectly(socket, Buffer.from('direct, '), () => {
      calls += 1;
    });
    expect([outcome, socket.writableLength, socket.bytesWritten]).toEqual(['taken', 0, 8]);
    socket.write('queued, ');
    expect(writeDirectly(socket, Buffer.from('direct'), nobody)).toBe('taken');
    expect(String(await readAll(reader, 22))).toBe('direct, queued, direct');
    expect(calls).toBe(0);
  });

  it('reports held bytes, and later that they are out, in order with the data of the stream', async () => {
    const { reader, socket } = await openConnection();
    const taken: Duplex[] = [];
    const count = fill(socket, (of) => taken.push(of));
    socket.write(block(count));
    socket.end('the end');
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toEqual([]);
    const size = (count + 1) * BLOCK + 7;
    const all = await readAll(reader, size);
    const expected = Buffer.concat([
      ...Array.from({ length: count + 1 }, (_, at) => block(at)),
      Buffer.from('the end'),
    ]);
    expect([all.length, all.equals(expected), taken.length, taken[0] === socket]).toEqual([size, true, 1, true]);
  });

  it('accepts more once the held bytes are out', async () => {
    const { reader, socket } = await openConnection();
    const count = await new Promise<number>((resolve) => {
      const filled: number = fill(socket, () => resolve(filled));
      reader.resume();
    });
    expect(count).toBeGreaterThan(0);
    expect(writeDirectly(socket, Buffer.from('more'), nobody)).toBe('taken');
  });

  it('does not report bytes as written on a broken connection', async () => {
    const { reader, socket } = await openConnection();
    let calls = 0;
    fill(socket, () => {
      calls += 1;
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    reader.resetAndDestroy();
    await closed;
    expect(calls).toBe(0);
  });

  it('destroys a connection whose write fails, with the error of it', async () => {
    const { reader, socket } = await openConnection();
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
    reader.resetAndDestroy();
    // The reset has arrived once a write fails. Nothing is read meanwhile that could reveal it.
    socket.pause();
    const outcomes: DirectOutcome[] = [];
    while (!socket.destroyed) {
      outcomes.push(writeDirectly(socket, Buffer.from('x'), nobody));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await failed).code).toMatch(/^(EPIPE|ECONNRESET)$/);
    expect(outcomes.every((outcome) => outcome === 'taken')).toBe(true);
    expect(writeDirectly(socket, Buffer.from('x'), nobody)).not.toBe('held');
  });

  it.each<[string, (socket: Socket) => void]>([
    ['is corked', (socket) => socket.cork()],
    ['was ended', (socket) => socket.end()],
    [
      'has something in its queue',
      (socket) => {
        while (socket.write(block(0)));
      },
    ],
    [
      'has a `write` that is not of Node',
      (socket) => {
        socket.write = () => true;
      },
    ],
  ])('declines a connection that %s', async (_name, change) => {
    const { socket } = await openConnection();
    change(socket);
    const { bytesWritten } = socket;
    expect(writeDirectly(socket, Buffer.from('x'), nobody)).toBe('declined');
    expect(socket.bytesWritten).toBe(bytesWritten);
  });

  it('declines anything but a plain TCP connection', async () => {
    class Other extends Socket {}
    const other = new Other();
    expect(writeDirectly(other, Buffer.from('x'), nobody)).toBe('declined');
    expect(writeDirectly(new Duplex(), Buffer.from('x'), nobody)).toBe('declined');
  });
});
