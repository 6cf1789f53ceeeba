import { describe, expect, it } from 'vitest';
import { type Batch, encodeOffset } from '../../../../src/backplane/backplane.js';
import { ToldBatches } from '../../../../src/namespace/log/order/told-batches.js';

const batch = (previous: number, count = 1): Batch => ({
  previous: encodeOffset(previous),
  records: Array.from({ length: count }, (_, n) => ({
    offset: encodeOffset(previous + n + 1),
    rooms: [],
    except: [],
    event: '[]',
    attachments: [],
    at: 0,
  })),
});

describe('ToldBatches', () => {
  it('give the oldest batch that has something new, and drop those before it', () => {
    const told = new ToldBatches();
    const batches = [batch(0), batch(1, 3), batch(4)];
    for (const each of batches) told.add(each);
    expect(told.oldestAfter(encodeOffset(2))).toBe(batches[1]);
    expect(told.take()).toBe(batches[1]);
    expect(told.oldestAfter(encodeOffset(4))).toBe(batches[2]);
    expect(told.oldestAfter(encodeOffset(5))).toBeUndefined();
  });

  it('drop all when there are too many, because the log has them', () => {
    const told = new ToldBatches();
    const kept = Array.from({ length: 257 }, (_, n) => told.add(batch(n)));
    expect([kept.indexOf(false), told.oldestAfter(encodeOffset(0))]).toEqual([256, undefined]);
  });
});
