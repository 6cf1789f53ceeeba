/**
 * Numbers of a log that are never given out. A process begins after every number that any other process may have given
 * out. This holds even when the folder has lost some: after a restored copy, or a power failure. A client that names a
 * number in a hole therefore saw records that are gone.
 */
import { Buffer } from 'node:buffer';
import { decodeOffset, encodeOffset } from 'naru/backplane';
import type { Database, LogKey, NamespaceState } from '../database.js';
import { BLOCK_RECORDS } from './record-blocks.js';

/**
 * The numbers after `from`, up to `to`. They are never given out. Their neighbours `from` (unless it is 0) and `to + 1`
 * are.
 */
export interface Hole {
  readonly from: number;
  readonly to: number;
  /** Whether the hole cannot be read. The range may then contain records. */
  readonly isLost?: boolean;
}

/** Consecutive numbers from `first` to `last`. They continue up to `end`. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly end: number;
}

/** The part of a namespace's state that says which numbers exist. */
type Numbers = Pick<NamespaceState, 'newest' | 'oldest' | 'base'>;

/**
 * Records that a namespace may append in each millisecond. Above that, numbers could repeat after a restore, even when
 * the clock is right.
 */
const RECORDS_PER_MS = 1_000;

/**
 * Numbers that a hole has at least. Up to as many again are added at random. They are the only protection when the
 * clock is wrong.
 */
const STRIDE = 2 ** 26;

/**
 * Returns the last number of the hole that a process leaves after `newest`, or `undefined` when the numbers are used
 * up.
 */
export function placeBehind(newest: number, now: number, fraction: number): number | undefined {
  const byTime = now * RECORDS_PER_MS;
  const start = byTime < Number.MAX_SAFE_INTEGER - STRIDE * RECORDS_PER_MS ? Math.max(byTime, newest) : newest;
  // A multiple of the block size, so that no block of records has numbers on both sides of a hole.
  const to = Math.ceil((start + STRIDE * (1 + fraction)) / BLOCK_RECORDS) * BLOCK_RECORDS;
  return to < Number.MAX_SAFE_INTEGER - STRIDE ? to : undefined;
}

/**
 * The holes in the logs of a folder. They are stored in the table of the records, under negative numbers, so an older
 * folder needs no new table. A hole never changes. It is removed with the record after it.
 */
export class Holes {
  readonly #database: Pick<Database, 'log'>;
  /** The last result of `ahead`, and the lowest number for which it holds. */
  #found: { readonly namespace: string; readonly low: number; readonly hole: Hole } | undefined;

  constructor(database: Pick<Database, 'log'>) {
    this.#database = database;
  }

  /** Stores a hole. Runs inside a transaction. */
  add(namespace: string, { from, to }: Hole): void {
    this.#database.log.putSync(keyOf(namespace, to), Buffer.from(encodeOffset(from)));
  }

  /** Removes the hole that ends right before a removed record, if there is one. Runs inside a transaction. */
  drop(namespace: string, sequence: number): void {
    if ((sequence - 1) % BLOCK_RECORDS === 0) this.#database.log.removeSync(keyOf(namespace, sequence - 1));
  }

  /**
   * Returns the first hole that ends at a number or after it. `base` is the end of the last hole, and at least that
   * number. If the hole cannot be read, everything from the number to `base` counts as one, and readers that cross it
   * learn of the loss.
   */
  ahead(namespace: string, sequence: number, base: number): Hole {
    const known = this.#found;
    if (known?.namespace === namespace && sequence >= known.low && sequence <= known.hole.to) return known.hole;
    const lost = { from: sequence - 1, to: base, isLost: true };
    const range = { start: keyOf(namespace, sequence), end: keyOf(namespace, Number.POSITIVE_INFINITY) };
    for (const { key, value } of this.#database.log.getRange({ ...range, reverse: true, limit: 1 })) {
      const hole = holeOf(key, value);
      if (!hole) return lost;
      this.#found = { namespace, low: sequence, hole };
      return hole;
    }
    return lost;
  }

  /** Returns the end of the last hole, or `undefined` when there are none. */
  end(namespace: string): number | undefined {
    const range = { start: [namespace, Number.NEGATIVE_INFINITY] as LogKey, end: [namespace, 0] as LogKey, limit: 1 };
    for (const [, to] of this.#database.log.getKeys(range)) return -to;
    return undefined;
  }

  /** Returns the last hole that ends before a number. */
  before(namespace: string, sequence: number): Hole | undefined {
    const range = { start: keyOf(namespace, sequence - 1), end: [namespace, 0] as LogKey, limit: 1 };
    for (const { key, value } of this.#database.log.getRange(range)) {
      // Records before a hole that cannot be read cannot be found. Readers that continue from there learn of the loss.
      return holeOf(key, value) ?? { from: 0, to: -key[1], isLost: true };
    }
    return undefined;
  }

  /** Returns the number that follows a number, holes skipped. */
  successorOf(namespace: string, sequence: number, { base = 0 }: Numbers): number {
    if (sequence >= base) return sequence + 1;
    const hole = this.ahead(namespace, sequence, base);
    return hole.from <= sequence ? hole.to + 1 : sequence + 1;
  }

  /** Whether a number was never given out. */
  has(namespace: string, sequence: number, { base = 0 }: Numbers): boolean {
    return sequence > 0 && sequence <= base && this.ahead(namespace, sequence, base).from < sequence;
  }

  /**
   * Yields the numbers that were given out, from one number up. For a hole that cannot be read it yields one number
   * without a record.
   */
  *runs(namespace: string, from: number, { newest, base = 0 }: Numbers): Generator<Run> {
    let first = from;
    while (first <= base) {
      const hole = this.ahead(namespace, first, base);
      if (hole.from >= first) yield { first, last: hole.from, end: hole.from };
      if (hole.isLost) yield { first: hole.to, last: hole.to, end: hole.to };
      first = hole.to + 1;
    }
    if (first <= newest) yield { first, last: newest, end: newest };
  }

  /** Yields the numbers that were given out, from one number down to the oldest. */
  *runsBack(namespace: string, from: number, { newest, oldest, base = 0 }: Numbers): Generator<Run> {
    let end = newest;
    if (from > 0 && from <= base) end = this.ahead(namespace, from, base).from;
    for (let last = Math.min(from, end); last >= oldest; last = end) {
      const hole = base === 0 ? undefined : this.before(namespace, last);
      yield { first: Math.max(oldest, hole ? hole.to + 1 : 1), last, end };
      if (hole?.isLost) yield { first: hole.to, last: hole.to, end: hole.to };
      end = hole?.from ?? 0;
    }
  }
}

function keyOf(namespace: string, to: number): LogKey {
  // `-to` would be -0 for 0.
  return [namespace, 0 - to];
}

function holeOf([, to]: LogKey, value: Buffer): Hole | undefined {
  const from = decodeOffset(value.toString('latin1'));
  return from === undefined || from >= -to ? undefined : { from, to: -to };
}
