/** Repeats datagrams that have to arrive, at growing intervals. A few timers serve all associations of a socket. */
import type { Timers } from 'naru/base';
import { DeadlineEntry, Deadlines } from 'naru/base';

/**
 * Milliseconds before the first repetition, the second and so on. Later repetitions use the last value. The intervals
 * grow slowly, because a heartbeat must arrive within `pingTimeout` on a bad network, too: if a third of the datagrams
 * is lost in each direction, half of all attempts fail.
 */
export const REPEAT_AFTER_MS: readonly number[] = [250, 500, 500, 1_000, 1_000, 2_000];

/** An entry that is repeated until it is stopped. */
export abstract class Repeating extends DeadlineEntry {
  /** The number of repetitions so far. */
  repeatCount = 0;
  /** Called for each repetition, until `stop` is called for the entry. */
  abstract onRepeat(): void;
}

/** A function that is called for each repetition, with this entry. */
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

/** The entries that wait for their next repetition. */
export class Repeats {
  readonly #queues: readonly Deadlines<Repeating>[];

  constructor(timers: Timers) {
    this.#queues = REPEAT_AFTER_MS.map(
      (delayMs) => new Deadlines<Repeating>(timers, delayMs, (entry) => this.#repeat(entry)),
    );
  }

  /** Repeats the entry from now on. Starts with the shortest interval. */
  start(entry: Repeating): void {
    entry.repeatCount = 0;
    this.#wait(entry);
  }

  /** Stops repeating an entry. */
  stop(entry: Repeating): void {
    entry.deadlineQueue?.remove(entry as never);
  }

  /** Whether no entry is repeated. */
  get isIdle(): boolean {
    return this.#queues.every(({ count }) => count === 0);
  }

  /** Repeats all entries now. */
  hurry(): void {
    for (const entry of this.#removeAll()) this.#repeat(entry);
  }

  /** Stops repeating all entries. */
  close(): void {
    this.#removeAll();
  }

  #removeAll(): Repeating[] {
    const removed: Repeating[] = [];
    for (const queue of this.#queues)
      for (let entry = queue.first; entry; entry = queue.first) {
        queue.remove(entry);
        removed.push(entry);
      }
    return removed;
  }

  #repeat(entry: Repeating): void {
    entry.repeatCount += 1;
    this.#wait(entry);
    entry.onRepeat();
  }

  #wait(entry: Repeating): void {
    const queue = this.#queues[Math.min(entry.repeatCount, this.#queues.length - 1)];
    queue?.add(entry);
  }
}
