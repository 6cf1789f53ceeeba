import { describe, expect, it } from 'vitest';
import { decodeHold, encodeHold, extend, type QueueExtent, type SizedPut } from '../../src/queues/work-queue-store.js';

const BOUNDS = { countMax: 3, bytesMax: 10, queuesMax: 2, totalBytesMax: 15 };
const put = (queue: string, ...sizes: number[]): SizedPut => [queue, sizes];

/** Extends queues, of which `a` has 1 message of 4 bytes. */
function extended(...puts: SizedPut[]): unknown {
  const extents = new Map<string, QueueExtent>([['a', { count: 1, bytes: 4 }]]);
  const result = extend(puts, BOUNDS, { count: 1, bytes: 4 }, (queue) => extents.get(queue) ?? { count: 0, bytes: 0 });
  return 'bound' in result ? result : Object.fromEntries(result);
}

describe('extend', () => {
  it('adds up the messages of each queue', () => {
    expect(extended(put('a', 1), put('b', 2, 3), put('a', 5))).toEqual({
      a: { count: 3, bytes: 10 },
      b: { count: 2, bytes: 5 },
    });
  });

  it.each([
    ['countMax', 'a', [put('b', 1), put('a', 1, 1, 1)]],
    ['countMax', 'b', [put('b', 0, 0), put('b', 0, 0)]],
    ['bytesMax', 'a', [put('a', 7)]],
    ['queuesMax', 'c', [put('b', 1), put('c', 1)]],
    ['totalBytesMax', 'b', [put('a', 3), put('b', 9)]],
  ])('answers with %s of the queue %s', (bound, queue, puts) => {
    expect(extended(...puts)).toEqual({ queue, bound });
  });
});

describe('the id of a hold', () => {
  it('names the message and the holder', () => {
    expect(decodeHold(encodeHold(1_700_000_000, 'a1.0'))).toEqual({ number: 1_700_000_000, holder: 'a1.0' });
  });

  it.each(['', '1', '1.', '.1', '-1.1', '1e3.1', `${'9'.repeat(16)}.1`])('is not %j', (text) => {
    expect(decodeHold(text)).toBeUndefined();
  });
});
