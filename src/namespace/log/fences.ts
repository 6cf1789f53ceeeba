/** Keeps the order of a program while its events are on their way into a log that answers later. */
import type { Clock, Timer } from '../../base/clock.js';
import { attempt } from '../../base/uncaught.js';
import { Confirmations } from './confirmations.js';

/** An operation that waits until the flights before it are delivered. */
interface Fence {
  /** The number of the newest flight before it. */
  readonly flight: number;
  readonly run: () => void;
  /** Whether it waits however long that takes. */
  readonly isPatient: boolean;
}

/** Milliseconds of silence of the log after which answers, questions and last words stop waiting for it. */
export const ORDER_WAIT_MS = 1_000;

/**
 * The fences of one namespace. A *flight* is a batch of events that was given to the log and is not delivered yet. An operation that the program
 * carries out after a flight becomes a *fence*: it takes effect right after that flight is delivered, before anything later. With no flight
 * open, it takes effect at once; that is always so where the log answers within the call. The records that a fence has
 * read from the log are delivered after the last fence of its flight.
 *
 * Guarantee: fences take effect in the order in which the program made them. There is one exception. Once a flight is open and none was delivered
 * for `ORDER_WAIT_MS`, operations that `runSoon` got stop waiting. They keep their order among themselves. A log that is slow and still delivers
 * has them wait, because an answer that overtakes its events may confirm what `kill -9` then loses.
 */
export class Fences {
  readonly #clock: Clock;
  /** The flights of all namespaces. */
  readonly confirmations: Confirmations;
  /** When each open flight began, oldest first. */
  readonly #begun: number[] = [];
  /** The numbers of the open flights among those of all namespaces. */
  readonly #numbers: number[] = [];
  #delivered = 0;
  /** When the newest flight was delivered. */
  #deliveredAt = Number.NEGATIVE_INFINITY;
  #waiting: Fence[] = [];
  #timer: Timer | undefined = undefined;
  #isOverdue = false;

  constructor(clock: Clock, confirmations = new Confirmations()) {
    this.#clock = clock;
    this.confirmations = confirmations;
  }

  /** Whether an operation has to wait. */
  get isClosed(): boolean {
    return this.#begun.length > 0 || this.#waiting.length > 0;
  }

  /** Whether the log has been silent for too long, so that `runSoon` waits for nothing. */
  get isOverdue(): boolean {
    return this.#isOverdue;
  }

  /** When operations that `runSoon` gets now stop waiting, in milliseconds of the clock. */
  get patientUntil(): number {
    return Math.max(this.#begun[0] ?? this.#clock.now(), this.#deliveredAt) + ORDER_WAIT_MS;
  }

  /** A flight begins. */
  begin(): void {
    this.#begun.push(this.#clock.now());
    this.#numbers.push(this.confirmations.begin(this));
  }

  /** The oldest flight is delivered, or can never be. Its fences take effect. */
  end(isKept = true): void {
    this.#begun.shift();
    const number = this.#numbers.shift();
    if (!isKept) this.confirmations.refuse(number);
    this.#delivered += 1;
    this.#deliveredAt = this.#clock.now();
    this.#isOverdue &&= this.#leftMs() === 0;
    for (let [first] = this.#waiting; first && first.flight <= this.#delivered; [first] = this.#waiting) {
      this.#waiting.shift();
      attempt(first.run);
    }
    if (!this.isClosed) this.confirmations.end(this);
    this.#setTimer();
  }

  /** Carries out an operation now, or at its fence. */
  run(operation: () => void): void {
    if (!this.isClosed) operation();
    else this.#wait(operation, true);
  }

  /** Does the same for an operation that goes ahead once the log has been silent for too long. */
  runSoon(operation: () => void): void {
    if (!this.isClosed || this.#isOverdue) operation();
    else this.#wait(operation, false);
  }

  /**
   * Sends an acknowledgement when the events before it are delivered. It goes ahead once the log has been silent for too long, unless all are
   * patient. A patient one is refused if the log has refused a flight of any namespace after the flight `since`, or if too many wait.
   */
  acknowledge(since: number, send: () => void, refuse = ignore): void {
    if (this.confirmations.isPatient) this.confirmations.confirm(since, (isKept) => (isKept ? send() : refuse()));
    else this.runSoon(send);
  }

  /** Resolves when the flights that are open now are delivered. Gives `undefined` when none is. */
  whenDelivered(): Promise<void> | undefined {
    return this.isClosed ? new Promise((resolve) => this.#wait(resolve, true)) : undefined;
  }

  /** Milliseconds until the log has been silent for too long. */
  #leftMs(): number {
    const isOpen = this.#begun.length > 0;
    return isOpen ? Math.max(0, this.patientUntil - this.#clock.now()) : Number.POSITIVE_INFINITY;
  }

  #wait(run: () => void, isPatient: boolean): void {
    this.#waiting.push({ flight: this.#delivered + this.#begun.length, run, isPatient });
    if (!isPatient) this.#setTimer();
  }

  /** Wakes up when the log has been silent for too long, as long as somebody waits who is not patient. */
  #setTimer(): void {
    const isWanted = this.#begun.length > 0 && this.#waiting.some(({ isPatient }) => !isPatient);
    if (this.#timer !== undefined && !isWanted) {
      this.#clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined && isWanted) {
      this.#timer = this.#clock.setTimeout((fences: Fences) => fences.#onTimer(), this.#leftMs(), this);
    }
  }

  #onTimer(): void {
    this.#timer = undefined;
    // After a standstill of the process, the answers that have come meanwhile are read first.
    this.#clock.defer((fences: Fences) => fences.#goAhead(), this);
  }

  #goAhead(): void {
    // The flight for which the timer was set may be delivered by now.
    this.#isOverdue = this.#leftMs() === 0;
    if (this.#isOverdue) {
      const hasty = this.#waiting.filter(({ isPatient }) => !isPatient);
      this.#waiting = this.#waiting.filter(({ isPatient }) => isPatient);
      for (const { run } of hasty) attempt(run);
    }
    this.#setTimer();
  }
}

function ignore(): void {
  // The sender hears nothing, and its timeout tells it.
}
