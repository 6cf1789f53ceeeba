/** The records that late readers share, in two ranges: clients that were away for seconds do not take the range of those that were away for hours. */
import type { Offset, Page, StoredRecord } from '../../../backplane/backplane.js';
import { isForNoSocket } from '../../../backplane/own-records.js';
import type { Answer } from '../../../base/steps/answer.js';
import type { Room } from '../../target.js';
import { type SharedPage, SharedPages } from './shared-pages.js';

/** The log of which the pages are. */
export interface PagedLog {
  read(after: Offset, limit: number): Answer<Page>;
  /** Whether the log has given out an offset. */
  knows(offset: Offset): Answer<boolean>;
  /** Returns an offset about so many records before another one. */
  earlier(offset: Offset, records: number): Offset;
}

/** Records before the end of the log from which on a reader is near the end. A range holds twice as many. */
const NEAR_RECORDS = 8_192;

/**
 * Holds a range at the end of the log, and one further back. A reader whose place is in neither range starts one of them anew. After many
 * connections broke, readers come from places all over the log. With one range, each of them would take it from the others.
 */
export class LatePages {
  readonly #log: PagedLog;
  readonly #near: SharedPages;
  readonly #far: SharedPages;

  constructor(log: PagedLog) {
    this.#log = log;
    this.#near = rangeOf(log);
    this.#far = rangeOf(log);
  }

  /** As `SharedPages` describes it. */
  read(after: Offset, limit: number, until: Offset, rooms?: ReadonlySet<Room>): Answer<SharedPage> {
    const range = this.isFar(after, until) ? this.#far : this.#near;
    return range.read(after, limit, until, rooms);
  }

  /** Whether a reader would move the range that readers far back share. */
  isFar(after: Offset, until: Offset): boolean {
    return !this.#near.covers(after) && after < this.#log.earlier(until, NEAR_RECORDS);
  }

  /** Drops all records. */
  clear(): void {
    this.#near.clear();
    this.#far.clear();
  }

  /** Notes that only unwanted records are in the log after one offset and up to another. */
  pass(from: Offset, to: Offset): void {
    this.#near.pass(from, to);
  }

  /** Whether `extend` takes the record after an offset. */
  isExtendedAt(offset: Offset): boolean {
    return this.#near.isExtendedAt(offset);
  }

  /** Adds the record after an offset, as it is delivered. */
  extend(after: Offset, record: StoredRecord): void {
    this.#near.extend(after, record);
  }
}

function rangeOf(log: PagedLog): SharedPages {
  return new SharedPages(
    (after, limit) => log.read(after, limit),
    (record) => !isForNoSocket(record),
    (offset) => log.knows(offset),
  );
}

/** Returns the part of a page up to an offset. */
export function upTo(end: Offset, { records, hasGap, passed, isPart = false }: SharedPage): SharedPage {
  const part = { records: records.filter(({ offset }) => offset <= end), hasGap, isPart };
  return passed === undefined ? part : { ...part, passed: passed < end ? passed : end };
}
