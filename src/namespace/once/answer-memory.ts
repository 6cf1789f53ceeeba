/** The answers to events that may be sent again, and the events whose handlers still run: as many as the bounds allow, newest first to stay. */
import type { Timers } from '../../base/clock.js';
import type { IdempotencySettings } from './options.js';

/** Answers one try of an event. */
export type Answer = (...args: unknown[]) => void;

/** Bounds of what is remembered. An age counts from the answer on, and for an event without an answer from when it came. */
type AnswerBounds = Pick<IdempotencySettings, 'ageMax' | 'countMax' | 'bytesMax'>;

/** An event that came once. */
export interface OnceEntry {
  /** Whose it is: its namespace, and its key without the number. */
  readonly id: string;
  /** The number of the event in a row of events that come one after the other; 0 for one that stands alone. */
  readonly number: number;
  /** JSON of the arguments of its answer; nothing while its handler runs. */
  answer: string | undefined;
  /** The tries that wait for the answer, oldest first. */
  readonly waiting: Answer[];
  /** When it came or was answered. */
  at: number;
  /** When other processes were last told that its handler runs; 0 when they were not. */
  markedAt: number;
}

/** Bytes of memory that an entry takes besides its texts. */
const ENTRY_COST = 400;

/** Entries by id. Invariant: they stand in the order of `at`, and are within the bounds after each change. */
export class AnswerMemory {
  readonly #clock: Timers;
  readonly #bounds: AnswerBounds;
  readonly #entries = new Map<string, OnceEntry>();
  #bytes = 0;

  constructor(clock: Timers, bounds: AnswerBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** How many there are, those that are too old and were not met yet included. */
  get count(): number {
    return this.#entries.size;
  }

  /** Bytes that they count for. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is remembered under an id. */
  get(id: string): OnceEntry | undefined {
    this.#trim();
    return this.#entries.get(id);
  }

  /** Adds an entry, or puts one that has changed behind the others; what was there under its id goes. */
  put(entry: OnceEntry): void {
    this.delete(entry.id);
    entry.at = this.#clock.now();
    this.#entries.set(entry.id, entry);
    this.#bytes += costOf(entry);
    this.#trim();
  }

  /** Notes the answer of an entry, and says whether it is remembered: not when another has taken its place. */
  answer(entry: OnceEntry, answer: string): boolean {
    const isThere = this.has(entry);
    if (isThere) this.delete(entry.id);
    entry.answer = answer;
    // One that was let go while its handler ran is remembered from now on, but not in place of one that came later.
    if (!isThere && this.#entries.has(entry.id)) return false;
    this.put(entry);
    return true;
  }

  /** Whether an entry itself is there. */
  has(entry: OnceEntry): boolean {
    return this.#entries.get(entry.id) === entry;
  }

  /** Forgets what is remembered under an id. */
  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#bytes -= costOf(entry);
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
