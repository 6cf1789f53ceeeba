/** Repeats what has to arrive, at growing intervals, for all links of a socket with a few timers. */
import type { Timers } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';

/**
 * Milliseconds before the first repetition, the second and so on; the last one is used from there on. They grow slowly: where every third datagram
 * is lost each way, half of all attempts fail, and a heartbeat has to come through within `pingTimeout` all the same.
 */
export const REPEAT_AFTER_MS: readonly number[] = [250, 500, 500, 1_000, 1_000, 2_000];

/** What is repeated until it is taken out. */
export abstract class Repeating extends DeadlineEntry {
  /** How often it was repeated. */
  repeatCount = 0;
  /** Called when it is due; it may take itself out by `stop`, and stays otherwise. */
  abstract onRepeat(): void;
}

/** A function that is called again and again, each time with its repetition. */
export class Repetition extends Repeating {
  readonly #run: (repetition: Repetition) => void;

  constructor(run: (repetition: Repetition) => void) {
    super();
    this.#run = run;
  }

  onRepeat(): void {
    this.#run(this);
  }
}

/** What waits to be repeated. */
export class Repeats {
  readonly #queues: readonly Deadlines<Repeating>[];

  constructor(timers: Timers) {
    this.#queues = REPEAT_AFTER_MS.map(
      (delayMs) =>
        new Deadlines<Repeating>(timers, delayMs, (entry) => {
          entry.repeatCount += 1;
          this.#wait(entry);
          entry.onRepeat();
        }),
    );
  }

  /** Repeats the entry from now on, beginning with the shortest interval. */
  start(entry: Repeating): void {
    entry.repeatCount = 0;
    this.#wait(entry);
  }

  /** Repeats it no more. */
  stop(entry: Repeating): void {
    entry.deadlineQueue?.remove(entry as never);
  }

  /** Stops all. */
  close(): void {
    for (const queue of this.#queues) for (let entry = queue.first; entry; entry = queue.first) queue.remove(entry);
  }

  #wait(entry: Repeating): void {
    const queue = this.#queues[Math.min(entry.repeatCount, this.#queues.length - 1)];
    queue?.add(entry);
  }
}
