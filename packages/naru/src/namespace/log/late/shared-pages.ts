/** Pages of a log that late readers share. After a restart, for example, all clients ask for the same events. */
import type { Offset, Page, StoredRecord } from '../../../backplane/backplane.js';
import { isForNoSocket } from '../../../backplane/own-records.js';
import { getOrCreate } from '../../../base/get-or-create.js';
import { type Answer, after, carryOut, pending, type Steps, waitFor } from '../../../base/steps/answer.js';
import type { Room } from '../../event/target.js';
import type { SharedRecords } from '../record-packets.js';
import { costOf, countWithin, placeOf, sumOf } from '../records.js';
import { ROOMS_MAX as INDEXED_ROOMS_MAX } from './room-index.js';
import { SharedAnswers } from './shared-answers.js';

/** The log of which the pages are. */
export interface PagedLog {
  /** The newest record that this process delivered. */
  readonly offset: Offset;
  /** How often this process has heard of erased records. */
  readonly erasures: number;
  read(after: Offset, limit: number): Answer<Page>;
  /** Whether the log has given out an offset. */
  knows(offset: Offset): Answer<boolean>;
  /** Returns the records at some offsets, as far as the log has them. Absent if it can only be read in its order. */
  readonly readAt?: ((offsets: readonly Offset[]) => Answer<readonly StoredRecord[]>) | undefined;
  /** Returns an offset about so many records before another one. */
  earlier(offset: Offset, records: number): Offset;
}

/** The most records that are held, and the most bytes. */
const RECORDS_MAX = 16_384;
const BYTES_MAX = 4 * 1024 * 1024;
/**
 * Records between the held range and a reader of a remote log that are read for both, and in one reading, and the most
 * readings for that.
 */
const AHEAD_MAX = RECORDS_MAX / 2;
const AHEAD_PAGE = 1_024;
const AHEAD_READINGS_MAX = (2 * AHEAD_MAX) / AHEAD_PAGE;
/**
 * Bytes that are read from the log for one reader before others read on. A reader in a quiet room of a busy namespace
 * may have to pass over all of its records.
 */
const READ_BYTES_MAX = 1024 * 1024;
/** The most rooms of a reader for a lookup by room. A reader in more rooms gets the records of all rooms. */
export const ROOMS_MAX = 64;
/** Records that are added as they are delivered, without a reader in the meantime. */
const UNREAD_MAX = 4_096;

/** A page, and how far it reaches. */
export interface SharedPage extends Page {
  /** The records, if another reader got the same ones. All of them are for this reader, too. */
  readonly shared?: SharedRecords | undefined;
  /**
   * The offset up to which the page has all records for its reader. A page with a gap comes straight from the log, and
   * has none.
   */
  readonly passed?: Offset;
  /** Whether the page is short only because enough was read for now. More records may follow. */
  readonly isPart?: boolean;
}

/** A reading of the log: the end of the held range when it began, and what the log has after that. */
type Reading = readonly [end: Offset, page: Page];

/**
 * Holds the range of the log that was read last, without the records that are for no socket. One reading is under way
 * at a time, and all readers wait for it.
 *
 * Invariant: `#records` has all wanted records after `#after` and up to `#end`. `#byRoom` has the same records by room.
 * Records change only when they are erased, so held ones stay valid until `clear`, even after the log has dropped them.
 */
export class SharedPages {
  readonly #log: PagedLog;
  /** Empty, like `#end`, when nothing is held. */
  #after: Offset = '';
  #end: Offset = '';
  #records: StoredRecord[] = [];
  /** Records for everybody, and those to very many rooms, are under `undefined`. */
  readonly #byRoom = new Map<Room | undefined, StoredRecord[]>();
  /** The records that readers got, by their places in the rooms of the reader. */
  readonly #answers = new SharedAnswers();
  #bytes = 0;
  /** The most records in one reading of the log. Large records make it smaller. */
  #pageMax = Number.POSITIVE_INFINITY;
  /** The reading that is under way. */
  #reading: Promise<Reading> | undefined;
  /** Whether the log answers later: it has done so before. */
  #isLate = false;
  /** Records that were added as they were delivered since the last reader. */
  #unread = UNREAD_MAX;

  constructor(log: PagedLog) {
    this.#log = log;
  }

  /** Drops all records. The range begins anew after an offset, if there is one. */
  clear(from: Offset = ''): void {
    this.#begin(from, []);
    this.#end = from;
  }

  /** Whether the log is read. */
  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** The count of records that are held. */
  get count(): number {
    return this.#records.length;
  }

  /**
   * Returns up to `limit` records after `from`, up to `until`: those for one of `rooms` and for everybody, or all
   * without `rooms`. A record for very many rooms is always among them. A gap is reported as the log reports it, with
   * records beyond `until` and for other rooms.
   */
  read(from: Offset, limit: number, until: Offset, rooms?: ReadonlySet<Room>): Answer<SharedPage> {
    this.#unread = 0;
    return carryOut(this.#read(from, limit, until, rooms));
  }

  /**
   * After each answer, the records are picked in the same step, because another reader may replace the held range
   * afterwards.
   */
  *#read(from: Offset, limit: number, until: Offset, rooms: ReadonlySet<Room> | undefined): Steps<SharedPage> {
    // The log did not give out this offset. Its own answer tells the reader what is missing.
    if (this.covers(from) && !this.#holds(from) && !(yield* waitFor(this.#log.knows(from)))) this.clear(from);
    let bytes = 0;
    for (let count = 0; ; count += 1) {
      if (!this.covers(from) && (count === AHEAD_READINGS_MAX || !this.#endsShortlyBefore(from))) {
        // A reader at a later place does not drop what others are about to read.
        if (this.#reading && from > this.#end) return cutAt(until, yield* waitFor(this.#log.read(from, limit)));
        this.clear(from);
      }
      const picked = { ...this.#pick(from, limit, until, rooms), hasGap: false };
      const last = picked.records[limit - 1];
      if (last) return { ...picked, passed: last.offset };
      if (this.#end >= until) return { ...picked, passed: until };
      const isEnough = bytes >= READ_BYTES_MAX || (count > 0 && this.#isLate) || this.#wouldLose(from);
      if (isEnough && this.#end > from) return { ...picked, passed: this.#end, isPart: true };
      const isShared = this.#reading !== undefined;
      const [end, page] = yield* waitFor(this.#reading ?? this.#readOn(limit));
      bytes += sumOf(page.records, costOf);
      const isEmpty = page.records.length === 0 && !page.hasGap;
      // Records are missing after this place, or newer ones have pushed out some that this reader needs.
      if (!isEmpty && end === from && !this.covers(from)) return cutAt(until, page);
      // The log has no more records, although `until` is further on. A shared reading may have begun before they came.
      if (isEmpty && !isShared && end === this.#end) return { ...picked, passed: until };
    }
  }

  /**
   * Whether the held range ends so shortly before an offset that what is between them is worth reading. Readers of a
   * remote log that begin at many places would otherwise each read all that follows.
   */
  #endsShortlyBefore(from: Offset): boolean {
    return this.#isLate && this.#end !== '' && from > this.#end && this.#end >= this.#log.earlier(from, AHEAD_MAX);
  }

  /** Whether `extend` takes the record after an offset. */
  isExtendedAt(offset: Offset): boolean {
    return this.#end === offset && this.#unread < UNREAD_MAX;
  }

  /** Adds the record after the held range. Otherwise, a reader may find new ones in the log after each page. */
  extend(record: StoredRecord): void {
    this.#unread += 1;
    this.#add([record]);
  }

  /** Whether an offset is the start, the end or a record of the held range. */
  #holds(offset: Offset): boolean {
    return (
      offset === this.#after ||
      offset === this.#end ||
      this.#records[placeOf(this.#records, offset) - 1]?.offset === offset
    );
  }

  /** Reads on from the end of the held range. A remote log takes longer for two requests than for more records. */
  #readOn(limit: number): Answer<Reading> {
    const end = this.#end;
    const isMeasured = this.#isLate && Number.isFinite(this.#pageMax);
    const most = Math.min(isMeasured ? Math.max(limit, AHEAD_PAGE) : limit, this.#pageMax);
    const reading = after(this.#log.read(end, most), (page): Reading => {
      this.#pageMax = countWithin(READ_BYTES_MAX, page.records, this.#pageMax);
      // The range may have been extended or begun anew in the meantime.
      if (this.#end === end && page.hasGap) this.clear();
      else if (this.#end === end) this.#add(page.records);
      return [end, page];
    });
    this.#reading = pending(reading, () => {
      this.#reading = undefined;
    });
    this.#isLate ||= this.#reading !== undefined;
    return this.#reading ?? reading;
  }

  /** Whether reading more might push out records after an offset. */
  #wouldLose(from: Offset): boolean {
    const { length } = this.#records;
    if (this.#bytes < BYTES_MAX - READ_BYTES_MAX && length < RECORDS_MAX - 1_024) return false;
    return from < (this.#records[length >> 1]?.offset ?? '');
  }

  /** Whether a reader at an offset finds everything up to another in the held range. */
  hasAll(from: Offset, until: Offset): boolean {
    return this.covers(from) && this.#end >= until;
  }

  /** Whether a reader at an offset is within the held range. */
  covers(from: Offset): boolean {
    return this.#end !== '' && from >= this.#after && from <= this.#end;
  }

  #add(records: readonly StoredRecord[]): void {
    for (const record of records) {
      this.#end = record.offset;
      if (!isForNoSocket(record)) this.#hold(record);
    }
    while (this.#records.length > RECORDS_MAX || this.#bytes > BYTES_MAX) {
      // The older half goes.
      const half = Math.ceil(this.#records.length / 2);
      this.#begin(this.#records[half - 1]?.offset ?? '', this.#records.slice(half));
    }
  }

  /** Holds these records after an offset, and no others. */
  #begin(after: Offset, records: readonly StoredRecord[]): void {
    this.#after = after;
    this.#records = [];
    this.#bytes = 0;
    this.#byRoom.clear();
    this.#answers.clear();
    for (const record of records) this.#hold(record);
  }

  #hold(record: StoredRecord): void {
    this.#records.push(record);
    this.#bytes += costOf(record);
    for (const room of isWide(record) ? EVERYBODY : record.rooms) {
      const known = getOrCreate(this.#byRoom, room, () => []);
      if (known.at(-1) !== record) known.push(record);
    }
  }

  /** Returns up to `limit` of the held records after an offset, up to another. */
  #pick(from: Offset, limit: number, until: Offset, rooms: ReadonlySet<Room> | undefined) {
    if (!rooms || rooms.size > ROOMS_MAX) return { records: between(this.#records, from, until, limit) };
    const found: StoredRecord[][] = [];
    let places = `${limit}`;
    for (const room of [undefined, ...rooms]) {
      const part = between(this.#byRoom.get(room) ?? [], from, until, limit);
      if (part.length === 0) continue;
      found.push(part);
      places += ` ${room?.length}:${room} ${part[0]?.offset} ${part.length}`;
    }
    const shared = this.#answers.get(places);
    return shared ? { records: shared.records, shared } : this.#answers.share(places, merge(found, limit));
  }
}

const EVERYBODY = [undefined];

/** Whether a record is for everybody, or for so many rooms that it is not indexed under each of them. */
function isWide({ rooms }: StoredRecord): boolean {
  return rooms.length === 0 || rooms.length > INDEXED_ROOMS_MAX;
}

/** Returns up to `limit` records after an offset, up to another. */
function between(records: readonly StoredRecord[], from: Offset, until: Offset, limit: number): StoredRecord[] {
  const place = placeOf(records, from);
  return records.slice(place, Math.min(place + limit, placeOf(records, until)));
}

/** Returns up to `limit` records of several lists in their order. */
function merge(found: readonly StoredRecord[][], limit: number): StoredRecord[] {
  if (found.length < 2) return found[0] ?? [];
  const sorted = found.flat().sort((one, other) => (one.offset < other.offset ? -1 : 1));
  // A record to several rooms is indexed under each of them.
  return sorted.filter((record, at) => record !== sorted[at - 1]).slice(0, limit);
}

/** Returns a page as the log read it, without the records beyond `until`. Those after a gap stay. */
function cutAt(until: Offset, { records, hasGap }: Page): SharedPage {
  const last = records.at(-1)?.offset;
  if (hasGap) return { records, hasGap, isPart: last !== undefined };
  const passed = last !== undefined && last < until ? last : until;
  return { records: records.filter(({ offset }) => offset <= passed), hasGap, passed, isPart: passed < until };
}
