import { expect, it } from 'vitest';
import type { DeadlineEntry, Deadlines } from '../../../naru/src/base/deadlines.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { REPEAT_AFTER_MS, type Repeating, Repeats } from '../../src/transport/repeats.js';

class Entry implements Repeating {
  repeatCount = 0;
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;
  readonly times: number[] = [];
  onDue: () => void = () => undefined;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  onRepeat(): void {
    this.times.push(this.#clock.elapsed);
    this.onDue();
  }
}

it('repeats at growing intervals, up to the longest', async () => {
  const clock = new FakeClock();
  const repeats = new Repeats(clock);
  const entry = new Entry(clock);
  repeats.start(entry);
  await clock.advance(16_000);
  expect(REPEAT_AFTER_MS).toEqual([250, 500, 500, 1_000, 1_000, 2_000]);
  expect(entry.times).toEqual([250, 750, 1_250, 2_250, 3_250, 5_250, 7_250, 9_250, 11_250, 13_250, 15_250]);
  repeats.stop(entry);
  expect(clock.timerCount).toBe(0);
});

it('stops on demand during a repetition, and starts over with the shortest interval', async () => {
  const clock = new FakeClock();
  const repeats = new Repeats(clock);
  const entry = new Entry(clock);
  entry.onDue = () => entry.repeatCount === 2 && repeats.stop(entry);
  repeats.start(entry);
  await clock.advance(10_000);
  expect(entry.times).toEqual([250, 750]);
  repeats.start(entry);
  await clock.advance(250);
  expect(entry.times.at(-1)).toBe(10_250);
});

it('holds one timer for each interval, however many entries wait, and none once it is closed', async () => {
  const clock = new FakeClock();
  const repeats = new Repeats(clock);
  for (let count = 0; count < 100; count += 1) repeats.start(new Entry(clock));
  expect(clock.timerCount).toBe(1);
  await clock.advance(300);
  repeats.close();
  expect(clock.timerCount).toBe(0);
});
