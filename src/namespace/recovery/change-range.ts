/** Holds the changes of sockets in one range of a log, for sessions that are taken one after the other. */
import { chain, type MaybePromise, type Offset, type Page, type StoredRecord } from '../../backplane/backplane.js';
import { costOf, placeOf } from '../log/records.js';

/** The log whose changes are held. */
export interface RangedLog {
  read(after: Offset, limit: number): MaybePromise<Page>;
  earlier(offset: Offset, records: number): Offset;
}

/** The most records that are read at once, the number in the first reading, and the bytes that a reading aims at. */
const PAGE_MAX = 1_024;
const PAGE_FIRST = 256;
const PAGE_BYTES = 1024 * 1024;
/** The most bytes of changes that are held. */
const BYTES_MAX = 4 * 1024 * 1024;
/** The records between the range and a session after it that are read, too. If there are more, the range begins anew. */
const BETWEEN_MAX = 8_192;

/**
 * The wanted records of one range. It grows in both directions, so each record of the log is read once, whatever the places from which sessions
 * come. One reading is under way at a time, and the others wait for it.
 */
export class ChangeRange {
  readonly #log: RangedLog;
  readonly #isWanted: (record: StoredRecord) => boolean;
  /** The range begins after `#from`, and ends with `#to`. Both are empty when nothing is held. */
  #from: Offset = '';
  #to: Offset = '';
  #records: StoredRecord[] = [];
  #bytes = 0;
  #limit = PAGE_FIRST;
  #reading: Promise<void> | undefined;

  constructor(log: RangedLog, isWanted: (record: StoredRecord) => boolean) {
    this.#log = log;
    this.#isWanted = isWanted;
  }

  /** Returns the wanted records after `after`, up to `until`. Rejects with or throws the error of the log. */
  read(after: Offset, until: Offset): MaybePromise<readonly StoredRecord[]> {
    if (after >= until) return [];
    if (this.#reading) return this.#reading.then(() => this.read(after, until));
    const grown = this.#grow(after, until);
    if (grown instanceof Promise) {
      const settle = (): void => {
        this.#reading = undefined;
      };
      this.#reading = grown.then(settle, settle);
    }
    return chain(grown, () => {
      const found = this.#records.slice(placeOf(this.#records, after), placeOf(this.#records, until));
      this.#shrink();
      return found;
    });
  }

  /** Reads what the range lacks. */
  #grow(after: Offset, until: Offset): MaybePromise<void> {
    if (this.#to === '' || this.#to < this.#log.earlier(after, BETWEEN_MAX)) {
      this.#from = this.#to = after;
      this.#records = [];
      this.#bytes = 0;
    }
    const before = after < this.#from ? this.#readUntil(after, this.#from) : undefined;
    return chain(before, (found) => {
      if (found) {
        this.#records = [...found, ...this.#records];
        this.#from = after;
      }
      const end = this.#to;
      if (end >= until) return;
      return chain(this.#readUntil(end, until), (newer) => {
        for (const record of newer) this.#records.push(record);
        this.#to = until;
      });
    });
  }

  /** Returns the wanted records after an offset, up to another. A page with a gap has what the log still has. */
  #readUntil(after: Offset, until: Offset, found: StoredRecord[] = []): MaybePromise<StoredRecord[]> {
    return chain(this.#log.read(after, this.#limit), ({ records }) => {
      let bytes = 0;
      for (const record of records) {
        bytes += costOf(record);
        if (record.offset > until || !this.#isWanted(record)) continue;
        found.push(record);
        this.#bytes += costOf(record);
      }
      const last = records.at(-1)?.offset ?? until;
      if (bytes > 0) this.#limit = Math.max(1, Math.min(PAGE_MAX, Math.floor((PAGE_BYTES * records.length) / bytes)));
      return last < until ? this.#readUntil(last, until, found) : found;
    });
  }

  /** Drops the older half of the records if they take too much memory. */
  #shrink(): void {
    if (this.#bytes <= BYTES_MAX) return;
    const gone = this.#records.splice(0, Math.ceil(this.#records.length / 2));
    for (const record of gone) this.#bytes -= costOf(record);
    this.#from = gone.at(-1)?.offset ?? this.#from;
  }
}
