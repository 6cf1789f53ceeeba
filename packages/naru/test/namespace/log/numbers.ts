/** A log of numbers, for the tests of shared pages. */
import {
  encodeOffset,
  lowerOffset,
  type Offset,
  type Page,
  type StoredRecord,
} from '../../../src/backplane/backplane.js';
import { after } from '../../../src/base/steps/answer.js';
import { LatePages, type PagedLog } from '../../../src/namespace/log/late/late-pages.js';

/** A log of numbers that counts its readings. */
export class Numbers {
  newest = 0;
  oldest = 1;
  readings = 0;
  size = 1;
  roomsOf = (_n: number): string[] => [];

  read(after: Offset, limit: number): Page {
    this.readings += 1;
    const from = Number.parseInt(after, 36) + 1;
    const records: StoredRecord[] = [];
    for (let n = Math.max(from, this.oldest); n <= this.newest && records.length < limit; n += 1)
      records.push(recordOf(n, this.size, this.roomsOf(n)));
    return { records, hasGap: from < this.oldest && this.newest >= from };
  }
}

/** Returns the record of a number. */
export function recordOf(n: number, size: number, rooms: string[]): StoredRecord {
  return { rooms, except: [], event: 'x'.repeat(size), attachments: [], at: 0, offset: encodeOffset(n) };
}

/** Returns the numbers of the records of a page. */
export const numbersOf = ({ records }: Page): number[] => records.map(({ offset }) => Number.parseInt(offset, 36));
/** Returns the numbers from one to another. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** The traits of a home for late readers. */
export function lateHome(keepsAtOnce: boolean): PagedLog['home'] {
  return { nearRecords: 8_192, keepsAtOnce };
}

/** Returns the pages of a log that notes what it reads, as a namespace does. */
export function pagesOf(read: PagedLog['read'], keepsAtOnce = true, more: Partial<PagedLog> = {}): LatePages {
  const log = {
    ...{ home: lateHome(keepsAtOnce), earlier: lowerOffset, offset: encodeOffset(0), erasures: 0 },
    ...more,
    read: (from: Offset, limit: number) => after(read(from, limit), (page) => pages.note(page, from)),
  };
  const pages: LatePages = new LatePages(log);
  return pages;
}

/** Gives pages a record that was delivered, as a namespace does. Returns whether they know all up to it. */
export function deliver(pages: LatePages, record: StoredRecord): boolean {
  const { index } = pages;
  const isNext = index.end === lowerOffset(record.offset, 1);
  if (isNext) index.extend(record.offset, record);
  if (pages.isRead) pages.hold(record);
  return isNext;
}
