/**
 * Reads the events sent to a room from the log of its namespace: the newest first, page by page backwards, or forwards
 * from an offset.
 */
import { decodeOffset, nextOffset, type Offset, type Page, type StoredRecord } from '../../backplane/backplane.js';
import { isErased, isForNoSocket, isLoss } from '../../backplane/own-records.js';
import { costOf } from '../../backplane/record-size.js';
import type { Clock } from '../../base/clock.js';
import { ConfigError, shown } from '../../base/errors.js';
import { bytes, count, text } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions, type SettingsOf } from '../../base/options/table.js';
import { decodeData } from '../event/outgoing-event.js';
import type { Room } from '../event/target.js';
import { EVERY_READER, type ListKey } from '../log/late/room-index.js';
import { NEEDS_LOG } from '../log/log-home.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { NO_ROOMS } from '../rooms.js';
import { HistoryQueue, type Reader } from './history-queue.js';

const LIMIT = 50;

/** The table of a query. Its offsets are those of events, or `next` of a page. */
export const historyQueryTable = options('history', {
  /** Only events before this offset. @default up to now */
  before: text(undefined, 'an offset', /^/),
  /** Only events after this offset. Alone, the page begins there; with `before`, it ends there. */
  after: text(undefined, 'an offset', /^/),
  /** Most events of the page. The server's `history.eventsMax` bounds it. @default 50 */
  limit: count(LIMIT),
});

/** A part of the history. */
export interface HistoryQuery extends OptionsOf<typeof historyQueryTable> {}

/** An event that was sent to a room. */
export interface HistoryEvent {
  readonly offset: Offset;
  /** When it was sent, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly event: string;
  readonly args: readonly unknown[];
}

/** The end of a page of history. */
export interface HistoryEnd {
  /** Whether there may be more events in the direction of reading. `false` is certain. */
  readonly hasMore: boolean;
  /**
   * Whether records in the requested part of the log were removed, or could not be stored or read. Also true if the log
   * does not know an offset of the query.
   */
  readonly hasGap: boolean;
  /**
   * The place where the next page continues, if there may be more: its `before`, or its `after` if only `after` was
   * given.
   */
  readonly next: Offset | undefined;
}

/** A page of history. */
export interface HistoryPage extends HistoryEnd {
  /** Oldest first. There can be fewer than requested, or none, even when there are more. */
  readonly events: readonly HistoryEvent[];
}

/** A page of history as records of the log. */
export interface HistoryRecords extends HistoryEnd {
  /** Oldest first. */
  readonly records: readonly StoredRecord[];
}

/** A query, with settings that only the server can make. */
export interface RecordQuery extends HistoryQuery {
  /** The rooms. An event counts if it was sent to one of them. */
  readonly rooms: ReadonlySet<Room>;
  /** The last offset to read. */
  readonly upTo?: Offset;
  /**
   * Most binary attachments of all events. An event with more than this is left out and reported as a gap. @default no
   * bound
   */
  readonly attachmentsMax?: number;
  /** Whether erased events are among the records. Otherwise they are left out and reported as a gap. */
  readonly withErased?: boolean;
  /** The rooms of the reader. Events that excepted one of them are left out. */
  readonly outside?: ReadonlySet<Room>;
}

/** The table of `history`. */
export const historyTable = options('history', {
  /** Events of one page. A request for more gets this many. @default 1000 */
  eventsMax: count(1_000),
  /**
   * Bytes of memory for the events of one page. Beyond that, the page ends, and the next one continues. @default
   * 1048576
   */
  bytesMax: bytes(1024 * 1024),
  /**
   * Records of the log that the server reads for one page. Beyond that, the page ends, and the next one
   * continues. @default 10000
   */
  recordsMax: count(10_000),
});

/** Bounds of one page of `namespace.history`. */
export interface HistoryOptions extends OptionsOf<typeof historyTable> {}

/** Bounds of a page. A single event of any size passes. */
export type HistorySettings = SettingsOf<typeof historyTable>;

/** The parts of the server that history uses, besides the log. */
export interface HistoryContext {
  readonly clock: Clock;
  readonly history: HistorySettings;
  /** Appends the events that wait for the end of the turn. */
  settle(): void;
}

/** Records that are read at first, and those after which other work gets its turn. */
const PAGE = 200;
/** How many times more records are read than a page probably needs. */
const MORE = 1.25;
/** Bytes that are read at once, if later records are as large as those before them. */
const READ_BYTES_MAX = 4 * 1024 * 1024;
/**
 * Readings that run at once for clients: this many for pages, and as many again for subscriptions. Each takes a part of
 * every turn.
 */
const READING_MAX = 2;
/** Readings of pages that may wait until others have ended. */
const WAITING_MAX = 1_000;

/** Reads the history of one namespace. Guarantee: events emitted before a call are in its page if they belong there. */
export class History {
  readonly #name: string;
  readonly #log: NamespaceLog | undefined;
  readonly #context: HistoryContext;
  /** The pages that are being read. */
  open = 0;
  readonly #pages = new HistoryQueue(READING_MAX, WAITING_MAX);
  // Subscriptions that read on have their own queue, so requests for pages do not delay them. A client has only a few
  // of them open.
  readonly #cursors = new HistoryQueue(READING_MAX, Number.POSITIVE_INFINITY);

  constructor(name: string, log: NamespaceLog | undefined, context: HistoryContext) {
    this.#name = name;
    this.#log = log;
    this.#context = context;
  }

  /**
   * Returns a page of the events sent to a room. Rejects with ConfigError when the namespace has no log or the query is
   * invalid, and with UnavailableError when the log cannot be read.
   */
  async read(room: Room, query?: HistoryQuery): Promise<HistoryPage> {
    return toPage(await this.readRecords({ ...readOptions(historyQueryTable, query), rooms: new Set([room]) }));
  }

  /** Whether so many readings of pages wait that this client must be refused. */
  isFullFor(reader: Reader): boolean {
    return this.#pages.isFullFor(reader);
  }

  /**
   * Reads for a client, in the queue of its network. Resolves with `undefined` when too many readings wait, or when the
   * client disconnects in the meantime.
   */
  readQueued(reader: Reader, query: RecordQuery): Promise<HistoryRecords | undefined> {
    return this.#pages.take(reader, () => this.readRecords(query));
  }

  /**
   * Reads for a subscription of a client. It is never refused. The caller ensures that a client has only a few open at
   * once.
   */
  readOnQueued(reader: Reader, query: RecordQuery): Promise<HistoryRecords | undefined> {
    return this.#cursors.take(reader, () => this.readRecords(query));
  }

  /** Returns the records of a page of several rooms. Rejects as `read` does. */
  async readRecords(query: RecordQuery): Promise<HistoryRecords> {
    const log = this.#log;
    if (!log) throw new ConfigError('WRONG_STATE', `"${this.#name}" does not keep history: ${NEEDS_LOG}`);
    const { before, after, limit = LIMIT } = query;
    checkOffset('before', before);
    checkOffset('after', after);
    this.#context.settle();
    this.open += 1;
    try {
      return await this.#readFrom(log, query, Math.min(limit, this.#context.history.eventsMax));
    } finally {
      this.open -= 1;
    }
  }

  async #readFrom(log: NamespaceLog, query: RecordQuery, limit: number): Promise<HistoryRecords> {
    const { before, after } = query;
    const { erasures } = log;
    const scan = new Scan(log, query, limit, this.#context);
    const isBack = before !== undefined || after === undefined;
    const page = isBack ? await scan.goBack(before, after) : await scan.goOn(after);
    // The page may have events that were erased while it was read.
    if (erasures !== log.erasures) return this.readRecords(query);
    const isStrange = async (offset: Offset | undefined) => offset !== undefined && !(await log.knows(offset));
    return (await isStrange(before)) || (await isStrange(after)) ? { ...page, hasGap: true } : page;
  }
}

/** One reading. */
class Scan {
  readonly #log: NamespaceLog;
  readonly #query: RecordQuery;
  readonly #limit: number;
  readonly #context: HistoryContext;
  /** The lists of the index with the records that it may take, or that say that some are missing. */
  readonly #keys: readonly ListKey[];
  readonly #found: StoredRecord[] = [];
  #bytes = 0;
  #attachmentsCount = 0;
  /** The records that were read, and their bytes. */
  #count = 0;
  #bytesRead = 0;
  /** Whether a record on the way says that events could not be stored or read. */
  #isHoled = false;
  /** The same, up to the last record that was found. */
  #isHoledAtLast = false;

  constructor(log: NamespaceLog, query: RecordQuery, limit: number, context: HistoryContext) {
    this.#log = log;
    this.#query = query;
    this.#limit = limit;
    this.#context = context;
    this.#keys = [EVERY_READER, ...query.rooms];
  }

  /** Reads from the newest record before `before` back to `after`. Records after the last one to read take no part. */
  async goBack(before: Offset | undefined, after: Offset | undefined): Promise<HistoryRecords> {
    const { upTo } = this.#query;
    let next = before ?? (upTo === undefined ? undefined : nextOffset(upTo));
    for (let room = this.#room; room > 0; room = this.#room) {
      const { records, hasGap, passed } = await this.#read(next, room, true);
      if (records.length === 0 && passed === undefined) {
        const reaches = after === undefined ? !hasGap : !(await this.#log.read(after, 0)).hasGap;
        return this.#end('back', undefined, !reaches);
      }
      for (const record of records.toReversed()) {
        if (after !== undefined && record.offset <= after) return this.#end('back', undefined, false);
        if (!this.#take(record)) return this.#endFull('back', false);
        next = record.offset;
        if (this.#count % PAGE === 0) await this.#pause();
      }
      next = passed ?? next;
      if (after !== undefined && passed !== undefined && passed <= after)
        return this.#end('back', undefined, (await this.#log.read(after, 0)).hasGap);
    }
    return this.#end('back', next, false);
  }

  /** Reads the records before an offset, or after it. If it is known where those of the rooms are, it reads these. */
  async #read(at: Offset | undefined, limit: number, isBack: boolean): Promise<Page & { readonly passed?: Offset }> {
    const wanted = Math.min(limit, this.#limit + 1 - this.#found.length);
    // The first reading on tells whether the log has lost something after the offset.
    const isKnown = at !== undefined && (isBack || this.#count > 0);
    const page = isKnown ? await this.#log.pages.readRooms(this.#keys, at, wanted, isBack) : undefined;
    return page ?? (isBack || at === undefined ? this.#log.readBack(at, limit) : this.#log.read(at, limit));
  }

  /** Reads from the record after `after` to the end. */
  async goOn(after: Offset): Promise<HistoryRecords> {
    let next = after;
    let hasGap = false;
    for (let room = this.#room; room > 0; room = this.#room) {
      const page = await this.#read(next, room, false);
      // The log has removed records after those that were read. The next page begins there, and reports the gap.
      if (page.hasGap && next !== after) return this.#end('on', next, hasGap);
      hasGap ||= page.hasGap;
      if (page.records.length === 0 && page.passed === undefined) return this.#end('on', undefined, hasGap);
      for (const record of page.records) {
        if (!this.#take(record)) return this.#endFull('on', hasGap);
        next = record.offset;
        if (this.#count % PAGE === 0) await this.#pause();
      }
      next = page.passed ?? next;
    }
    return this.#end('on', next, hasGap);
  }

  /**
   * Records that may be read next: a few more than the page probably needs, and one event that shows that there are
   * more.
   */
  get #room(): number {
    const left = this.#context.history.recordsMax - this.#count;
    if (this.#count === 0) return Math.min(PAGE, left);
    const wanted = MORE * (this.#limit + 1 - this.#found.length);
    const needed = Math.ceil((wanted * this.#count) / Math.max(1, this.#found.length));
    const fitting = Math.floor((READ_BYTES_MAX * this.#count) / Math.max(1, this.#bytesRead));
    return Math.min(left, this.#log.home.historyPageMax, Math.max(PAGE, Math.min(needed, fitting)));
  }

  /** Adds a record if it is wanted. Returns `false` when the page has no room for it. */
  #take(record: StoredRecord): boolean {
    this.#count += 1;
    this.#bytesRead += costOf(record);
    this.#isHoled ||= isLoss(record);
    if (!isWanted(record, this.#query)) return true;
    const { attachmentsMax = Number.POSITIVE_INFINITY, withErased } = this.#query;
    const { length } = record.attachments;
    if ((isErased(record) && !withErased) || length > attachmentsMax) {
      this.#isHoled = true;
      return true;
    }
    const bytes = this.#bytes + costOf(record);
    if (this.#found.length === this.#limit) return false;
    if (bytes > this.#context.history.bytesMax && this.#found.length > 0) return false;
    if (this.#attachmentsCount + length > attachmentsMax) return false;
    this.#bytes = bytes;
    this.#attachmentsCount += length;
    this.#found.push(record);
    this.#isHoledAtLast = this.#isHoled;
    return true;
  }

  /** Gives other work its turn. */
  #pause(): Promise<void> {
    return new Promise((resolve) => this.#context.clock.defer(resolve, undefined));
  }

  /** Ends a page without room. The next one continues from the last record that was found, and reports later losses. */
  #endFull(direction: 'back' | 'on', hasGap: boolean): HistoryRecords {
    this.#isHoled = this.#isHoledAtLast;
    return this.#end(direction, this.#found.at(-1)?.offset, hasGap);
  }

  #end(direction: 'back' | 'on', next: Offset | undefined, hasGap: boolean): HistoryRecords {
    const records = direction === 'back' ? this.#found.reverse() : this.#found;
    return { records, hasMore: next !== undefined, hasGap: hasGap || this.#isHoled, next };
  }
}

/** Returns a page as applications and clients see it. */
export function toPage({ records, ...end }: HistoryRecords): HistoryPage {
  return { events: records.map(toEvent), ...end };
}

function toEvent({ offset, at, event, attachments }: StoredRecord): HistoryEvent {
  const [name, ...args] = decodeData(event, attachments);
  return { offset, at, event: String(name), args };
}

function isWanted({ offset, rooms, except }: StoredRecord, query: RecordQuery): boolean {
  const { upTo, outside = NO_ROOMS } = query;
  if (upTo !== undefined && offset > upTo) return false;
  // Messages between processes name sessions, which are secret.
  if (isForNoSocket({ rooms })) return false;
  return rooms.some((room) => query.rooms.has(room)) && !except.some((room) => outside.has(room));
}

function checkOffset(name: string, offset: unknown): void {
  if (offset !== undefined && decodeOffset(offset) === undefined)
    throw new ConfigError('BAD_ARGUMENT', `"${name}" must be the offset of an event, got ${shown(offset)}`);
}
