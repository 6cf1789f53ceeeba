import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { takenBytes } from '../../src/node-internals/taken-bytes.js';
import { ClosingStreams } from '../../src/transport/closing-streams.js';
import { openConnection } from './plain-http/connected.js';

/** A stream whose bytes move when the test says so. */
class Stream {
  bytesRead = 0;
  bytesWritten = 100;
  writableLength = 100;
  isDestroyed = false;
  destroy(): void {
    this.isDestroyed = true;
  }
}

describe('ClosingStreams', () => {
  it('does nothing until it is hurried', async () => {
    const clock = new FakeClock();
    const closing = new ClosingStreams(clock);
    const stream = new Stream();
    closing.add(stream);
    await clock.advance(60_000);
    expect([stream.isDestroyed, clock.timerCount]).toEqual([false, 0]);
    closing.hurry();
    await clock.advance(2_000);
    expect([stream.isDestroyed, clock.timerCount]).toEqual([true, 0]);
  });

  it('ends its wait with the last stream', () => {
    const clock = new FakeClock();
    const closing = new ClosingStreams(clock);
    const stream = new Stream();
    closing.add(stream);
    closing.hurry();
    expect(clock.timerCount).toBe(1);
    closing.remove(stream);
    expect(clock.timerCount).toBe(0);
  });

  it.each([
    ['the peer sends', (stream: Stream) => (stream.bytesRead += 1)],
    ['the system takes bytes', (stream: Stream) => (stream.writableLength -= 1)],
  ])('spares a stream while %s', async (_what, move) => {
    const clock = new FakeClock();
    const closing = new ClosingStreams(clock);
    const [stream, silent] = [new Stream(), new Stream()];
    for (const one of [stream, silent]) closing.add(one);
    closing.hurry();
    for (let count = 0; count < 20; count += 1) {
      await clock.advance(1_000);
      move(stream);
    }
    expect([stream.isDestroyed, silent.isDestroyed]).toEqual([false, true]);
    await clock.advance(4_000);
    expect([stream.isDestroyed, clock.timerCount]).toEqual([true, 0]);
  });

  it('does not take our own write for a sign of the peer', async () => {
    const clock = new FakeClock();
    const closing = new ClosingStreams(clock);
    const stream = new Stream();
    closing.add(stream);
    closing.hurry();
    for (let count = 0; count < 4; count += 1) {
      await clock.advance(500);
      stream.bytesWritten += 10;
      stream.writableLength += 10;
    }
    await clock.advance(500);
    expect(stream.isDestroyed).toBe(true);
  });

  it('spares a connection whose peer reads a large write, until it stops', async () => {
    const clock = new FakeClock();
    const closing = new ClosingStreams(clock, takenBytes);
    const { reader, socket } = await openConnection();
    socket.end(Buffer.alloc(64_000_000));
    closing.add(socket);
    closing.hurry();
    for (let count = 0; count < 3; count += 1) {
      const before = takenBytes(socket) ?? 0;
      while (takenBytes(socket) === before) {
        reader.read();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await clock.advance(2_000);
      expect(socket.destroyed).toBe(false);
    }
    await clock.advance(4_000);
    expect([socket.destroyed, clock.timerCount]).toEqual([true, 0]);
  });

  it('watches streams that close later, and forgets ended ones', async () => {
    const clock = new FakeClock();
    const closing = new ClosingStreams(clock);
    closing.hurry();
    expect(clock.timerCount).toBe(0);
    const [later, over] = [new Stream(), new Stream()];
    closing.add(later);
    closing.add(over);
    closing.remove(over);
    await clock.advance(2_000);
    expect([later.isDestroyed, over.isDestroyed, clock.timerCount]).toEqual([true, false, 0]);
  });
});
