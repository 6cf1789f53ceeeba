import { FakeClock } from '@naru/testing';
import { describe, expect, it } from 'vitest';
import { Ticker } from '../server/rooms/ticker.js';
import { LIMITS, TICK_HZ, TICK_MS } from '../shared/limits.js';

/** A clock whose steady time can jump. */
class Clock {
  readonly fake = new FakeClock();
  jumpMs = 0;
  wall = 0;

  now(): number {
    return this.wall;
  }

  steady(): number {
    return this.fake.elapsed + this.jumpMs;
  }

  after(ms: number, then: () => void): () => void {
    const timer = this.fake.setTimeout(then, ms, undefined);
    return () => this.fake.clearTimeout(timer);
  }
}

describe('the ticker', () => {
  it('keeps 30 ticks a second over a long time', async () => {
    const clock = new Clock();
    let ticks = 0;
    const ticker = new Ticker(clock, () => ticks++);
    await clock.fake.advance(100_000);
    expect(Math.abs(ticks - 100 * TICK_HZ)).toBeLessThanOrEqual(1);
    expect(ticker.counts.lost).toBe(0);
    ticker.stop();
    await clock.fake.advance(1_000);
    expect(Math.abs(ticks - 100 * TICK_HZ)).toBeLessThanOrEqual(1);
  });

  it('makes up for a short delay, and leaves out the ticks of a long one', async () => {
    const clock = new Clock();
    let ticks = 0;
    const ticker = new Ticker(clock, () => ticks++);
    await clock.fake.advance(1_000);
    const before = ticks;
    clock.jumpMs = 3 * TICK_MS;
    await clock.fake.advance(TICK_MS + 1);
    expect(Math.abs(ticks - before - 4)).toBeLessThanOrEqual(1);
    expect(ticker.counts.lost).toBe(0);
    clock.jumpMs += 3_600_000;
    const again = ticks;
    await clock.fake.advance(TICK_MS + 1);
    expect(ticks - again).toBeLessThanOrEqual(LIMITS.lateTicksMax + 2);
    expect(ticker.counts.lost).toBeGreaterThan(3_500 * TICK_HZ);
    ticker.stop();
  });

  it('does not follow the clock on the wall', async () => {
    const clock = new Clock();
    let ticks = 0;
    const ticker = new Ticker(clock, () => ticks++);
    for (const jump of [-1e9, 1e9, 0]) {
      clock.wall = jump;
      await clock.fake.advance(1_000);
    }
    expect(Math.abs(ticks - 3 * TICK_HZ)).toBeLessThanOrEqual(1);
    ticker.stop();
  });

  it('waits when its clock goes back, and goes on', async () => {
    const clock = new Clock();
    let ticks = 0;
    const ticker = new Ticker(clock, () => ticks++);
    await clock.fake.advance(1_000);
    clock.jumpMs = -500;
    await clock.fake.advance(1_000);
    expect(ticks).toBeGreaterThan(TICK_HZ);
    expect(ticks).toBeLessThanOrEqual(2 * TICK_HZ);
    ticker.stop();
  });
});
