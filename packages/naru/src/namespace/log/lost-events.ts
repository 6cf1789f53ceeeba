/** The events of one namespace that the log could not store. */
import type { LogRecord, Offset } from '../../backplane/backplane.js';
import { gapRecord } from '../../backplane/own-records.js';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';
import { type Answer, carryOut, type Steps, waitFor } from '../../base/steps/answer.js';
import { ORDER_WAIT_MS } from './fences.js';

/** Milliseconds between two tries of a process that does not hear when the home of the log is back. */
const RETRY_MS = 1_000;

/** Tells returning clients, late readers and other processes that events are missing, by a gap record in the log. */
export class LostEvents {
  readonly #clock: Clock;
  readonly #append: (gap: LogRecord) => Answer<unknown>;
  /** The offset after which events could not be stored. Set until a gap record in the log says so. */
  #after: Offset | undefined;
  /** When events could not be stored for the last time. */
  #lostAt = 0;
  /** Whether a gap record is on its way. */
  #isTelling = false;
  #retry: Timer | undefined;
  /** Whether nothing is heard or tried by itself any more. */
  isClosed = false;

  constructor(clock: Clock, append: (gap: LogRecord) => Answer<unknown>) {
    this.#clock = clock;
    this.#append = append;
  }

  /** Whether a gap record has to be told. */
  get isOpen(): boolean {
    return this.#after !== undefined || this.#isTelling;
  }

  /** Notes that events after an offset could not be stored. */
  note(after: Offset): void {
    this.#after ??= after;
    this.#lostAt = this.#clock.now();
  }

  /** Tries no longer by itself, whatever is lost from now on. */
  close(): void {
    this.isClosed = true;
    if (this.#retry !== undefined) this.#clock.clearTimeout(this.#retry);
  }

  /**
   * Appends a gap record for the events that were noted. If that fails, it tries again each second, and at the next
   * call. While a gap record is on its way, it also stands for the events that are lost meanwhile.
   */
  tell(): void {
    if (this.#after !== undefined && !this.#isTelling) void carryOut(this.#tell(this.#after));
    if (this.isClosed || !this.isOpen) return;
    const again = (): void => {
      this.#retry = undefined;
      this.tell();
    };
    this.#retry ??= unreferenced(this.#clock.setTimeout(again, RETRY_MS, undefined));
  }

  *#tell(from: Offset): Steps<void> {
    this.#after = undefined;
    this.#isTelling = true;
    try {
      yield* waitFor(this.#append(gapRecord(from, null, this.#clock.now())));
      // Events that were lost a moment ago may belong after the gap record.
      if (this.#clock.now() - this.#lostAt > ORDER_WAIT_MS) this.#after = undefined;
    } catch {
      // The append of events that follows fails, too, and reports the error.
      this.#after = from;
    }
    this.#isTelling = false;
  }
}
