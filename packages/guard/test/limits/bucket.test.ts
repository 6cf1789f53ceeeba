import { describe, expect, it } from 'vitest';
import { Bucket } from '../../src/limits/bucket.js';

describe('a bucket', () => {
  it('gives a burst at once, and its rate in the long run', () => {
    const bucket = new Bucket({ perSecond: 10, burst: 5 }, 0);
    let given = 0;
    for (let now = 0; now < 60_000; now += 1)
      if (bucket.waitFor(1, now) === 0) {
        bucket.owe(1, now);
        given += 1;
      }
    expect(given).toBe(5 + 599);
  });

  it('takes what is there, and nothing if that is not enough', () => {
    const bucket = new Bucket({ perSecond: 1, burst: 3 }, 0);
    expect([bucket.take(2, 0), bucket.take(2, 0), bucket.take(1, 0), bucket.take(1, 999)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(bucket.take(1, 1_000)).toBe(true);
  });

  it('says exactly when there is room', () => {
    const bucket = new Bucket({ perSecond: 3, burst: 1 }, 0);
    bucket.owe(1, 0);
    const waitMs = bucket.waitFor(1, 0);
    expect([waitMs, bucket.waitFor(1, waitMs - 1), bucket.waitFor(1, waitMs)]).toEqual([334, 1, 0]);
  });

  it('gives more than a burst to nobody, and takes a debt back first', () => {
    const bucket = new Bucket({ perSecond: 100, burst: 100 }, 0);
    expect(bucket.waitFor(1_000, 0)).toBe(0);
    bucket.owe(1_000, 0);
    expect([bucket.waitFor(0, 0), bucket.waitFor(100, 0), bucket.isFull(9_999)]).toEqual([9_000, 10_000, false]);
    expect([bucket.waitFor(0, 9_000), bucket.isFull(10_000)]).toEqual([0, true]);
  });

  it('does not lose anything to a clock that goes back', () => {
    const bucket = new Bucket({ perSecond: 1, burst: 2 }, 10_000);
    bucket.owe(2, 10_000);
    expect([bucket.waitFor(1, 5_000), bucket.waitFor(1, 6_000)]).toEqual([1_000, 0]);
  });
});
