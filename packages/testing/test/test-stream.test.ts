import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../src/seeded-random.js';
import { TestStream } from '../src/test-stream.js';

const bytes = (size: number) => new Uint8Array(size).map((_, index) => index);
const turn = () => new Promise((resolve) => setImmediate(resolve));

function create(windowBytes = 100, splitsMax = 4) {
  const stream = new TestStream(new SeededRandom(1), { windowBytes, splitsMax });
  return { stream, reader: stream.readable.getReader(), writer: stream.writable.getWriter() };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number[]> {
  const all: number[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all;
    all.push(...value);
  }
}

describe('one direction of a stream', () => {
  it('carries bytes whole and in order, in pieces', async () => {
    const { reader, writer } = create();
    const read = readAll(reader);
    await writer.write(bytes(200));
    await writer.write(bytes(3));
    await writer.close();
    expect(await read).toEqual([...bytes(200), ...bytes(3)]);
  });

  it('shares no memory between its two ends, whatever kind of bytes is written', async () => {
    const { reader, writer } = create(100, 0);
    const written = Buffer.from('abc');
    await writer.write(written);
    const { value } = await reader.read();
    value?.fill(0);
    expect(written.toString()).toBe('abc');
  });

  it('accepts at most its window while nobody reads', async () => {
    const { reader, writer } = create(100, 0);
    await writer.write(bytes(100));
    let isTaken = false;
    const write = writer.write(bytes(1)).then(() => {
      isTaken = true;
    });
    await turn();
    expect([isTaken, writer.desiredSize]).toEqual([false, 0]);
    await reader.read();
    await write;
    expect(isTaken).toBe(true);
  });

  it('is closed after everything was read', async () => {
    const { reader, writer } = create(100, 0);
    await writer.write(bytes(10));
    let isClosed = false;
    const close = writer.close().then(() => {
      isClosed = true;
    });
    await turn();
    expect(isClosed).toBe(false);
    await reader.read();
    await close;
    expect((await reader.read()).done).toBe(true);
  });

  it('delivers nothing while it is held, and everything afterwards', async () => {
    const { stream, reader, writer } = create(100, 0);
    stream.hold(true);
    await writer.write(bytes(10));
    let read: unknown;
    const pending = reader.read().then(({ value }) => {
      read = value;
    });
    await turn();
    expect(read).toBeUndefined();
    stream.hold(false);
    await pending;
    expect(read).toEqual(bytes(10));
  });

  it('breaks at both ends, whichever end breaks it', async () => {
    const broken = new Error('broken');
    for (const how of ['fail', 'abort', 'cancel'] as const) {
      const { stream, reader, writer } = create();
      writer.closed.catch(() => undefined);
      reader.closed.catch(() => undefined);
      if (how === 'fail') stream.fail(broken);
      else if (how === 'abort') await writer.abort(broken);
      else await reader.cancel(broken);
      await turn();
      await expect(writer.write(bytes(1))).rejects.toBeDefined();
      if (how !== 'cancel') await expect(reader.read()).rejects.toBe(broken);
    }
  });
});
