/**
 * Numbers of a log that were never given out. A process begins behind all that any other can have given, also where the folder has forgotten
 * that: it was put back from a copy, or the machine lost its power. So who names such a number is known to have had what is gone.
 */
import { Buffer } from 'node:buffer';
import { decodeOffset, encodeOffset } from '../backplane.js';
import type { Database, LogKey } from './database.js';
import { BLOCK_RECORDS } from './record-blocks.js';

/** A hole: all numbers behind `from`, up to `to`, were never given out. Both neighbours are: `from` (or it is 0), and the one behind `to`. */
export interface Hole {
  readonly from: number;
  readonly to: number;
  /** Whether it cannot be read where it is: then it may have taken records in. */
  readonly isLost?: boolean;
}

/** Records that a namespace may get in each millisecond before the numbers of two lives of a folder could meet, with a clock that is right. */
const RECORDS_PER_MS = 1_000;

/** What is left free besides, at least; as much again by chance. It is all there is where the clock is wrong. */
const STRIDE = 2 ** 26;

/** Where a process begins that finds `newest` in a folder at that time: the last number that it leaves out. Nothing where none are left. */
export function placeBehind(newest: number, now: number, fraction: number): number | undefined {
  const byTime = now * RECORDS_PER_MS;
  const start = byTime < Number.MAX_SAFE_INTEGER - STRIDE * RECORDS_PER_MS ? Math.max(byTime, newest) : newest;
  // So that no block of records is on both sides.
  const to = Math.ceil((start + STRIDE * (1 + fraction)) / BLOCK_RECORDS) * BLOCK_RECORDS;
  return to < Number.MAX_SAFE_INTEGER - STRIDE ? to : undefined;
}

/**
 * The holes of the logs of a folder. They stand in the table of the records, under numbers below zero, so that a folder of before needs
 * nothing new. A hole never changes; it goes with the record behind it.
 */
export class Holes {
  readonly #database: Pick<Database, 'log'>;
  /** What was found last, and the lowest number from which it was. */
  #found: { readonly namespace: string; readonly low: number; readonly hole: Hole } | undefined;

  constructor(database: Pick<Database, 'log'>) {
    this.#database = database;
  }

  /** Notes a hole; inside a transaction. */
  add(namespace: string, { from, to }: Hole): void {
    this.#database.log.putSync(keyOf(namespace, to), Buffer.from(encodeOffset(from)));
  }

  /** The record of that number goes, and the hole right before it, if there is one; inside a transaction. */
  drop(namespace: string, sequence: number): void {
    if ((sequence - 1) % BLOCK_RECORDS === 0) this.#database.log.removeSync(keyOf(namespace, sequence - 1));
  }

  /**
   * The first hole that ends at a number or behind it, where `base` is the end of the last one, and not before that number. Where it cannot be
   * read, all from that number up to there counts as one: who goes over it is told.
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

  /** Where the last hole ends; nothing where there is none. */
  end(namespace: string): number | undefined {
    const range = { start: [namespace, Number.NEGATIVE_INFINITY] as LogKey, end: [namespace, 0] as LogKey, limit: 1 };
    for (const [, to] of this.#database.log.getKeys(range)) return -to;
    return undefined;
  }

  /** The last hole that ends before a number. */
  before(namespace: string, sequence: number): Hole | undefined {
    const range = { start: keyOf(namespace, sequence - 1), end: [namespace, 0] as LogKey, limit: 1 };
    for (const { key, value } of this.#database.log.getRange(range)) {
      // Where it cannot be read, what stands before it cannot be found; who reads on from there is told.
      return holeOf(key, value) ?? { from: 0, to: -key[1], isLost: true };
    }
    return undefined;
  }
}

function keyOf(namespace: string, to: number): LogKey {
  // Zero has no sign there.
  return [namespace, 0 - to];
}

function holeOf([, to]: LogKey, value: Buffer): Hole | undefined {
  const from = decodeOffset(value.toString('latin1'));
  return from === undefined || from >= -to ? undefined : { from, to: -to };
}
