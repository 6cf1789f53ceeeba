import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { LoopDelay } from '../../src/base/loop-delay.js';

/** A clock whose timers fire `lateMs` too late. */
class LateClock extends FakeClock {
  lateMs = 0;

  override setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T) {
    return super.setTimeout(callback, delayMs + this.lateMs, argument);
  }
}

it('is 0 while timers fire in time, and comes near the delay of timers that do not', async () => {
  const clock = new LateClock();
  const delay = new LoopDelay(clock);
  delay.begin();
  await clock.advance(1_000);
  expect(delay.ms).toBe(0);
  clock.lateMs = 200;
  await clock.advance(10_000);
  expect(delay.ms).toBeGreaterThan(190);
  expect(delay.ms).toBeLessThanOrEqual(200);
});

it('counts at most a second at each look', async () => {
  const clock = new LateClock();
  clock.lateMs = 3_600_000;
  const delay = new LoopDelay(clock);
  delay.begin();
  await clock.advance(3_600_100);
  expect(delay.ms).toBe(200);
});

it('looks at once and every 100 ms, until the end', async () => {
  const clock = new FakeClock();
  let looks = 0;
  const delay = new LoopDelay(clock, () => {
    looks += 1;
  });
  delay.begin();
  delay.begin();
  expect(looks).toBe(1);
  await clock.advance(500);
  expect(looks).toBe(6);
  delay.end();
  await clock.advance(500);
  expect([looks, delay.ms]).toEqual([6, 0]);
});
