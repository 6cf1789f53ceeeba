/**
 * Keeps the order of a program while its events are on their way into a log that answers later, and tells which the log
 * has refused.
 */
import type { Appended, Offset } from '../../backplane/backplane.js';
import type { Clock, Timer } from '../../base/clock.js';
import { type Answer, after } from '../../base/steps/answer.js';
import { attempt } from '../../base/uncaught.js';
import type { LoggedEvent } from './records.js';

/**
 * Events that were given to the log together, and are not delivered yet. Without events, it is a question for the end
 * of the log.
 */
export interface Flight {
  readonly events: readonly LoggedEvent[];
  /** The answer of the log, for those who wait for it. `undefined` stands for a refusal. */
  readonly appended: Answer<Appended | undefined>;
  /** The answer of the log, once it has come, and `undefined` until then. */
  answer: Appended | 'refused' | undefined;
  /** When it began. */
  readonly at: number;
  /** Its number among the flights of all namespaces. */
  readonly number: number;
}

/** Whether the log has refused the events of a flight: later, or within the call, and then they have no offsets. */
function isRefused({ events, answer }: Flight): boolean {
  return answer === 'refused' || (answer !== undefined && answer.offsets.length < events.length);
}

/** An operation that waits until the flights before it are delivered. */
interface Fence {
  /** The newest flight before it. */
  readonly flight: Flight | undefined;
  readonly run: () => void;
  /** Whether it waits however long that takes. */
  readonly isPatient: boolean;
}

/**
 * Refused flights whose numbers are remembered. Beyond that, everything before the oldest of them counts as refused.
 */
const REFUSED_MAX = 1_000;

/**
 * Numbers the flights of a server in the order in which they began. Guarantee: `whenKept` never calls an event kept
 * that the log has refused or may still refuse.
 */
export class Confirmations {
  /** Whether every acknowledgement waits until the log has what it confirms. */
  readonly isPatient: boolean;
  /** Whether a log of the server answers later. */
  readonly isLate: boolean;
  readonly #waitingMax: number;
  /** The fences of the namespaces that have open flights, or operations that wait for them. */
  readonly open = new Set<Fences>();
  /** The number of the newest flight. */
  newest = 0;
  #waiting = 0;
  readonly #refused: number[] = [];
  /** The newest refused flight that is not remembered by itself any more. */
  #forgotten = 0;

  /** At most `waitingMax` confirmations wait for the log. */
  constructor(isPatient = false, waitingMax = Number.POSITIVE_INFINITY, isLate = false) {
    this.isPatient = isPatient;
    this.isLate = isLate;
    this.#waitingMax = waitingMax;
  }

  /** Whether so many confirmations wait for the log that no more should begin to wait. */
  get isFull(): boolean {
    return this.#waiting >= this.#waitingMax;
  }

  /** How many events each open flight has. */
  get flights(): number[] {
    return [...this.open].flatMap(({ flights }) => flights);
  }

  /** The log has refused a flight. */
  refuse(number: number): void {
    this.#refused.push(number);
    if (this.#refused.length > REFUSED_MAX) this.#forgotten = Math.max(this.#forgotten, this.#refused.shift() ?? 0);
  }

  /** Does what `whenKept` does. While `isFull`, nothing is confirmed. */
  confirm(since: number, callback: (isKept: boolean) => void): void {
    if (this.isFull) callback(false);
    else this.whenKept(since, callback);
  }

  /**
   * Calls back when all flights that are open now are delivered, which may be at once. `isKept` says that the log has
   * taken all flights that began after the flight `since`.
   */
  whenKept(since: number, callback: (isKept: boolean) => void): void {
    const until = this.newest;
    const open = [...this.open];
    let left = open.length + 1;
    const onDelivered = (): void => {
      left -= 1;
      if (left > 0) return;
      this.#waiting -= 1;
      callback(since >= this.#forgotten && !this.#refused.some((number) => number > since && number <= until));
    };
    this.#waiting += 1;
    for (const fences of open) fences.run(onDelivered);
    onDelivered();
  }
}

/** Milliseconds of silence of the log after which answers, questions and last words stop waiting for it. */
export const ORDER_WAIT_MS = 1_000;

/** Milliseconds by which a timer is late in a process that stood still. */
const STANDSTILL_MS = 100;

/**
 * The open flights of one namespace, and its fences. A *flight* ends when it is delivered, or never can be. An
 * operation that the program carries out after a flight becomes a *fence*: it takes effect right after that flight has
 * ended, before anything later. With no flight open, it takes effect at once. A log that answers within the call has a
 * flight open only while it is delivered. The records that a fence has read from the log are delivered after the
 * last fence of its flight.
 *
 * Guarantee: fences take effect in the order in which the program made them. There is one exception. Once a flight is
 * open and the log was silent for `ORDER_WAIT_MS`, operations that `runSoon` got stop waiting. They keep their order
 * among themselves. A log that is slow and still delivers has them wait, because an answer that overtakes its events
 * may confirm what `kill -9` then loses.
 */
export class Fences {
  readonly #clock: Clock;
  /** The flights of all namespaces. */
  readonly confirmations: Confirmations;
  /** The open flights, oldest first. */
  readonly #flights: Flight[] = [];
  /** When the newest flight was delivered, or a record before the oldest one. */
  #deliveredAt = Number.NEGATIVE_INFINITY;
  #waiting: Fence[] = [];
  /** The operations that go ahead now, in their order. Those that they lead to come after them. */
  #goingAhead: (() => void)[] | undefined = undefined;
  #timer: Timer | undefined = undefined;
  /** Whether the log has been silent for too long, so that `runSoon` waits for nothing. */
  isOverdue = false;
  /** Whether the process stood still while the oldest flight was open. */
  #stoodStill = false;

  constructor(clock: Clock, confirmations = new Confirmations()) {
    this.#clock = clock;
    this.confirmations = confirmations;
  }

  /** The oldest open flight. */
  get oldest(): Flight | undefined {
    return this.#flights[0];
  }

  /** How many events each open flight has, without questions for the end of the log. */
  get flights(): number[] {
    return this.#flights.flatMap(({ events }) => events.length || []);
  }

  /** The answers for the oldest flights, up to the first that has none. The log has the events of these. */
  get answers(): Appended[] {
    const open = this.#flights.findIndex(({ answer }) => answer === undefined);
    const answered = open < 0 ? this.#flights : this.#flights.slice(0, open);
    return answered.flatMap(({ answer }) => (typeof answer === 'object' ? answer : []));
  }

  /** Whether an operation has to wait. */
  get isClosed(): boolean {
    return this.#flights.length > 0 || this.#waiting.length > 0;
  }

  /** When operations that `runSoon` gets now stop waiting, in milliseconds of the clock. */
  get patientUntil(): number {
    return Math.max(this.oldest?.at ?? this.#clock.now(), this.#deliveredAt) + ORDER_WAIT_MS;
  }

  /** A flight begins. */
  begin(events: readonly LoggedEvent[] = [], appended: Answer<Appended | undefined> = undefined): Flight {
    this.confirmations.open.add(this);
    this.confirmations.newest += 1;
    const number = this.confirmations.newest;
    const flight: Flight = { events, appended, answer: undefined, at: this.#clock.now(), number };
    this.#flights.push(flight);
    return flight;
  }

  /** Records of others are delivered. The log is not silent if it has the events of the oldest flight. */
  hear(): void {
    if (typeof this.oldest?.answer === 'object') this.#deliveredAt = this.#clock.now();
  }

  /** The oldest flight is delivered, or can never be. Its fences take effect. */
  end(): void {
    const flight = this.#flights.shift();
    if (flight && isRefused(flight)) this.confirmations.refuse(flight.number);
    this.#deliveredAt = this.#clock.now();
    this.isOverdue = false;
    this.#stoodStill = false;
    for (let [first] = this.#waiting; first && first.flight === flight; [first] = this.#waiting) {
      this.#waiting.shift();
      attempt(first.run);
    }
    if (!this.isClosed) this.confirmations.open.delete(this);
    this.#setTimer();
  }

  /**
   * Returns the place before the oldest event that stands after `newest`, or at most at it. Only flights after the
   * number `since` count. The home may have taken a flight before it said that the log ends at `newest`: another link
   * makes the request again, and some homes read what was written later.
   */
  placeBefore(newest: Offset, since = 0): Answer<Offset> {
    const next = this.#flights.find(({ events, number }) => events.length > 0 && number > since);
    if (!next) return newest;
    return after(next.appended, (answer) => {
      if (!answer) return this.placeBefore(newest, next.number);
      return answer.previous < newest ? answer.previous : newest;
    });
  }

  /** Carries out an operation now, or at its fence. One that is not patient stops waiting as `runSoon` says. */
  run(operation: () => void, isPatient = true): void {
    if (this.isClosed && (isPatient || !this.isOverdue)) {
      // A fence that another one makes belongs to the newest flight, too. It is the one that has just ended if no other
      // is open.
      this.#waiting.push({ flight: this.#flights.at(-1) ?? this.#waiting.at(-1)?.flight, run: operation, isPatient });
      if (!isPatient) this.#setTimer();
    } else if (this.#goingAhead) this.#goingAhead.push(operation);
    else operation();
  }

  /** Carries out an operation now, at its fence, or once the log has been silent for too long. */
  runSoon(operation: () => void): void {
    this.run(operation, false);
  }

  /**
   * Sends an acknowledgement when the events before it are delivered. It goes ahead once the log has been silent for
   * too long, unless all are patient. A patient one is refused if the log has refused a flight of any namespace after
   * the flight `since`, or if too many wait. Without `refuse`, the sender then hears nothing, and its timeout tells it.
   */
  acknowledge(since: number, send: () => void, refuse?: () => void): void {
    if (this.confirmations.isPatient) this.confirmations.confirm(since, (isKept) => (isKept ? send() : refuse?.()));
    else this.runSoon(send);
  }

  /** Resolves when the flights that are open now are delivered. Gives `undefined` when none is. */
  whenDelivered(): Promise<void> | undefined {
    return this.isClosed ? new Promise((resolve) => this.run(resolve)) : undefined;
  }

  /** Wakes up when the log has been silent for too long, as long as somebody waits who is not patient. */
  #setTimer(): void {
    const isWanted = this.#flights.length > 0 && this.#waiting.some(({ isPatient }) => !isPatient);
    if (this.#timer !== undefined && !isWanted) {
      this.#clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined && isWanted) {
      const now = this.#clock.now();
      const dueAt = Math.max(now, this.patientUntil);
      this.#timer = this.#clock.setTimeout(() => this.#onTimer(dueAt), dueAt - now, undefined);
    }
  }

  #onTimer(dueAt: number): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    if (this.#stoodStill || now <= dueAt + STANDSTILL_MS) {
      // The process may have been busy. Answers that have come meanwhile are read first.
      this.#clock.defer((fences: Fences) => fences.#goAhead(), this);
    } else {
      // The log was perhaps not silent, but nobody was there to hear it. So it has the same time once more.
      this.#stoodStill = true;
      this.#deliveredAt = now;
      this.#setTimer();
    }
  }

  #goAhead(): void {
    // The flight for which the timer was set may be delivered by now.
    this.isOverdue = this.#flights.length > 0 && this.patientUntil <= this.#clock.now();
    if (this.isOverdue) {
      this.#goingAhead = this.#waiting.flatMap(({ isPatient, run }) => (isPatient ? [] : [run]));
      this.#waiting = this.#waiting.filter(({ isPatient }) => isPatient);
      for (const run of this.#goingAhead) attempt(run);
      this.#goingAhead = undefined;
    }
    this.#setTimer();
  }
}
