/** A log of numbers, for the tests of shared pages. */
import {
  encodeOffset,
  lowerOffset,
  type Offset,
  type Page,
  type StoredRecord,
} from '../../../src/backplane/backplane.js';
import { type PagedLog, SharedPages } from '../../../src/namespace/log/late/shared-pages.js';

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

/** Returns the shared pages of a log, which knows each offset by default. */
export function pagesOf(read: PagedLog['read'], knows: PagedLog['knows'] = () => true): SharedPages {
  return new SharedPages({ read, knows, earlier: lowerOffset, offset: '', erasures: 0 });
}
