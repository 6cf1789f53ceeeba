/** What was sent to a room, read from the log of its namespace: the newest first wanted, page by page further back, or on from a place. */
import { decodeOffset, type Offset, type StoredRecord } from '../../backplane/backplane.js';
import { costOf } from '../../backplane/memory.js';
import { isForNoSocket, isGapRecord } from '../../backplane/own-records.js';
import type { Clock } from '../../base/clock.js';
import { ConfigError, shown } from '../../base/errors.js';
import { bytes, count, text } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions, type SettingsOf } from '../../base/options/table.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { decodeData } from '../outgoing-event.js';
import type { Room } from '../target.js';
import { HistoryQueue, type Reader } from './history-queue.js';

const LIMIT = 50;

/** The table of a query. Offsets are those of events, or `next` of a page. */
export const historyQueryTable = options('history', {
  /** Only events before this offset. @default up to now */
  before: text(undefined, 'an offset', /^/),
  /** Only events after this offset. Alone, the page begins there; with `before`, it ends there. */
  after: text(undefined, 'an offset', /^/),
  /** Most events of the page. The server's `history.eventsMax` bounds it. @default 50 */
  limit: count(LIMIT),
});

/** Part of the history that is asked for. */
export interface HistoryQuery extends OptionsOf<typeof historyQueryTable> {}

/** An event that was sent to a room. */
export interface HistoryEvent {
  readonly offset: Offset;
  /** When it was sent, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly event: string;
  readonly args: readonly unknown[];
}

/** Where a page of history ends. */
export interface HistoryEnd {
  /** Whether there may be more in the direction of reading; `false` is certain. */
  readonly hasMore: boolean;
  /** Whether the log has let go of something that belongs to what was asked for. */
  readonly hasGap: boolean;
  /** Where the next page goes on, where there may be more: its `before`, or its `after` if only `after` was given. */
  readonly next: Offset | undefined;
}

/** A page of history. */
export interface HistoryPage extends HistoryEnd {
  /** Oldest first; fewer than asked for, or none, also where there is more. */
  readonly events: readonly HistoryEvent[];
}

/** A page of history as the log has it. */
export interface HistoryRecords extends HistoryEnd {
  /** Oldest first. */
  readonly records: readonly StoredRecord[];
}

/** What is asked for inside. */
export interface RecordQuery extends HistoryQuery {
  /** The rooms; what was sent to one of them counts. */
  readonly rooms: ReadonlySet<Room>;
  /** Nothing behind this offset. */
  readonly upTo?: Offset;
  /** The most byte attachments of all its events. An event with more by itself is left out, and told as a gap. @default no bound */
  readonly attachmentsMax?: number;
  /** Who was in one of these rooms did not get what left them out. */
  readonly outside?: ReadonlySet<Room>;
}

/** The table of `history`. */
export const historyTable = options('history', {
  /** Events of one page. A request for more gets this many. @default 1000 */
  eventsMax: count(1_000),
  /** Bytes of memory for the events of one page. Beyond it the page ends, and the next one goes on. @default 1048576 */
  bytesMax: bytes(1024 * 1024),
  /** Records of the log that the server looks at for one page. Beyond it the page ends, and the next one goes on. @default 10000 */
  recordsMax: count(10_000),
});

/** Bounds of what `namespace.history` reads at once. */
export interface HistoryOptions extends OptionsOf<typeof historyTable> {}

/** Bounds of a page. One event of any size is let through. */
export type HistorySettings = SettingsOf<typeof historyTable>;

/** What the history of a namespace needs besides its log. */
export interface HistoryContext {
  readonly clock: Clock;
  readonly history: HistorySettings;
  /** Puts into the log what waits for the end of the turn. */
  settle(): void;
}

/** Records that are read at once; others have their turn in between. */
const PAGE = 200;
/** Readings of clients that go on at once, of pages and of subscriptions: each takes a part of every turn. */
const READING_MAX = 2;
/** Readings of pages that wait until others have ended. */
const WAITING_MAX = 1_000;
const NO_ROOMS: ReadonlySet<Room> = new Set();

/** Reads the history of one namespace. Guarantee: what was emitted before a call is in its page, if it belongs there. */
export class History {
  readonly #name: string;
  readonly #log: NamespaceLog | undefined;
  readonly #context: HistoryContext;
  readonly #pages = new HistoryQueue(READING_MAX, WAITING_MAX);
  // What is read on has its own turns, so that it is delivered however many ask for pages; a client has a few of these open at most.
  readonly #cursors = new HistoryQueue(READING_MAX, Number.POSITIVE_INFINITY);

  constructor(name: string, log: NamespaceLog | undefined, context: HistoryContext) {
    this.#name = name;
    this.#log = log;
    this.#context = context;
  }

  /**
   * What was sent to a room. Rejects with ConfigError where the namespace has no log, and for what is no offset or limit; with
   * UnavailableError when the log cannot be read.
   */
  async read(room: Room, query?: HistoryQuery): Promise<HistoryPage> {
    return toPage(await this.readRecords({ ...readOptions(historyQueryTable, query), rooms: new Set([room]) }));
  }

  /** Whether so many readings of pages wait that one more of this client cannot. */
  isFullFor(reader: Reader): boolean {
    return this.#pages.isFullFor(reader);
  }

  /** As `readRecords`, for a client, in a queue of its network; nothing where too many wait, or it has gone meanwhile. */
  readQueued(reader: Reader, query: RecordQuery): Promise<HistoryRecords | undefined> {
    return this.#pages.take(reader, () => this.readRecords(query));
  }

  /** As `readQueued`, for a subscription that goes on: it is never too much. Whoever calls sees to it that a client has few at once. */
  readOnQueued(reader: Reader, query: RecordQuery): Promise<HistoryRecords | undefined> {
    return this.#cursors.take(reader, () => this.readRecords(query));
  }

  /** As `read`, for several rooms, as the log has it. */
  async readRecords(query: RecordQuery): Promise<HistoryRecords> {
    const log = this.#log;
    if (!log) {
      const fix = 'give the server a "backplane", or "connectionStateRecovery"';
      throw new ConfigError('WRONG_STATE', `"${this.#name}" keeps no history; ${fix}`);
    }
    const { before, after, limit = LIMIT } = query;
    checkOffset('before', before);
    checkOffset('after', after);
    this.#context.settle();
    const isBack = before !== undefined || after === undefined;
    const scan = new Scan(log, query, Math.min(limit, this.#context.history.eventsMax), this.#context);
    const page = isBack ? await scan.goBack(before, after) : await scan.goOn(after);
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
  readonly #found: StoredRecord[] = [];
  #bytes = 0;
  #attachmentsCount = 0;
  #count = 0;
  /** Whether the log says on the way that something could not be kept, or read. */
  #isHoled = false;

  constructor(log: NamespaceLog, query: RecordQuery, limit: number, context: HistoryContext) {
    this.#log = log;
    this.#query = query;
    this.#limit = limit;
    this.#context = context;
  }

  /** From the newest record before `before` towards `after`. */
  async goBack(before: Offset | undefined, after: Offset | undefined): Promise<HistoryRecords> {
    let next = before;
    for (let room = this.#room; room > 0; room = this.#room) {
      const { records, hasGap } = await this.#log.readBack(next, room);
      if (records.length === 0) {
        const reaches = after === undefined ? !hasGap : !(await this.#log.read(after, 0)).hasGap;
        return this.#end('back', undefined, !reaches);
      }
      for (const record of records.toReversed()) {
        if (after !== undefined && record.offset <= after) return this.#end('back', undefined, false);
        if (!this.#take(record)) return this.#end('back', this.#found.at(-1)?.offset, false);
        next = record.offset;
      }
      await this.#pause(records.length);
    }
    return this.#end('back', next, false);
  }

  /** From the record behind `after` to the end. */
  async goOn(after: Offset): Promise<HistoryRecords> {
    let next = after;
    let hasGap = false;
    for (let room = this.#room; room > 0; room = this.#room) {
      const page = await this.#log.read(next, room);
      // The log lost something behind what was read of it: the next page begins there, and says so.
      if (page.hasGap && next !== after) return this.#end('on', next, hasGap);
      hasGap ||= page.hasGap;
      if (page.records.length === 0) return this.#end('on', undefined, hasGap);
      for (const record of page.records) {
        if (!this.#take(record)) return this.#end('on', this.#found.at(-1)?.offset, hasGap);
        next = record.offset;
      }
      await this.#pause(page.records.length);
    }
    return this.#end('on', next, hasGap);
  }

  /** Records that may still be read at once. */
  get #room(): number {
    return Math.min(PAGE, this.#context.history.recordsMax - this.#count);
  }

  /** Takes a record that belongs to it; `false` when there is no space for it. */
  #take(record: StoredRecord): boolean {
    this.#isHoled ||= isGapRecord(record);
    if (!isWanted(record, this.#query)) return true;
    const { attachmentsMax = Number.POSITIVE_INFINITY } = this.#query;
    const { length } = record.attachments;
    if (length > attachmentsMax) {
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
    return true;
  }

  /** Others have their turn. */
  #pause(count: number): Promise<void> | undefined {
    this.#count += count;
    if (count < PAGE) return undefined;
    return new Promise((resolve) => this.#context.clock.defer(resolve, undefined));
  }

  #end(direction: 'back' | 'on', next: Offset | undefined, hasGap: boolean): HistoryRecords {
    const records = direction === 'back' ? this.#found.reverse() : this.#found;
    return { records, hasMore: next !== undefined, hasGap: hasGap || this.#isHoled, next };
  }
}

/** A page as applications and clients see it. */
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
  // What processes say to each other names sessions, which are secret.
  if (isForNoSocket({ rooms })) return false;
  return rooms.some((room) => query.rooms.has(room)) && !except.some((room) => outside.has(room));
}

function checkOffset(name: string, offset: unknown): void {
  if (offset !== undefined && decodeOffset(offset) === undefined)
    throw new ConfigError('BAD_ARGUMENT', `"${name}" is ${shown(offset)}, which is no offset; give that of an event`);
}
