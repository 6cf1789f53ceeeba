/** The records that late readers share. After a restart, for example, all clients ask for the same events. */
import { encodeOffset, type Offset, type Page, type StoredRecord } from '../../../backplane/backplane.js';
import { isErased, isForNoSocket } from '../../../backplane/own-records.js';
import { type Answer, after, carryOut, pending, type Steps, waitFor } from '../../../base/steps/answer.js';
import type { Room } from '../../event/target.js';
import type { LogHome } from '../log-home.js';
import { costOf, countWithin, isFor, sumOf } from '../records.js';
import { ALL, EVERY_READER, EVERYBODY, type ListKey, numberOf, ROOMS_MAX, RoomIndex } from './room-index.js';

/** Rooms that the index of a namespace has at most, by default. */
export const INDEXED_ROOMS = 10_000;
/** The most rooms of a reader for a lookup by room. A reader in more rooms gets the records of all rooms. */
const READER_ROOMS_MAX = 64;

/** The most records that are held, and the most bytes. */
const HELD_MAX = 32_768;
const HELD_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes of the records that are remembered for other readers. Their packets take about three times as much. */
const SHARED_BYTES_MAX = 6 * 1024 * 1024;
/** Records that are held as they are delivered, without a reader in the meantime. */
const UNREAD_MAX = 4_096;
/** Records that are read from the log at once, for the readers that follow, and in the first reading. */
const AHEAD = 1_024;
const PAGE_FIRST = 64;
/**
 * Bytes that are read from the log for one reader before others read on. A reader in a quiet room of a busy namespace
 * may have to pass over all of its records.
 */
const READ_BYTES_MAX = 1024 * 1024;

/** The log of which the pages are. */
export interface PagedLog {
  readonly home: Pick<LogHome, 'nearRecords' | 'keepsAtOnce'>;
  /** The newest record that this process delivered. */
  readonly offset: Offset;
  /** How often this process has heard of erased records. */
  readonly erasures: number;
  /** Reads a page, and has it noted. */
  read(after: Offset, limit: number): Answer<Page>;
  /** Returns the records at some offsets, as far as the log has them. Absent if it can only be read in its order. */
  readonly readAt?: ((offsets: readonly Offset[]) => Answer<readonly StoredRecord[]>) | undefined;
  /** Returns an offset about so many records before another one. */
  earlier(offset: Offset, records: number): Offset;
}

/** A page for some readers, and how far it reaches. */
export interface LatePage extends Page {
  /**
   * The place up to which the page has all records for its reader. A page with a gap comes straight from the log, and
   * may have records that this process has not delivered.
   */
  readonly passed: Offset;
  /** Whether another reader got the same list of records. All of them are for this reader, too. */
  readonly isShared?: boolean;
  /** Whether the page is short only because enough was read for now. More records may follow. */
  readonly isPart?: boolean;
}

/** Records by their numbers that were read for the first time. */
type FreshRecords = ReadonlyMap<number, StoredRecord>;

const NOTHING: FreshRecords = new Map();

/** The records that a reader asks for: up to `limit` of some lists, after `from` and up to `until`. */
interface Way {
  readonly keys: readonly ListKey[];
  readonly from: Offset;
  readonly until: Offset;
  readonly limit: number;
  /** The rooms of the reader, unless it asks for all records. */
  readonly rooms: ReadonlySet<Room> | undefined;
}

/**
 * Reads the log for late readers. The index of rooms knows where their records are. The records that were read or
 * delivered last are held for other readers. A reader of few records reads the others by their places. Otherwise, one
 * reader at a time reads on in the log, and all others find its page. So each record is read about once for all.
 *
 * Records change only when they are erased, so held ones stay valid until `clear`, even after the log has dropped them.
 */
export class LatePages {
  readonly #log: PagedLog;
  readonly index: RoomIndex;
  /** Whether records are read by their places. */
  readonly #isIndexed: boolean;
  /** The records that are held by their numbers, those that were read or delivered first at the beginning. */
  readonly held = new Map<number, StoredRecord>();
  #heldBytes = 0;
  /** The places that one reader has read. Their records are held when a second one asks for them. */
  readonly #readOnce = new Set<number>();
  /** Records that several readers get, by a text that is the same for all of these. They share their packets. */
  readonly #shared = new Map<string, readonly StoredRecord[]>();
  #sharedBytes = 0;
  /** The requests that have no answer yet: for pages near the end or far from it, and for records by their places. */
  readonly #asked = new Map<string, Promise<unknown>>();
  /** The most records in one reading of the log: few until their size is known, and then those of a mebibyte. */
  #pageMax = PAGE_FIRST;
  /** Records that were held as they were delivered since the last reader. */
  #unread = UNREAD_MAX;

  constructor(log: PagedLog, indexedRoomsMax = INDEXED_ROOMS) {
    this.#log = log;
    this.#isIndexed = log.readAt !== undefined && indexedRoomsMax > 0;
    this.index = new RoomIndex(this.#isIndexed ? indexedRoomsMax : 0);
  }

  /** Somebody may read the records from now on. */
  expect(): void {
    this.index.begin(this.#log.offset);
  }

  /**
   * Whether records are held as they are delivered. Otherwise, a reader may find new ones in the log after each page.
   */
  get isRead(): boolean {
    return this.#unread < UNREAD_MAX;
  }

  /** Holds a record that was delivered. */
  hold(record: StoredRecord): void {
    this.#unread += 1;
    this.#hold([record]);
  }

  /** Notes a page that the log has after `from`, or before `before`, or at its end. It may lack records in between. */
  note(page: Page, from?: Offset, before?: Offset): Page {
    if (page.passed === undefined) this.index.note(page.records, page.hasGap ? undefined : from, before);
    return page;
  }

  /**
   * Returns up to `limit` records after `from`, up to `until`: those for one of `rooms` and for everybody, or all
   * without `rooms`. A record for very many rooms is always among them. A gap is reported as the log reports it, with
   * records beyond `until` and for other rooms. If the log has not given out `from`, its own page tells what is
   * missing.
   */
  read(from: Offset, limit: number, until: Offset, rooms?: ReadonlySet<Room>, isGiven = true): Answer<LatePage> {
    this.#unread = 0;
    this.expect();
    const keys: readonly ListKey[] = rooms && rooms.size <= READER_ROOMS_MAX ? keysOf(rooms) : [ALL];
    const way = { keys, from, until, limit, rooms };
    if (!isGiven) return readFresh(this.#log, () => after(this.#log.read(from, limit), (page) => this.#cut(page, way)));
    return readFresh(this.#log, () =>
      after(this.#pick(way), (part) => (part.isPart ? carryOut(this.#readOn(way, part)) : part)),
    );
  }

  /** Returns the records on a way that are known, as far as they are held or can be read by their places. */
  #pick({ keys, from, until, limit, rooms }: Way): Answer<LatePage> {
    const found = this.index.find(keys, from, until, limit);
    if (!found) return { records: [], hasGap: false, passed: from, isPart: from < until };
    const { places, passed, key, isSparse } = found;
    const isPart = passed < until && places.length < limit;
    const shared = this.#shared.get(key);
    // A reader of very many rooms finds all records, and chooses its own.
    if (shared) return { records: shared, hasGap: false, passed, isPart, isShared: keys[0] !== ALL };
    const isAlone = isSparse || limit === 1;
    const missing = isAlone && this.#isIndexed ? places.filter((place) => !this.held.has(place)) : [];
    const { erasures } = this.#log;
    // The log may no longer have some of them.
    const read = (): Answer<FreshRecords> =>
      after(this.#recordsAt(missing), (records) => this.#holdAgain(records, erasures));
    const asked = this.#asked.get(key) as Promise<FreshRecords> | undefined;
    return after(missing.length > 0 ? (asked ?? this.#ask(key, read())) : NOTHING, (fresh) => {
      const records: StoredRecord[] = [];
      for (const place of places) {
        const record = this.held.get(place) ?? fresh.get(place);
        if (!record) return { records, hasGap: false, passed: records.at(-1)?.offset ?? from, isPart: true };
        records.push(record);
      }
      // Sessions look for one record each, and their lists would leave no room for those of the readers.
      if (rooms && fresh.size === 0) this.#share(key, records);
      return { records, hasGap: false, passed, isPart };
    });
  }

  /** Remembers records for other readers, unless some of them are not for all who find them, or not as they are. */
  #share(key: string, records: readonly StoredRecord[]): void {
    const isOwn = (record: StoredRecord): boolean => record.rooms.length > ROOMS_MAX || record.except.length > 0;
    if (records.length === 0 || records.some((record) => isOwn(record) || isErased(record))) return;
    this.#sharedBytes += sumOf(records, costOf);
    if (this.#sharedBytes > SHARED_BYTES_MAX) this.#forgetShared();
    else this.#shared.set(key, records);
  }

  #forgetShared(): void {
    this.#shared.clear();
    this.#sharedBytes = 0;
  }

  /** Reads on in the log after the part of a page. */
  *#readOn(way: Way, picked: LatePage): Steps<LatePage> {
    const { from, until, limit, rooms } = way;
    const { keepsAtOnce } = this.#log.home;
    // A log on another machine takes longer for two requests than for more records. A session needs one record alone.
    const count = Math.max(limit, rooms ? AHEAD : keepsAtOnce ? 0 : PAGE_FIRST);
    let [part, bytes] = [picked, 0];
    const isEnough = (): boolean => {
      if (part.passed === from) return false;
      // Reading on may drop records that other readers are about to get.
      const isFull = this.held.size > HELD_MAX - AHEAD || this.#heldBytes > HELD_BYTES_MAX - READ_BYTES_MAX;
      const hasMuch = isFull && numberOf(part.passed) - numberOf(from) >= Math.min(count, this.#pageMax);
      return !keepsAtOnce || bytes > READ_BYTES_MAX || hasMuch;
    };
    for (let waits = 0; part.isPart && !isEnough(); waits += 1) {
      const end = part.passed;
      const lane = this.isFar(from) ? 'far' : 'near';
      const reading = this.#asked.get(lane);
      // A session waits for one page of others, which may be those of many places.
      const others = limit === 1 && waits > 0 ? undefined : reading;
      const read = () => (reading ? this.#readPage(end, 1) : this.#ask(lane, this.#readPage(end, count)));
      const page = others ? undefined : yield* waitFor(read());
      if (others) yield* waitFor(others);
      part = yield* waitFor(this.#pick(way));
      if (!page) continue;
      const { records, hasGap } = page;
      // The log has no more, although `until` is further on.
      if (records.length === 0 && !hasGap) return { ...part, passed: until, isPart: false };
      // Records are missing there, perhaps without a number of their own, or are too large to be held.
      if (end === from && (hasGap || part.passed === end)) return this.#cut(page, way);
      if (part.passed === end) return part;
      bytes += sumOf(records, costOf);
    }
    return part;
  }

  /** Returns the part of a page for a reader. After a gap, it is the whole page. */
  #cut({ records, hasGap }: Page, { until, rooms }: Way): LatePage {
    const last = records.at(-1)?.offset ?? this.#log.offset;
    if (hasGap) return { records, hasGap, passed: last, isPart: records.length > 0 };
    const passed = last < until ? last : until;
    const isWanted = (record: StoredRecord): boolean =>
      record.offset <= passed && (rooms ? isFor(record, rooms) : !isForNoSocket(record));
    return { records: records.filter(isWanted), hasGap, passed, isPart: passed < until };
  }

  /** Reads a page of the log. */
  #readPage(end: Offset, count: number): Answer<Page> {
    const { erasures } = this.#log;
    return after(this.#log.read(end, Math.min(count, this.#pageMax)), (page) => {
      this.#pageMax = countWithin(READ_BYTES_MAX, page.records, this.#pageMax);
      this.#hold(page.records, erasures);
      return page;
    });
  }

  #recordsAt(places: readonly number[]): Answer<readonly StoredRecord[]> {
    return places.length > 0 ? (this.#log.readAt?.(places.map(encodeOffset)) ?? []) : [];
  }

  /** Remembers a request until it is answered, so that other readers can wait for it. */
  #ask<T>(key: string, answer: Answer<T>): Answer<T> {
    const own = pending(answer, () => this.#asked.delete(key));
    if (own) this.#asked.set(key, own);
    return own ?? answer;
  }

  /** Holds records that somebody has read before, and returns the others. Most are for one reader alone. */
  #holdAgain(records: readonly StoredRecord[], erasures: number): FreshRecords {
    const fresh = new Map<number, StoredRecord>();
    for (const record of records) if (!isForNoSocket(record)) fresh.set(numberOf(record.offset), record);
    this.#hold(
      records.filter(({ offset }) => this.#readOnce.has(numberOf(offset))),
      erasures,
    );
    if (this.#readOnce.size > HELD_MAX) this.#readOnce.clear();
    for (const place of fresh.keys())
      if (this.held.has(place)) fresh.delete(place);
      else this.#readOnce.add(place);
    return fresh;
  }

  /** Holds records for other readers. If some were erased since they were read, the reader reads again. */
  #hold(records: readonly StoredRecord[], erasures = this.#log.erasures): void {
    if (erasures !== this.#log.erasures) return;
    for (const record of records) {
      const place = numberOf(record.offset);
      if (isForNoSocket(record) || this.held.has(place)) continue;
      this.held.set(place, record);
      this.#heldBytes += costOf(record);
    }
    if (this.held.size <= HELD_MAX && this.#heldBytes <= HELD_BYTES_MAX) return;
    // About half of them go, those first that were held first.
    for (const [place, record] of this.held) {
      if (this.held.size <= HELD_MAX / 2 && this.#heldBytes <= HELD_BYTES_MAX / 2) break;
      this.held.delete(place);
      this.#heldBytes -= costOf(record);
    }
  }

  /**
   * Reads records of some rooms after an offset, or with `isBack` the newest ones before it. Gives `undefined` if the
   * index does not know them all, and if reading the log is better. The log is asked for the records, because nobody
   * else may see what retention has removed.
   */
  readRooms(keys: readonly ListKey[], at: Offset, limit: number, isBack = false): Answer<LatePage | undefined> {
    return readFresh(this.#log, () => {
      this.expect();
      const found = isBack ? this.index.findBack(keys, at, limit) : this.index.find(keys, at, this.#log.offset, limit);
      if (!this.#isIndexed || !found?.isSparse) return undefined;
      const places = new Set(found.places);
      return after(this.#recordsAt(found.places), (read) => {
        const records = read.filter(({ offset }) => places.has(numberOf(offset)));
        return records.length === places.size ? { records, hasGap: false, passed: found.passed } : undefined;
      });
    });
  }

  /** Whether a reader is known to need at most so many records. */
  needsAtMost(limit: number, from: Offset, rooms: ReadonlySet<Room>): boolean {
    const until = this.#log.offset;
    const found = rooms.size > READER_ROOMS_MAX ? undefined : this.index.find(keysOf(rooms), from, until, limit + 1);
    return found !== undefined && found.places.length <= limit && found.passed >= until;
  }

  /** Whether a reader is so far from the end that it reads in turn with others. */
  isFar(place: Offset): boolean {
    return place < this.#log.earlier(this.#log.offset, this.#log.home.nearRecords);
  }

  /** Whether the log is read for the readers far back. */
  get isReadingFar(): boolean {
    return this.#asked.has('far');
  }

  /** Drops all records. Their places stay. */
  clear(): void {
    this.held.clear();
    this.#heldBytes = 0;
    this.#forgetShared();
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
