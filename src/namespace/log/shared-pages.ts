/** Pages of a log that many read who are late by about as much: after a restart all clients ask for the same events. */
import { chain, type MaybePromise, type Offset, type Page, type StoredRecord } from '../../backplane/backplane.js';
import type { Room } from '../target.js';

/** Reads what stands behind an offset. */
export type ReadPage = (after: Offset, limit: number) => MaybePromise<Page>;

/** Records that are held at most, and their bytes. */
const RECORDS_MAX = 16_384;
const BYTES_MAX = 4 * 1024 * 1024;
/**
 * Bytes that are read from the log for one reader before others have their turn, and what a record counts for besides its own: who is in a
 * quiet room of a busy namespace may have to pass over all of it.
 */
const READ_BYTES_MAX = 1024 * 1024;
const RECORD_COST = 100;
/** What each room of a record counts for but one, and each that it leaves out. */
const ROOM_COST = 32;
/** Rooms of a reader up to which its records are looked up by room; with more, all are looked through. */
const ROOMS_MAX = 64;
/** Rooms of a record up to which it stands under each of them; with more, it is looked through by every reader. */
const INDEXED_ROOMS_MAX = 32;

/** A page, and how far it goes. */
export interface SharedPage extends Page {
  /** The offset up to which it has all that there is for its reader; where it is not said, that of its last record. */
  readonly passed?: Offset;
  /** It is short because enough was read for now, and not because nothing more is there. */
  readonly isPart?: boolean;
}

/**
 * The records that were read last, in a row, but for those that no reader wants. Invariant: `#records` is all that readers want of what the
 * log has behind `#after` and up to `#end`, and `#byRoom` has the same by room, but for those to very many rooms, which are in `#wide`. What
 * stands in a log never changes, so they are as good as what a new reading would give, also when the log has let go of them since.
 */
export class SharedPages {
  readonly #read: ReadPage;
  readonly #isWanted: (record: StoredRecord) => boolean;
  readonly #knows: (offset: Offset) => MaybePromise<boolean>;
  /** Empty, as `#end` is, when nothing is held. */
  #after: Offset = '';
  #end: Offset = '';
  #records: StoredRecord[] = [];
  /** Those for everybody stand under `undefined`. */
  readonly #byRoom = new Map<Room | undefined, StoredRecord[]>();
  #wide: StoredRecord[] = [];
  #bytes = 0;
  /** Records that are read at once at most: fewer where they were large. */
  #pageMax = Number.POSITIVE_INFINITY;

  /** `knows`: whether the log has given out an offset that is not known here. */
  constructor(
    read: ReadPage,
    isWanted: (record: StoredRecord) => boolean,
    knows: (offset: Offset) => MaybePromise<boolean>,
  ) {
    this.#read = read;
    this.#isWanted = isWanted;
    this.#knows = knows;
  }

  /** Records that are held. */
  get count(): number {
    return this.#records.length;
  }

  /**
   * Up to `limit` records behind `after`, of all or of those that are sent to one of some rooms, or to everybody. Fewer: there are no more up
   * to `until`, or it is a part (`isPart`), which goes as far as `passed`. Says of a gap what the log says; then, and where more stands in the
   * log than is held, it may give what is for other rooms.
   */
  read(after: Offset, limit: number, until: Offset, rooms?: ReadonlySet<Room>): MaybePromise<SharedPage> {
    const readOn = (isKnown: boolean): MaybePromise<SharedPage> => {
      // The log says what is missing to who comes from elsewhere.
      if (!isKnown) return chain(this.#read(after, limit), (page) => ({ ...page, isPart: page.records.length > 0 }));
      if (!this.#covers(after)) this.#start(after);
      return this.#readOn(after, limit, until, rooms, 0);
    };
    return !this.#covers(after) || this.#holds(after) ? readOn(true) : chain(this.#knows(after), readOn);
  }

  /** Whether an offset is one that stands in what is held. */
  #holds(offset: Offset): boolean {
    return (
      offset === this.#after ||
      offset === this.#end ||
      this.#records[placeOf(this.#records, offset) - 1]?.offset === offset
    );
  }

  #readOn(
    after: Offset,
    limit: number,
    until: Offset,
    rooms: ReadonlySet<Room> | undefined,
    readBefore: number,
  ): MaybePromise<SharedPage> {
    let readBytes = readBefore;
    for (;;) {
      const records = this.#pick(after, limit, rooms);
      if (records.length >= limit) return { records, hasGap: false };
      const end = this.#end;
      if (end >= until) return { records, hasGap: false, passed: until };
      if (end > after && (readBytes >= READ_BYTES_MAX || this.#wouldLose(after)))
        return { records, hasGap: false, passed: end, isPart: true };
      const next = this.#read(end, Math.min(limit, this.#pageMax));
      if (next instanceof Promise)
        return next.then((page) => {
          const instead = this.#take(end, page, after, limit);
          if (instead) return instead;
          if (page.records.length === 0) return { records, hasGap: false };
          return this.#readOn(after, limit, until, rooms, readBytes + costOf(page));
        });
      const instead = this.#take(end, next, after, limit);
      if (instead) return instead;
      // Nothing more is there, whatever was thought.
      if (this.#end === end) return { records, hasGap: false };
      readBytes += costOf(next);
    }
  }

  /** Forgets all. */
  #start(after: Offset): void {
    this.#after = after;
    this.#end = after;
    this.#records = [];
    this.#wide = [];
    this.#byRoom.clear();
    this.#bytes = 0;
  }

  /** Holds a page that was read from `end` on; gives what a reader gets instead, where what is held is not good for it. */
  #take(end: Offset, page: Page, after: Offset, limit: number): MaybePromise<SharedPage> | undefined {
    // Another one may have read on meanwhile.
    if (this.#end !== end) {
      if (page.hasGap && end === after) return page.records.length > 0 ? { ...page, isPart: true } : page;
      return this.#covers(after) ? undefined : this.#read(after, limit);
    }
    if (page.hasGap) {
      // The log has let go of what stood between: it says itself what is missing.
      this.#start('');
      if (end !== after) return this.#read(after, limit);
      // It may have been asked for less than there is.
      return page.records.length > 0 ? { ...page, isPart: true } : page;
    }
    this.#measure(page);
    this.#add(page.records);
    // What this reader has still to come may have gone again for what is newer.
    return this.#covers(after) ? undefined : this.#read(after, limit);
  }

  /** Whether what stands behind an offset may have to go when more is read. */
  #wouldLose(after: Offset): boolean {
    const { length } = this.#records;
    if (this.#bytes < BYTES_MAX - READ_BYTES_MAX && length < RECORDS_MAX - 1_024) return false;
    return after < (this.#records[length >> 1]?.offset ?? '');
  }

  #measure(page: Page): void {
    const cost = costOf(page);
    if (cost > 0) this.#pageMax = Math.max(1, Math.floor((READ_BYTES_MAX * page.records.length) / cost));
  }

  #covers(after: Offset): boolean {
    return this.#end !== '' && after >= this.#after && after <= this.#end;
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
      // The older half goes.
      const gone = this.#records.splice(0, Math.ceil(this.#records.length / 2));
      for (const record of gone) this.#bytes -= weightOf(record);
      this.#after = gone.at(-1)?.offset ?? this.#after;
    }
    this.#wide = [];
    this.#byRoom.clear();
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
    if (!known) this.#byRoom.set(room, [record]);
    else if (known.at(-1) !== record) known.push(record);
  }

  /** Up to `limit` of the held records behind an offset. */
  #pick(after: Offset, limit: number, rooms: ReadonlySet<Room> | undefined): StoredRecord[] {
    if (!rooms || rooms.size > ROOMS_MAX) return behind(this.#records, after, limit);
    const found: StoredRecord[][] = [];
    for (const room of [undefined, ...rooms]) {
      const known = this.#byRoom.get(room);
      const part = known && behind(known, after, limit);
      if (part && part.length > 0) found.push(part);
    }
    const wide = this.#pickWide(after, limit, rooms);
    if (wide.length > 0) found.push(wide);
    const [only] = found;
    if (found.length < 2) return only ?? [];
    const sorted = found.flat().sort((one, other) => (one.offset < other.offset ? -1 : 1));
    // What was sent to several rooms stands under each.
    return sorted.filter((record, at) => record !== sorted[at - 1]).slice(0, limit);
  }

  /** Of those to very many rooms, up to `limit` behind an offset that are for one of some rooms. */
  #pickWide(after: Offset, limit: number, wanted: ReadonlySet<Room>): StoredRecord[] {
    const found: StoredRecord[] = [];
    for (let at = placeOf(this.#wide, after); at < this.#wide.length && found.length < limit; at += 1) {
      const record = this.#wide[at] as StoredRecord;
      if (record.rooms.some((room) => wanted.has(room))) found.push(record);
    }
    return found;
  }
}

function costOf({ records }: Page): number {
  return records.reduce((sum, record) => sum + weightOf(record) + RECORD_COST, 0);
}

/** The size of a record with what it takes to find it. */
function weightOf(record: StoredRecord): number {
  return sizeOf(record) + Math.max(0, record.rooms.length + record.except.length - 1) * ROOM_COST;
}

/** Up to `limit` records behind an offset. */
function behind(records: readonly StoredRecord[], after: Offset, limit: number): StoredRecord[] {
  const place = placeOf(records, after);
  return records.slice(place, place + Math.max(0, limit));
}

/** How many records do not stand behind an offset. */
function placeOf(records: readonly StoredRecord[], after: Offset): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle] as StoredRecord).offset > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The size of a record in bytes, or nearly so: its texts count as one byte for each character. */
export function sizeOf({ event, attachments }: Pick<StoredRecord, 'event' | 'attachments'>): number {
  let size = event.length;
  for (const { byteLength } of attachments) size += byteLength;
  return size;
}
