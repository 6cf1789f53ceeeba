/** Pages of a log that late readers share. After a restart, for example, all clients ask for the same events. */
import { decodeOffset, type Offset, type Page, type StoredRecord } from '../../../backplane/backplane.js';
import { isErased } from '../../../backplane/own-records.js';
import { type Answer, after, carryOut, type Steps, unlessThere, waitFor } from '../../../base/steps/answer.js';
import type { PacketRun } from '../../../transport/packet-run.js';
import type { Room } from '../../target.js';
import { behind, costOf, countWithin, placeOf, weightOf } from '../records.js';

/** Reads up to `limit` records after an offset. */
export type ReadPage = (from: Offset, limit: number) => Answer<Page>;

/** The most records that are held, and the most bytes. */
const RECORDS_MAX = 16_384;
const BYTES_MAX = 4 * 1024 * 1024;
/** Records between the held range and a reader of a remote log that are read for both, and in one reading, and the most readings for that. */
const AHEAD_MAX = RECORDS_MAX / 2;
const AHEAD_PAGE = 1_024;
const AHEAD_READINGS_MAX = (2 * AHEAD_MAX) / AHEAD_PAGE;
/**
 * Bytes that are read from the log for one reader before others have their turn. A reader in a quiet room of a busy namespace may have
 * to pass over all of its records.
 */
const READ_BYTES_MAX = 1024 * 1024;
/** The most rooms of a reader for a lookup by room. A reader in more rooms gets the records of all rooms. */
const ROOMS_MAX = 64;
/** The most rooms of a record that is indexed under each of them. A record with more rooms is tested for every reader instead. */
const INDEXED_ROOMS_MAX = 32;

/** Records that are added as they are delivered, without a reader in the meantime. */
const UNREAD_MAX = 4_096;

/** Bytes of the records that are remembered for other readers. Their packets take about three times as much. */
const ANSWERS_BYTES_MAX = 2 * 1024 * 1024;

/** Records that several readers get, and their packets. */
export interface SharedRecords {
  readonly records: readonly StoredRecord[];
  /** The packets of the records, once a reader has asked for them. */
  packets: PacketRun | undefined;
}

/** A page, and how far it reaches. */
export interface SharedPage extends Page {
  /** The records, if another reader got the same ones. All of them are for this reader, too. */
  readonly shared?: SharedRecords | undefined;
  /** The offset up to which the page has all records for its reader. Without it, the offset of the last record counts. */
  readonly passed?: Offset;
  /** Whether the page is short only because enough was read for now. More records may follow. */
  readonly isPart?: boolean;
}

/** The held records of one room. */
interface RoomRecords {
  /** Names the room in this index. */
  readonly number: number;
  readonly records: StoredRecord[];
}

type Picked = Pick<SharedPage, 'records' | 'shared'>;

/**
 * Holds the range of the log that was read last, without the records that no reader wants.
 *
 * Invariant: `#records` has all wanted records after `#after` and up to `#end`. `#byRoom` has the same records by room, except those to
 * very many rooms, which are in `#wide`. Records change only when they are erased, so held ones stay valid until `clear`, even after the
 * log has dropped them.
 */
export class SharedPages {
  readonly #read: ReadPage;
  readonly #isWanted: (record: StoredRecord) => boolean;
  readonly #knows: (offset: Offset) => Answer<boolean>;
  /** Empty, like `#end`, when nothing is held. */
  #after: Offset = '';
  #end: Offset = '';
  #records: StoredRecord[] = [];
  /** Records for everybody are under `undefined`. */
  readonly #byRoom = new Map<Room | undefined, RoomRecords>();
  /** The records that readers got, by their places in the rooms of the reader. */
  readonly #answers = new Map<string, SharedRecords>();
  #answersBytes = 0;
  #roomNumber = 0;
  #wide: StoredRecord[] = [];
  #bytes = 0;
  /** The most records in one reading of the log. Large records make it smaller. */
  #pageMax = Number.POSITIVE_INFINITY;
  /** The newest reading that is under way, and where it begins. */
  #reading: { readonly from: Offset; readonly page: Promise<Page> } | undefined;
  /** Whether the log answers later: it has done so before. */
  #isLate = false;
  /** Records that were added as they were delivered since the last reader. */
  #unread = UNREAD_MAX;

  /** `knows` says whether the log has given out an offset that is not held here. */
  constructor(read: ReadPage, isWanted: (record: StoredRecord) => boolean, knows: (offset: Offset) => Answer<boolean>) {
    this.#read = read;
    this.#isWanted = isWanted;
    this.#knows = knows;
  }

  /** Drops all records. */
  clear(): void {
    this.#start('');
  }

  /** The count of records that are held. */
  get count(): number {
    return this.#records.length;
  }

  /**
   * Returns up to `limit` records after `from`: those for one of `rooms` and for everybody, or all without `rooms`. A shorter page either
   * reaches `until`, or is a part (`isPart`) that ends at `passed`. A gap is reported as the log reports it. A page with a gap, or one that
   * had to come straight from the log, may contain records for other rooms.
   */
  read(from: Offset, limit: number, until: Offset, rooms?: ReadonlySet<Room>): Answer<SharedPage> {
    this.#unread = 0;
    // Readers of a remote log that begin at many places would otherwise each read all that follows.
    if (!this.#endsShortlyBefore(from)) return this.#readFrom(from, limit, until, rooms);
    return this.#advanceTo(from).then(() => this.#readFrom(from, limit, until, rooms));
  }

  #readFrom(from: Offset, limit: number, until: Offset, rooms?: ReadonlySet<Room>): Answer<SharedPage> {
    const readOn = (isKnown: boolean): Answer<SharedPage> => {
      // A reader at a later place does not drop what others are about to read.
      if (this.#reading && from > this.#end) return after(this.#read(from, limit), aloneOf);
      // The log did not give out this offset. Its own answer tells the reader what is missing.
      if (!isKnown) return after(this.#read(from, limit), (page) => ({ ...page, isPart: page.records.length > 0 }));
      if (!this.covers(from)) this.#start(from);
      return carryOut(this.#readOn(from, limit, until, rooms));
    };
    return !this.covers(from) || this.#holds(from) ? readOn(true) : after(this.#knows(from), readOn);
  }

  /** Whether the held range ends so shortly before an offset that what is between them is worth reading. */
  #endsShortlyBefore(from: Offset): boolean {
    if (!this.#isLate || this.#end === '' || from <= this.#end) return false;
    const [start = 0, end = 0, place = 0] = [this.#after, this.#end, from].map(decodeOffset);
    // Some homes leave numbers out.
    const spacing = Math.max(1, (end - start) / Math.max(1, this.#records.length));
    return place - end <= AHEAD_MAX * spacing;
  }

  /** Reads on from the held range to an offset. Other readers do the same, and share the readings. */
  async #advanceTo(from: Offset): Promise<void> {
    for (let count = 0; count < AHEAD_READINGS_MAX && this.#endsShortlyBefore(from); count += 1) {
      const end = this.#end;
      const isShared = this.#reading?.from === end;
      const page = await (isShared ? this.#reading?.page : this.#readAt(end, Math.min(AHEAD_PAGE, this.#pageMax)));
      if (!page || this.#end !== end) continue;
      if (page.hasGap || (page.records.length === 0 && !isShared)) return;
      this.#measure(page);
      this.#add(page.records);
    }
  }

  /** Notes that only unwanted records are in the log after one offset and up to another. */
  pass(from: Offset, to: Offset): void {
    if (this.#end === from) this.#end = to;
  }

  /** Whether `extend` takes the record after an offset. */
  isExtendedAt(offset: Offset): boolean {
    return this.#end === offset && this.#unread < UNREAD_MAX;
  }

  /** Adds the record after an offset. Otherwise, a reader of a log on another machine would find new ones after each page. */
  extend(from: Offset, record: StoredRecord): void {
    if (!this.isExtendedAt(from)) return;
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

  /** Reads on. After each answer, the records are picked in the same step, because another reader may replace the held range afterwards. */
  *#readOn(from: Offset, limit: number, until: Offset, rooms: ReadonlySet<Room> | undefined): Steps<SharedPage> {
    let readBytes = 0;
    for (;;) {
      const picked = this.#pick(from, limit, rooms);
      const { records } = picked;
      if (records.length >= limit) return { ...picked, hasGap: false };
      const end = this.#end;
      if (end >= until) return { ...picked, hasGap: false, passed: until };
      if (end > from && (readBytes >= READ_BYTES_MAX || this.#wouldLose(from)))
        return { ...picked, hasGap: false, passed: end, isPart: true };
      const shared = this.#reading?.from === end ? this.#reading.page : undefined;
      const next = shared ?? this.#readAt(end, this.#pageOf(limit));
      // Others have their turn after each answer that comes later.
      unlessThere(next, () => {
        readBytes = READ_BYTES_MAX;
      });
      const page = yield* waitFor(next);
      const instead = this.#take(end, page, from, limit);
      if (instead) return yield* waitFor(instead);
      // The log has no more records, although `until` is further on. It may have more since another reader has asked.
      if (page.records.length === 0 && !shared) return { ...picked, hasGap: false };
      readBytes += pageCost(page);
    }
  }

  /** Returns the records to read at once for a reader that asks for `limit`. A remote log takes longer for two requests than for more records. */
  #pageOf(limit: number): number {
    const isMeasured = this.#isLate && Number.isFinite(this.#pageMax);
    return Math.min(isMeasured ? Math.max(limit, AHEAD_PAGE) : limit, this.#pageMax);
  }

  /** Reads from the log. Others that need the same records wait for this reading. */
  #readAt(from: Offset, limit: number): Answer<Page> {
    return unlessThere(this.#read(from, limit), (page) => {
      this.#isLate = true;
      const reading = { from, page };
      this.#reading = reading;
      const end = (): void => {
        if (this.#reading === reading) this.#reading = undefined;
      };
      page.then(end, end);
    });
  }

  /** Drops all records, and begins a new range after an offset. */
  #start(from: Offset): void {
    this.#after = from;
    this.#end = from;
    this.#records = [];
    this.#clearIndex();
    this.#bytes = 0;
  }

  #clearIndex(): void {
    this.#wide = [];
    this.#byRoom.clear();
    this.#clearAnswers();
  }

  #clearAnswers(): void {
    this.#answers.clear();
    this.#answersBytes = 0;
  }

  /** Adds a page that was read from `end` on. Returns another page for the reader if the held records do not suit it. */
  #take(end: Offset, page: Page, from: Offset, limit: number): Answer<SharedPage> | undefined {
    // Another reader may have read on in the meantime.
    if (this.#end !== end) {
      if (page.hasGap && end === from) return page.records.length > 0 ? { ...page, isPart: true } : page;
      if (this.covers(from)) return undefined;
      return end === from ? aloneOf(page) : this.#read(from, limit);
    }
    if (page.hasGap) {
      // The log has dropped records after `end`. Its own answer says what is missing.
      this.#start('');
      if (end !== from) return this.#read(from, limit);
      // The log may have more records than were asked for.
      return page.records.length > 0 ? { ...page, isPart: true } : page;
    }
    this.#measure(page);
    this.#add(page.records);
    // Newer records may have pushed out some that this reader still needs.
    return this.covers(from) ? undefined : this.#read(from, limit);
  }

  /** Whether reading more might push out records after an offset. */
  #wouldLose(from: Offset): boolean {
    const { length } = this.#records;
    if (this.#bytes < BYTES_MAX - READ_BYTES_MAX && length < RECORDS_MAX - 1_024) return false;
    return from < (this.#records[length >> 1]?.offset ?? '');
  }

  #measure({ records }: Page): void {
    this.#pageMax = countWithin(READ_BYTES_MAX, records, costOf, this.#pageMax);
  }

  /** Whether a reader at an offset is within the held range. */
  covers(from: Offset): boolean {
    return this.#end !== '' && from >= this.#after && from <= this.#end;
  }

  #add(records: readonly StoredRecord[]): void {
    for (const record of records) {
      this.#end = record.offset;
      if (!this.#isWanted(record)) continue;
      this.#records.push(record);
      this.#bytes += weightOf(record);
      this.#index(record);
    }
    if (this.#records.length <= RECORDS_MAX && this.#bytes <= BYTES_MAX) return;
    while (this.#records.length > RECORDS_MAX || this.#bytes > BYTES_MAX) {
      // Drop the older half.
      const gone = this.#records.splice(0, Math.ceil(this.#records.length / 2));
      for (const record of gone) this.#bytes -= weightOf(record);
      this.#after = gone.at(-1)?.offset ?? this.#after;
    }
    this.#clearIndex();
    for (const record of this.#records) this.#index(record);
  }

  #index(record: StoredRecord): void {
    const { rooms } = record;
    if (rooms.length > INDEXED_ROOMS_MAX) this.#wide.push(record);
    else if (rooms.length === 0) this.#put(undefined, record);
    else for (const room of rooms) this.#put(room, record);
  }

  #put(room: Room | undefined, record: StoredRecord): void {
    const known = this.#byRoom.get(room);
    if (known?.records.at(-1) === record) return;
    if (known) known.records.push(record);
    else this.#byRoom.set(room, { number: this.#roomNumber++, records: [record] });
  }

  /** Returns up to `limit` of the held records after an offset. */
  #pick(from: Offset, limit: number, rooms: ReadonlySet<Room> | undefined): Picked {
    if (!rooms || rooms.size > ROOMS_MAX) return { records: behind(this.#records, from, limit) };
    const found: StoredRecord[][] = [];
    let places = `${limit}`;
    for (const room of [undefined, ...rooms]) {
      const known = this.#byRoom.get(room);
      const part = known ? behind(known.records, from, limit) : [];
      if (!known || part.length === 0) continue;
      found.push(part);
      places += ` ${known.number} ${part[0]?.offset} ${part.length}`;
    }
    const wide = this.#pickWide(from, limit, rooms);
    if (wide.length > 0) return { records: merge([...found, wide], limit) };
    const shared = this.#answers.get(places);
    if (shared) return { records: shared.records, shared };
    const records = merge(found, limit);
    if (records.length > 0 && records.every(isForAll)) this.#remember(places, records);
    return { records };
  }

  #remember(places: string, records: readonly StoredRecord[]): void {
    for (const record of records) this.#answersBytes += costOf(record);
    if (this.#answersBytes > ANSWERS_BYTES_MAX) this.#clearAnswers();
    else this.#answers.set(places, { records, packets: undefined });
  }

  /** Returns up to `limit` records after an offset that went to very many rooms, one of the wanted ones among them. */
  #pickWide(from: Offset, limit: number, wanted: ReadonlySet<Room>): StoredRecord[] {
    const found: StoredRecord[] = [];
    for (let at = placeOf(this.#wide, from); at < this.#wide.length && found.length < limit; at += 1) {
      const record = this.#wide[at] as StoredRecord;
      if (record.rooms.some((room) => wanted.has(room))) found.push(record);
    }
    return found;
  }
}

/** Returns up to `limit` records of several lists in their order. */
function merge(found: readonly StoredRecord[][], limit: number): StoredRecord[] {
  const [only] = found;
  if (found.length < 2) return only ?? [];
  const sorted = found.flat().sort((one, other) => (one.offset < other.offset ? -1 : 1));
  // A record to several rooms is indexed under each of them.
  return sorted.filter((record, at) => record !== sorted[at - 1]).slice(0, limit);
}

/** Whether everybody in the rooms of a record gets it as it is. */
function isForAll(record: StoredRecord): boolean {
  return record.except.length === 0 && !isErased(record);
}

/** Returns a page that was read for one reader. The log may have more records than were asked for. */
function aloneOf(page: Page): SharedPage {
  const last = page.records.at(-1)?.offset;
  return last === undefined ? page : { ...page, isPart: true, passed: last };
}

function pageCost({ records }: Page): number {
  return records.reduce((sum, record) => sum + costOf(record), 0);
}
