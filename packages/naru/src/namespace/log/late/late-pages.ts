/** Ranges of records, an index of rooms, and the records that it leads to. The late readers of one log share them. */
import { encodeOffset, type Offset, type Page, type StoredRecord } from '../../../backplane/backplane.js';
import { type Answer, after, pending } from '../../../base/steps/answer.js';
import type { Room } from '../../event/target.js';
import { costOf } from '../records.js';
import { EVERY_READER, EVERYBODY, type Found, type ListKey, numberOf, RoomIndex } from './room-index.js';
import { SharedAnswers } from './shared-answers.js';
import { type PagedLog, ROOMS_MAX, type SharedPage, SharedPages } from './shared-pages.js';

/** Rooms that the index of a namespace has at most, by default. */
export const INDEXED_ROOMS = 10_000;

/** The records of some rooms, none of which is missing. */
export interface RoomPage extends Page {
  /** The record up to which, or back to which, these are all. */
  readonly passed: Offset;
}

/** The most records that are held by their places, and the most bytes. */
const HELD_MAX = 16_384;
const HELD_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Holds a range at the end of the log, and one further back. A reader whose place is in neither range starts one of
 * them anew. After many connections broke, readers come from places all over the log. With one range, each of them
 * would take it from the others.
 *
 * Beside them is the index of rooms. It tells a reader of few records where they are.
 */
export class LatePages {
  readonly #log: PagedLog;
  readonly #nearRecords: number;
  /** The range at the end of the log. It also takes records as they are delivered. */
  readonly near: SharedPages;
  readonly #far: SharedPages;
  readonly index: RoomIndex;
  /** Records that the index has led to. */
  readonly #held = new Map<Offset, StoredRecord>();
  #heldBytes = 0;
  readonly #answers = new SharedAnswers();
  /** The records for which the log was asked and has not answered yet, by the keys of their places. */
  readonly #asked = new Map<string, Promise<readonly StoredRecord[] | undefined>>();

  constructor(log: PagedLog, nearRecords: number, indexedRoomsMax = INDEXED_ROOMS) {
    this.#log = log;
    this.#nearRecords = nearRecords;
    this.near = new SharedPages(log);
    this.#far = new SharedPages(log);
    this.index = new RoomIndex(log.readAt ? indexedRoomsMax : 0);
  }

  /** Somebody may read the records from now on. */
  expect(): void {
    this.index.begin(this.#log.offset);
  }

  /** Notes a page that the log has after an offset. */
  note(page: Page, from: Offset): Page {
    const { records, hasGap } = page;
    const [first, last] = [records[0], records.at(-1)];
    if (first && last)
      this.index.note(hasGap ? numberOf(first.offset) : numberOf(from) + 1, numberOf(last.offset), records);
    return page;
  }

  /** Notes a page that the log has before an offset, or at its end. */
  noteBack(page: Page, before: Offset | undefined): Page {
    const { records } = page;
    const [first, last] = [records[0], records.at(-1)];
    // The log may give out a later offset only afterwards.
    const isGiven = before !== undefined && before <= this.#log.offset;
    if (first && last)
      this.index.note(numberOf(first.offset), isGiven ? numberOf(before) - 1 : numberOf(last.offset), records);
    return page;
  }

  /** Reads records from one of both ranges, or those for one of the rooms by the index. */
  read(from: Offset, limit: number, until = this.#log.offset, rooms?: ReadonlySet<Room>): Answer<SharedPage> {
    return readFresh(this.#log, () => {
      const pages = this.isFar(from) ? this.#far : this.near;
      this.expect();
      const plain = (): Answer<SharedPage> => pages.read(from, limit, until, rooms);
      if (!rooms || rooms.size > ROOMS_MAX || pages.hasAll(from, until)) return plain();
      const found = this.index.find(keysOf(rooms), from, until, limit);
      if (!found) return plain();
      const { passed, places, key } = found;
      const page = { hasGap: false, passed, isPart: passed < until && places.length < limit };
      const shared = this.#answers.get(key);
      if (shared) return { ...page, records: shared.records, shared };
      return after(this.#asked.get(key) ?? this.#recordsOf(found), (records) =>
        records ? { ...page, ...this.#answers.share(key, records) } : plain(),
      );
    });
  }

  /**
   * Reads records of some rooms after an offset. Gives `undefined` if the index does not know them all, and if reading
   * the log is better.
   */
  readRooms(keys: readonly ListKey[], from: Offset, limit: number): Answer<RoomPage | undefined> {
    return this.#pageOf(() => this.index.find(keys, from, this.#log.offset, limit));
  }

  /** Reads the newest records of some rooms before an offset, as `readRooms` does. */
  readRoomsBack(keys: readonly ListKey[], before: Offset, limit: number): Answer<RoomPage | undefined> {
    return this.#pageOf(() => this.index.findBack(keys, before, limit));
  }

  /** Asks the log for the records, because nobody else may see what retention has removed. */
  #pageOf(find: () => Found | undefined): Answer<RoomPage | undefined> {
    return readFresh(this.#log, () => {
      this.expect();
      const found = find();
      if (!found) return undefined;
      const { passed, places } = found;
      const offsets = new Set(places.map(encodeOffset));
      return after(this.#ask([...offsets]), (read) => {
        const records = read.filter(({ offset }) => offsets.has(offset));
        return records.length === places.length ? { records, hasGap: false, passed } : undefined;
      });
    });
  }

  #ask(offsets: readonly Offset[]): Answer<readonly StoredRecord[]> {
    return offsets.length > 0 ? (this.#log.readAt?.(offsets) ?? []) : [];
  }

  /** Returns the records at some places. Gives `undefined` if the log has lost some, or removed them. */
  #recordsOf({ places, key }: Found): Answer<readonly StoredRecord[] | undefined> {
    const offsets = places.map(encodeOffset);
    // Others may drop them while the log answers.
    const found = new Map(offsets.map((offset) => [offset, this.#held.get(offset)]));
    const { erasures } = this.#log;
    const answer = after(this.#ask(offsets.filter((offset) => !found.get(offset))), (read) => {
      // They may be from before an erasure. Then the reader reads again.
      if (erasures !== this.#log.erasures) return undefined;
      this.#hold(read);
      for (const record of read) if (found.has(record.offset)) found.set(record.offset, record);
      const records = offsets.flatMap((offset) => found.get(offset) ?? []);
      return records.length === places.length ? records : undefined;
    });
    const own = pending(answer, () => this.#asked.delete(key));
    if (own) this.#asked.set(key, own);
    return own ?? answer;
  }

  #hold(records: readonly StoredRecord[]): void {
    if (this.#held.size > HELD_MAX || this.#heldBytes > HELD_BYTES_MAX) this.#letGo();
    for (const record of records) {
      if (this.#held.has(record.offset)) continue;
      this.#held.set(record.offset, record);
      this.#heldBytes += costOf(record);
    }
  }

  #letGo(): void {
    this.#held.clear();
    this.#heldBytes = 0;
  }

  /** Whether a reader is known to need at most so many records. */
  needsAtMost(limit: number, from: Offset, rooms: ReadonlySet<Room>): boolean {
    return rooms.size <= ROOMS_MAX && this.index.hasAtMost(limit, keysOf(rooms), from, this.#log.offset);
  }

  /** Whether a reader would move the range that readers far back share. */
  isFar(after: Offset): boolean {
    return !this.near.covers(after) && after < this.#log.earlier(this.#log.offset, this.#nearRecords);
  }

  /** Whether the log is read for the readers far back. */
  get isReadingFar(): boolean {
    return this.#far.isReading;
  }

  /** Drops all records. */
  clear(): void {
    this.near.clear();
    this.#far.clear();
    this.#letGo();
    this.#answers.clear();
  }
}

function keysOf(rooms: Iterable<Room>): ListKey[] {
  return [EVERYBODY, EVERY_READER, ...rooms];
}

/** Reads, and reads again if records were erased in the meantime. */
export function readFresh<T>(log: Pick<PagedLog, 'erasures'>, read: () => Answer<T>): Answer<T> {
  const { erasures } = log;
  return after(read(), (page) => (erasures === log.erasures ? page : readFresh(log, read)));
}
