/**
 * Overwrites the pages of a folder that no record uses. LMDB never changes a page in place: it writes a new one, and
 * keeps the old one, with its content, until it needs a free page.
 */
import { Buffer } from 'node:buffer';
import type { Clock } from 'naru/base';
import { type Database, type LogKey, writeFailed } from '../database.js';

/** Most pages that one transaction fills. Other work runs in between. */
const SLICE = 64;

/** Bytes of a page that LMDB uses itself. A value that fills the rest takes a page of its own. */
const HEAD_BYTES = 24;

/**
 * The most turns to wait for the readers of other processes. They last for one turn, unless their process stands still.
 */
const TURNS_MAX = 1_000;

/** The transactions after which a page that was released before them is free. */
const SETTLING = 2;

/**
 * Free pages below which one is taken at a time. LMDB needs some for itself with each transaction. If more were taken
 * at once in the end, the file would grow by as many with each run.
 */
const FEW = 64;

/** Scrubs one folder. Calls that come while it is busy share the next run. */
export class Scrubber {
  readonly #database: Database;
  readonly #clock: Clock;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #number = 0;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Resolves when all pages that are free now are overwritten. Rejects with UnavailableError when the folder cannot be
   * written.
   */
  scrub(): Promise<void> {
    // A run that has begun may be past a page that was released since.
    this.#next ??= this.#runAfter(this.#running);
    return this.#next;
  }

  async #runAfter(earlier: Promise<void> | undefined): Promise<void> {
    await earlier?.catch(() => undefined);
    this.#running = this.#next;
    this.#next = undefined;
    try {
      await this.#run();
    } catch (error) {
      throw writeFailed(error);
    }
  }

  async #run(): Promise<void> {
    const { root } = this.#database;
    root.resetReadTxn();
    const { transaction, last } = root.pages();
    root.resetReadTxn();
    for (let turns = 0; root.oldestReader() <= transaction && turns < TURNS_MAX; turns += 1) await this.#turn();
    try {
      const first = this.#number;
      let hasGrown = false;
      // Others may release pages as fast as this fills them. Filling as many as the file had must be enough.
      for (let count = 0; count <= SETTLING || (!hasGrown && this.#number - first <= last); count += 1) {
        hasGrown = this.#fill(count < SETTLING);
        await this.#turn();
      }
    } finally {
      while (this.#clear()) await this.#turn();
    }
  }

  /** Fills one free page with zeros, or several. Returns whether there were too few, so that the file grew. */
  #fill(isOne: boolean): boolean {
    const { root, zeros } = this.#database;
    root.resetReadTxn();
    const before = root.transactionSync(() => {
      const pages = root.pages();
      const { size, free } = pages;
      for (let left = isOne ? 1 : Math.max(1, Math.min(SLICE, free - FEW)); left > 0; left -= 1) {
        this.#number += 1;
        zeros.putSync(keyOf(this.#number), Buffer.alloc(size - HEAD_BYTES));
      }
      return pages;
    });
    root.resetReadTxn();
    const after = root.pages();
    root.resetReadTxn();
    // If another process has written meanwhile, it is unknown who made the file grow.
    return after.last > before.last && after.transaction === before.transaction + 1;
  }

  /** Removes some of the zeros, also those of a process that has ended meanwhile. Returns whether there may be more. */
  #clear(): boolean {
    const { root, zeros } = this.#database;
    const most = 4 * SLICE;
    return root.transactionSync(() => {
      const keys = [...zeros.getKeys({ start: keyOf(Number.POSITIVE_INFINITY), end: keyOf(0), limit: most })];
      for (const key of keys) zeros.removeSync(key);
      return keys.length === most;
    });
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#clock.defer(resolve, undefined));
  }
}

function keyOf(number: number): LogKey {
  return ['', -number];
}
