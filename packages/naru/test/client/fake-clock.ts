/** A clock that the test moves. */
import type { Clock } from '../../src/base/clock.js';

/** A clock for tests. `advance` fires due timers in order. */
export interface FakeClock extends Clock {
  /** The number of waiting timers. */
  readonly pendingCount: number;
  /** Moves the time and fires due timers. Microtasks run between timers. */
  advance(ms: number): Promise<void>;
  /** Moves the time without firing timers, like a machine that sleeps. */
  sleep(ms: number): void;
}

/** Creates a clock at `startMs`. */
export function createFakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = startMs;
  let sequence = 0;
  const timers = new Map<number, { at: number; fire: () => void }>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return {
    now: () => nowMs,
    setTimeout(callback, delayMs, argument) {
      sequence += 1;
      timers.set(sequence, { at: nowMs + Math.max(0, delayMs), fire: () => callback(argument) });
      return sequence;
    },
    clearTimeout: (timer) => void timers.delete(timer as number),
    defer(callback, argument) {
      this.setTimeout(callback, 0, argument);
    },
    get pendingCount() {
      return timers.size;
    },
    async advance(ms) {
      const end = nowMs + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
        if (!due) break;
        timers.delete(due[0]);
        nowMs = Math.max(nowMs, due[1].at);
        due[1].fire();
        await settle();
      }
      nowMs = end;
    },
    sleep(ms) {
      nowMs += ms;
    },
  };
}
