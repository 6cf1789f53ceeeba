/** Pages of a log that many read who are late by about as much: after a restart all clients ask for the same events. */
import type { MaybePromise, Offset, Page, StoredRecord } from '../backplane/backplane.js';

/** Reads what stands behind an offset. */
export type ReadPage = (after: Offset, limit: number) => MaybePromise<Page>;

/** Records that are held at most, and their bytes. */
const RECORDS_MAX = 4_096;
const BYTES_MAX = 2 * 1024 * 1024;

/**
 * The records that were read last, in a row, but for those that no reader wants. Invariant: `#records` is all that readers want of what the
 * log has behind `#after` and up to `#end`. What stands in a log never changes, so they are as good as what a new reading would give, also
 * when the log has let go of them since.
 */
export class SharedPages {
  readonly #read: ReadPage;
  readonly #isWanted: (record: StoredRecord) => boolean;
  /** Empty, as `#end` is, when nothing is held. */
  #after: Offset = '';
  #end: Offset = '';
  #records: StoredRecord[] = [];
  #bytes = 0;

  constructor(read: ReadPage, isWanted: (record: StoredRecord) => boolean) {
    this.#read = read;
    this.#isWanted = isWanted;
  }

  /** Records that are held. */
  get count(): number {
    return this.#records.length;
  }

  /**
   * Up to `limit` records behind `after`. Fewer: there are no more up to `until`. Says of a gap what the log says, and may give records then
   * that nobody wants.
   */
  read(after: Offset, limit: number, until: Offset): MaybePromise<Page> {
    if (this.#end === '' || after < this.#after || after > this.#end) {
      this.#after = after;
      this.#end = after;
      this.#records = [];
      this.#bytes = 0;
    }
    return this.#readOn(after, limit, until);
  }

  #readOn(after: Offset, limit: number, until: Offset): MaybePromise<Page> {
    const records = this.#slice(after, limit);
    if (records.length >= limit || this.#end >= until) return { records, hasGap: false };
    const end = this.#end;
    const wish = limit - records.length;
    const next = this.#read(end, wish);
    return next instanceof Promise
      ? next.then((page) => this.#join(records, end, page, { after, limit, until, wish }))
      : this.#join(records, end, next, { after, limit, until, wish });
  }

  /** What was held, and what stands behind it. */
  #join(
    held: readonly StoredRecord[],
    end: Offset,
    page: Page,
    { after, limit, until, wish }: { after: Offset; limit: number; until: Offset; wish: number },
  ): MaybePromise<Page> {
    // The log has let go of what stood between: it says itself what is missing.
    if (page.hasGap) {
      this.#end = '';
      return end === after ? page : this.#read(after, limit);
    }
    const wanted = page.records.filter(this.#isWanted);
    // Another one may have read on meanwhile.
    if (this.#end === end) this.#add(page.records, wanted);
    if (page.records.length < wish || wanted.length === wish) {
      return { records: held.length === 0 ? wanted : [...held, ...wanted], hasGap: false };
    }
    // What this reader has still to come may have gone again for what is newer.
    return this.#end === '' || after < this.#after || after > this.#end
      ? this.#read(after, limit)
      : this.#readOn(after, limit, until);
  }

  #add(all: readonly StoredRecord[], records: readonly StoredRecord[]): void {
    for (const record of records) {
      this.#records.push(record);
      this.#bytes += sizeOf(record);
    }
    this.#end = all.at(-1)?.offset ?? this.#end;
    while (this.#records.length > RECORDS_MAX || this.#bytes > BYTES_MAX) {
      // The older half goes.
      const gone = this.#records.splice(0, Math.ceil(this.#records.length / 2));
      for (const record of gone) this.#bytes -= sizeOf(record);
      this.#after = gone.at(-1)?.offset ?? this.#after;
    }
  }

  /** Up to `limit` of the held records behind an offset. */
  #slice(after: Offset, limit: number): StoredRecord[] {
    let [low, high] = [0, this.#records.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle] as StoredRecord).offset > after) high = middle;
      else low = middle + 1;
    }
    return this.#records.slice(low, low + Math.max(0, limit));
  }
}

/** The size of a record in bytes, or nearly so: its texts count as one byte for each character. */
export function sizeOf({ event, attachments }: Pick<StoredRecord, 'event' | 'attachments'>): number {
  let size = event.length;
  for (const { byteLength } of attachments) size += byteLength;
  return size;
}
