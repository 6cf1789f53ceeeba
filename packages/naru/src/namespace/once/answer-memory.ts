/**
 * Keeps the answers to events that clients may send again, and the events whose listeners still run. Beyond the bounds,
 * the oldest are dropped.
 */
import type { Timers } from '../../base/clock.js';
import type { Attempt } from './attempt.js';
import type { IdempotencySettings } from './options.js';

/** Bounds of the memory. `ageMax` counts from the answer, or from the arrival until then. */
type AnswerBounds = Pick<IdempotencySettings, 'ageMax' | 'countMax' | 'bytesMax'>;

/** An event with a key. */
export interface OnceEntry {
  /** Identifies the event: its namespace, the owner of the key, and the key without its number. */
  readonly id: string;
  /** The number of the event in a row of consecutive events, 0 for a single event. */
  readonly number: number;
  /** JSON of the arguments of the answer, `undefined` while the listener runs. */
  given: string | undefined;
  /** JSON of the answer that tries may have, `undefined` while it waits for the log. */
  answer: string | undefined;
  /** The tries that wait for the answer, oldest first. */
  readonly waiting: Attempt[];
  /** The time of the answer, or of the arrival before that. */
  at: number;
  /** The text of the claim that this process wrote last, empty for none. */
  claim: string;
  /** Bytes that the entry counts for while it is remembered. */
  cost: number;
}

/** Bytes of memory that an entry takes in addition to its strings. */
const ENTRY_COST = 400;

/** Entries by id. Invariant: they are in the order of `at`, and within the bounds after each change. */
export class AnswerMemory {
  readonly #clock: Timers;
  readonly #bounds: AnswerBounds;
  readonly #entries = new Map<string, OnceEntry>();
  #bytes = 0;

  constructor(clock: Timers, bounds: AnswerBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** Number of entries, including those that are too old and not yet removed. */
  get count(): number {
    return this.#entries.size;
  }

  /** Bytes that the entries count for. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the entry with an id. */
  get(id: string): OnceEntry | undefined {
    this.#trim();
    return this.#entries.get(id);
  }

  /** Adds an entry, or moves a changed one to the newest place. Replaces any other entry with the same id. */
  put(entry: OnceEntry): void {
    this.delete(entry.id);
    entry.at = this.#clock.now();
    this.#entries.set(entry.id, entry);
    entry.cost = costOf(entry);
    this.#bytes += entry.cost;
    this.#trim();
  }

  /** An entry keeps more bytes alive than before, or fewer: the arguments of tries that wait. */
  grow(entry: OnceEntry, bytes: number): void {
    if (!this.has(entry)) return;
    entry.cost += bytes;
    this.#bytes += bytes;
    this.#trim();
  }

  /**
   * Sets the answer of an entry. Returns whether the answer is remembered. It is not when a later entry has taken this
   * one's place.
   */
  answer(entry: OnceEntry, answer: string): boolean {
    const isThere = this.has(entry);
    if (isThere) this.delete(entry.id);
    entry.answer = answer;
    // An entry that was dropped while its listener ran is remembered again, unless a later one has taken its place.
    if (!isThere && this.#entries.has(entry.id)) return false;
    this.put(entry);
    return true;
  }

  /** Whether this very entry is remembered. */
  has(entry: OnceEntry): boolean {
    return this.#entries.get(entry.id) === entry;
  }

  /** Forgets the entry with an id. */
  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#bytes -= entry.cost;
  }

  #trim(): void {
    const { ageMax, countMax, bytesMax } = this.#bounds;
    const oldestAt = this.#clock.now() - ageMax;
    for (const { id, at } of this.#entries.values()) {
      if (at > oldestAt && this.#entries.size <= countMax && this.#bytes <= bytesMax) return;
      this.delete(id);
    }
  }
}

function costOf({ id, answer }: OnceEntry): number {
  return ENTRY_COST + id.length + (answer?.length ?? 0);
}
