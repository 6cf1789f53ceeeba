import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../../broker/src/log/batch.js';
import type { LogRecord } from '../../../naru/src/backplane/backplane.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { BatchCache } from '../../src/log/batch-cache.js';
import { numbered } from '../servers-and-uplinks.js';

const writer = 'abcdefgh';

/** A batch of so many records, of which the last has the number `last`. The first one has so many more bytes. */
function rowOf(last: number, count = 1, bytes = 0) {
  const records = Array.from({ length: count }, (_, at) => ({
    ...(numbered(1)[0] as LogRecord),
    attachments: at === 0 && bytes > 0 ? [new Uint8Array(bytes)] : [],
  }));
  return { last, bytes: encodeBatch({ writer, number: last }, records) };
}

/** Returns the numbers that are asked for, each with the last number of the batch that is known. */
function asked(cache: BatchCache, ...numbers: number[]): unknown[] {
  return cache.ask('/', numbers).map(({ number, known }) => [number, known?.last]);
}

describe('the batches of a home', () => {
  it('are asked for by one number each, and unknown records by their own', () => {
    const cache = new BatchCache(new FakeClock());
    for (const row of [rowOf(30, 10), rowOf(12, 2), rowOf(20, 8)]) cache.add('/', row);
    expect(asked(cache, 9, 10, 11, 12, 14, 20, 21, 31, 32)).toEqual([
      [9, undefined],
      [10, undefined],
      [11, 12],
      [14, 20],
      [21, 30],
      [31, undefined],
      [32, undefined],
    ]);
    expect(cache.ask('/other', [11])).toEqual([{ number: 11, known: undefined }]);
  });

  it('are replaced by a later reading, and forgotten by namespace', () => {
    const cache = new BatchCache(new FakeClock());
    cache.add('/', rowOf(5, 5));
    const replaced = cache.add('/', rowOf(5, 5, 100));
    cache.add('/other', rowOf(5, 5));
    expect(cache.ask('/', [1])).toEqual([{ number: 1, known: replaced }]);
    cache.forget('/');
    expect([...cache.ask('/', [1]), ...cache.ask('/other', [1])].map(({ known }) => known?.last)).toEqual([
      undefined,
      5,
    ]);
  });

  it('go when they take more than 8 MiB, and a very large one is not kept', () => {
    const cache = new BatchCache(new FakeClock());
    for (let last = 1; last <= 8; last += 1) cache.add('/', rowOf(last, 1, 1_000_000));
    expect(asked(cache, 1, 8)).toEqual([
      [1, 1],
      [8, 8],
    ]);
    cache.add('/', rowOf(9, 1, 1_000_000));
    cache.add('/', rowOf(10, 1, 2 ** 20));
    expect(asked(cache, 1, 8, 9, 10)).toEqual([
      [1, undefined],
      [8, undefined],
      [9, 9],
      [10, undefined],
    ]);
  });

  it('go after ten seconds', async () => {
    const clock = new FakeClock();
    const cache = new BatchCache(clock);
    for (let round = 0; round < 2; round += 1) {
      cache.add('/', rowOf(5, 5));
      await clock.advance(9_999);
      cache.add('/', rowOf(9, 4));
      expect(asked(cache, 1, 6)).toEqual([
        [1, 5],
        [6, 9],
      ]);
      await clock.advance(1);
      expect(asked(cache, 1, 6)).toEqual([
        [1, undefined],
        [6, undefined],
      ]);
    }
    expect(clock.timerCount).toBe(0);
  });

  it('are not kept if they are damaged', () => {
    const cache = new BatchCache(new FakeClock());
    cache.add('/', { last: 5, bytes: Buffer.from('nonsense') });
    cache.add('/', { last: 9, bytes: Buffer.alloc(40, 255) });
    expect(asked(cache, 5, 9)).toEqual([
      [5, undefined],
      [9, undefined],
    ]);
  });
});
