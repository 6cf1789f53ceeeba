/** The records that late readers share, in two ranges: clients that were away for seconds do not take the range of those that were away for hours. */
import type { Offset } from '../../../backplane/backplane.js';
import { type Answer, after } from '../../../base/steps/answer.js';
import type { Room } from '../../target.js';
import { type PagedLog, type SharedPage, SharedPages } from './shared-pages.js';

/** Records before the end of the log from which on a reader is near the end. A range holds twice as many. */
const NEAR_RECORDS = 8_192;

/**
 * Holds a range at the end of the log, and one further back. A reader whose place is in neither range starts one of them anew. After many
 * connections broke, readers come from places all over the log. With one range, each of them would take it from the others.
 */
export class LatePages {
  readonly #log: PagedLog;
  /** The range at the end of the log. It also takes records as they are delivered. */
  readonly near: SharedPages;
  readonly #far: SharedPages;

  constructor(log: PagedLog) {
    this.#log = log;
    this.near = new SharedPages(log);
    this.#far = new SharedPages(log);
  }

  /** As `SharedPages` describes it. */
  read(from: Offset, limit: number, until = this.#log.offset, rooms?: ReadonlySet<Room>): Answer<SharedPage> {
    return readFresh(this.#log, () => (this.isFar(from) ? this.#far : this.near).read(from, limit, until, rooms));
  }

  /** Whether a reader would move the range that readers far back share. */
  isFar(after: Offset): boolean {
    return !this.near.covers(after) && after < this.#log.earlier(this.#log.offset, NEAR_RECORDS);
  }

  /** Drops all records. */
  clear(): void {
    this.near.clear();
    this.#far.clear();
  }
}

/** Reads, and reads again if records were erased in the meantime. */
export function readFresh<T>(log: Pick<PagedLog, 'erasures'>, read: () => Answer<T>): Answer<T> {
  const { erasures } = log;
  return after(read(), (page) => (erasures === log.erasures ? page : readFresh(log, read)));
}
