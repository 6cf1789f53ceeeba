import { describe, expect, it } from 'vitest';
import { type Holder, Limiter } from '../../src/limits/limiter.js';
import { readLimits } from '../../src/limits/options.js';

const handshake = { address: '10.0.0.1', headers: {} } as never;

function build(limits: object) {
  const time = { now: 0 };
  const limiter = new Limiter({ now: () => time.now }, readLimits(limits));
  const take = (holder: Holder, count: number): number =>
    Array.from({ length: count }, () => limiter.take(holder, ['events'])).filter((waitMs) => waitMs === 0).length;
  return { time, limiter, take };
}

describe('Limiter', () => {
  it('takes nothing from any bucket when one of them is empty', () => {
    const { time, limiter, take } = build({ socket: { events: 1 }, address: { events: { perSecond: 1, burst: 10 } } });
    const [one, other] = [limiter.hold(handshake), limiter.hold(handshake)];
    expect([take(one, 20), take(other, 20)]).toEqual([1, 1]);
    time.now = 1_000;
    expect([take(one, 20), take(other, 20)]).toEqual([1, 1]);
  });

  it('remembers the use of a person who leaves and comes back', () => {
    const { limiter, take } = build({ user: { events: { perSecond: 0.01, burst: 3 } } });
    const enter = (): Holder => {
      const holder = limiter.hold(handshake);
      limiter.name(holder, '42');
      return holder;
    };
    const first = enter();
    expect(take(first, 2)).toBe(2);
    limiter.release(first);
    expect(take(enter(), 5)).toBe(1);
  });

  it('has each use wait for the bytes that have come', () => {
    const { time, limiter } = build({ address: { bytes: { perSecond: 100, burst: 100 } } });
    const holder = limiter.hold(handshake);
    limiter.oweBytes(holder, 300);
    expect([limiter.take(holder, ['events']), limiter.owe(holder, ['subscribe'])]).toEqual([2_000, 2_000]);
    time.now = 2_000;
    expect(limiter.take(holder, ['events'])).toBe(0);
  });

  it('keeps a rate within a tenth, whatever the clients do', () => {
    const { time, limiter } = build({ user: { events: { perSecond: 100, burst: 100 } } });
    const holders = [1, 2, 3].map(() => limiter.hold(handshake));
    for (const holder of holders) limiter.name(holder, '42');
    let taken = 0;
    for (time.now = 0; time.now < 30_000; time.now += 3)
      for (const holder of holders) if (limiter.take(holder, ['events'], 'say') === 0) taken += 1;
    expect(taken).toBeGreaterThan(2_700);
    expect(taken).toBeLessThan(3_300);
  });
});
