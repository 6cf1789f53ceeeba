/** The log of one namespace. It stores events as they were encoded, and returns them as packets for any wire. */
import {
  type Appended,
  type Erasure,
  type Following,
  type Log,
  type LogFollower,
  type LogRecord,
  lowerOffset,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
  storedAs,
  ZERO_OFFSET,
} from '../../backplane/backplane.js';
import { ERASED_NOTICE, erasedNotice, isForNoSocket, isLoss, isTold, toldRecord } from '../../backplane/own-records.js';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';
import { ProtocolError } from '../../base/errors.js';
import { type Answer, after, ask, unlessThere } from '../../base/steps/answer.js';
import { decodeValue } from '../../protocol/json-event/message.js';
import type { PacketCodec } from '../event/codec.js';
import { Traffic, type TrafficCounts } from './counts.js';
import { Fences } from './fences.js';
import { LatePages, readFresh } from './late/late-pages.js';
import { ReadingOrder } from './late/reading-order.js';
import { notedOf, numberOf } from './late/room-index.js';
import { homeOf, type LogHome } from './log-home.js';
import { tellAppended, tellDelivered, tellRefused } from './log-taps.js';
import { LostEvents } from './lost-events.js';
import { RecordPackets } from './record-packets.js';
import { type LoggedEvent, recordOf } from './records.js';

/** The settings of a log, and the functions that it calls. */
export interface NamespaceLogContext {
  readonly clock: Clock;
  readonly codec: PacketCodec;
  /** Counts what this process hears of the log and asks of it. */
  readonly counts?: TrafficCounts;
  /** The most rooms of which the places of their records are noted. @default 10000 */
  readonly indexedRoomsMax?: number;
  /** The flights of all namespaces. */
  readonly confirmations?: Fences['confirmations'];
  /** Whether the members of this process get events without waiting for a log that is silent. */
  readonly isLocalWhileAway?: boolean;
  /** Called when the log fails. Events that could not be stored are still delivered. */
  onLogError(error: unknown, namespace: string): void;
  /** Delivers the records that other processes have appended. */
  onRefresh?(): Answer<void>;
  /** Called before events are appended. State that these events may reveal to a client has to be written first. */
  onAppending?(): void;
  /** Called when records were erased. Events that are kept in memory must be forgotten. */
  onErased?(): void;
  /** Called at a gap record: a home may have lost the newest records, and the newest texts with them. */
  onLoss?(): void;
  /** Called when this process begins to hear the namespace. Returns the function that is called when that ends. */
  onHeard?(): (() => void) | undefined;
  /** Called with a message from another process, at its place in the log. */
  onTold?(message: readonly unknown[], offset: Offset): void;
}

/** The log of one namespace. Guarantee: `offset` was given out by the log, or is the offset before the first record. */
export class NamespaceLog {
  readonly #name: string;
  readonly #log: Log;
  readonly #context: NamespaceLogContext;
  readonly clock: Clock;
  /** The order in which late readers read on. */
  readonly readers: ReadingOrder;
  /** Keeps the order of what the program does while events are on their way into the log. */
  readonly fences: Fences;
  /** The events that could not be stored. */
  readonly lost: LostEvents;
  /** Makes the packets of events and records. */
  readonly packets: RecordPackets;
  /** The counters of what this process hears of the log and asks of it. */
  readonly traffic: Traffic;
  /** The records that late readers share. */
  readonly pages: LatePages;
  /** The newest record that this process delivered. */
  offset: Offset = ZERO_OFFSET;
  /** How often this process has heard of erased records. Code that keeps records for a while compares it. */
  erasures = 0;
  /** The tag of this process, if the home keeps from it what is for the sockets of others. */
  readonly tag: string | undefined;
  /** The following of the log, while this process hears what others append. */
  following: Following | undefined;
  /** Called when the hearing ends. */
  #onUnheard: (() => void) | undefined;
  /** Ends the hearing. Set when nobody is in the namespace any more. */
  #linger: Timer | undefined;

  /** The traits of the home of the log. */
  readonly home: LogHome;
  /** Whether the members of this process get events without waiting for a log that is silent. */
  readonly isLocalWhileAway: boolean;
  /** Returns an offset about so many records before another one, by their numbers unless the home counts records. */
  readonly earlier: (offset: Offset, records: number) => Offset;
  /** Whether `earlier` counts records, or numbers of which none are left out while a process goes on. */
  readonly isCounted: boolean;

  /** Set while the process asks a remote log for its end, and delivers from there. Resolves when the end is known. */
  beginning: Promise<void> | undefined;
  /** The record after which this process began to deliver the log. */
  origin: Offset = ZERO_OFFSET;

  /** Delivers the records that other processes have appended. */
  readonly refresh = (): Answer<void> => this.#context.onRefresh?.();
  /** Reports an error of the log. */
  readonly report = (error: unknown): undefined => {
    this.#context.onLogError(error, this.#name);
  };

  /** With `isMarked`, events carry their offset as the last argument. */
  constructor(name: string, log: Log, context: NamespaceLogContext, isMarked = true) {
    this.#name = name;
    this.#log = log;
    this.tag = log.tag;
    this.traffic = context.counts?.open(name) ?? new Traffic();
    this.#context = context;
    this.clock = context.clock;
    this.packets = new RecordPackets(name, context.codec, isMarked);
    this.home = homeOf(log);
    this.isLocalWhileAway = context.isLocalWhileAway === true;
    this.readers = new ReadingOrder(context.clock, () => this.pages.isReadingFar);
    this.fences = new Fences(context.clock, context.confirmations);
    // A home may not tell this process what it has appended itself, so its clients get the gap record by a read.
    this.lost = new LostEvents(context.clock, (gap) => after(this.#append([gap]), () => void this.refresh()));
    this.isCounted = log.earlier !== undefined || this.home.keepsAtOnce;
    this.earlier = (offset, records) => log.earlier?.(name, offset, records) ?? lowerOffset(offset, records);
    this.pages = new LatePages(this, context.indexedRoomsMax);
    // Otherwise, the first socket asks for the end.
    if (this.home.keepsAtOnce) void ask(() => after(this.newest(), (newest) => this.skip(newest)), this.report);
  }

  /** A record was delivered: an event of this process, or a record as the log has it. */
  delivered(offset: Offset, what: LoggedEvent | StoredRecord): void {
    if (offset <= this.offset) return;
    const { pages, home, clock } = this;
    if (pages.index.end === this.offset) pages.index.extend(offset, notedOf(what));
    if (pages.isRead) {
      if (!('packet' in what)) pages.hold(what);
      // Late readers of a home on another machine would have to read the log again after each page. The program may
      // have changed the data since, and in another format the record would show that.
      else if (!home.keepsAtOnce && this.#context.codec.isOwnFormat)
        pages.hold(storedAs(recordOf(what, true, clock.now()), offset));
    }
    this.offset = offset;
    tellDelivered(this.#name, offset, what);
  }

  /**
   * Records up to an offset count as delivered. This process has not read them, so one of them may say that others were
   * erased, or may have changed rooms: their readers read the log, which tells of the gap. With `isSafe` none does, or
   * nothing is kept in memory.
   */
  skip(offset: Offset, isSafe = false): void {
    if (offset <= this.offset) return;
    this.offset = offset;
    if (isSafe) return;
    this.pages.index.dropUpTo(numberOf(offset));
    this.#forget();
  }

  /**
   * Sends a message to the other processes through the log, in order with the events. This process reads it with the
   * records of others. Returns the offset of the message, or `undefined` after a failure, which is reported.
   */
  tell(message: readonly unknown[]): Answer<Offset | undefined> {
    const append = () => after(this.#append([toldRecord(message, this.clock.now())]), ({ offsets }) => offsets[0]);
    return ask<Offset | undefined>(append, this.report);
  }

  /**
   * Erases records that are in the log now, and resolves with their number. The memory of this process is cleared
   * before that. Other processes clear theirs when they come to the message in the log. Rejects when the log fails.
   */
  async erase(what: Erasure): Promise<number> {
    const count = await this.#log.erase(this.#name, what);
    this.#onErased();
    // Also when nothing was erased: an earlier call may have erased records and then failed.
    await this.#append([erasedNotice(this.clock.now())]);
    return count;
  }

  /** Sets how long this process keeps the records. */
  retain(retention: Partial<Retention>): void {
    this.#log.retain(this.#name, retention);
  }

  #onErased(): void {
    this.#forget();
    this.#context.onErased?.();
  }

  /** Forgets all records that are kept in memory. */
  #forget(): void {
    this.erasures += 1;
    this.#log.forget?.(this.#name);
    this.pages.clear();
    this.packets.forget();
  }

  /** Consumes a record that is for processes and returns `true`. Returns `false` for a record that is for sockets. */
  consume(record: StoredRecord): boolean {
    if (isLoss(record)) this.#context.onLoss?.();
    if (!isForNoSocket(record)) return false;
    if (!isTold(record)) return true;
    // A message that cannot be read or carried out is reported, and the records after it are still delivered.
    try {
      const message = decodeValue(record.event, Number.POSITIVE_INFINITY);
      if (!Array.isArray(message)) throw new ProtocolError('JSON_BAD_EVENT', 'a message to processes is not a list');
      if (message[0] === ERASED_NOTICE) this.#onErased();
      else this.#context.onTold?.(message, record.offset);
    } catch (error) {
      this.report(error);
    }
    return true;
  }

  /**
   * Appends events. When the log fails, it reports the error. Before the next events, it then appends a gap record.
   * That record tells returning clients, late readers and other processes that events are missing. After a refusal
   * within the call, the answer has no offsets, and the events are still delivered. After a later refusal, it is
   * `undefined`, and they are not delivered.
   */
  append(events: readonly LoggedEvent[]): Answer<Appended | undefined> {
    this.#context.onAppending?.();
    this.lost.tell();
    const at = this.clock.now();
    const failed = (error: unknown): undefined => {
      tellRefused(this.#name, events.length, error);
      this.lost.note(this.offset);
      this.report(error);
    };
    try {
      const records = events.map((event) => recordOf(event, this.#context.codec.isOwnFormat, at));
      return after<Appended, Appended | undefined>(this.#append(records), (answer) => answer, failed);
    } catch (error) {
      failed(error);
      return { previous: this.offset, offsets: [] };
    }
  }

  #append(records: readonly LogRecord[]): Answer<Appended> {
    this.traffic.append(records);
    const appended = this.#log.append(this.#name, records);
    tellAppended(this.#name, records, this.clock, appended);
    return appended;
  }

  /** The log, for a request that reads it. */
  get #reading(): Log {
    this.traffic.reads += 1;
    return this.#log;
  }

  /** Reads up to `limit` records after `from`. The home may leave out those without a text. */
  read(from: Offset, limit: number, text?: string): Answer<Page> {
    return this.#readPage((log) => log.read(this.#name, from, limit, text), from);
  }

  /** Reads the newest records before `before`, or the newest of all, oldest first. */
  readBack(before: Offset | undefined, limit: number): Answer<Page> {
    return this.#readPage((log) => log.readBack(this.#name, before, limit), undefined, before);
  }

  #readPage(read: (log: Log) => Answer<Page>, from: Offset | undefined, before?: Offset): Answer<Page> {
    return readFresh(this, () => after(read(this.#reading), (page) => this.pages.note(page, from, before)));
  }

  /** Returns the records that the log still has of those at some offsets, which rise. */
  get readAt(): ((offsets: readonly Offset[]) => Answer<readonly StoredRecord[]>) | undefined {
    return this.#log.readAt && ((offsets) => this.#reading.readAt?.(this.#name, offsets) ?? []);
  }

  /** Whether this log has given out an offset. A client with another one has events that are not in this log. */
  knows(offset: Offset): Answer<boolean> {
    if (this.#log.knows) return this.#reading.knows?.(this.#name, offset) ?? false;
    return offset <= this.offset || after(this.newest(), (newest) => offset <= newest);
  }

  /** Returns the offset of the newest record, wherever this process is. */
  newest(): Answer<Offset> {
    const log = this.#reading;
    return log.newest ? log.newest(this.#name) : after(log.extent(this.#name), ({ newest }) => newest);
  }

  /**
   * Somebody is in the namespace, or about to enter, so `follower` is told what others append after the present end of
   * the log.
   */
  hear(follower: LogFollower): void {
    this.#endLinger();
    if (this.following || this.lost.isClosed) return;
    this.#onUnheard = this.#context.onHeard?.();
    const following = this.#follow(follower);
    this.following = following;
    const begin = (origin: Offset, newest: Offset): void => {
      if (this.following !== following) return;
      this.beginning = undefined;
      this.origin = origin;
      this.skip(origin, true);
      // The records that this process did not hear may have said that others were erased.
      this.#forget();
      follower.onMore(newest);
    };
    const begun = after(following.ready, (end) => after(this.fences.placeBefore(end), (place) => begin(place, end)));
    unlessThere(begun, (coming) => {
      this.beginning = coming;
    });
  }

  #follow(follower: LogFollower): Following {
    try {
      return this.#log.follow(this.#name, follower);
    } catch (error) {
      this.report(error);
      return { ready: this.offset, end: () => undefined };
    }
  }

  /**
   * Nobody is there any more. The process goes on for a while, as long as its home says. It then hears nothing, until
   * somebody enters. `isOver` says that the while is over.
   */
  endHearing(isOver = this.home.lingerMs === 0): void {
    if (!this.following || this.#linger !== undefined) return;
    const onTimer = (): void => {
      this.#linger = undefined;
      // A session that began while the end of the log was unknown is written when it is known.
      this.endHearing(!this.beginning);
    };
    if (isOver) this.#stop();
    else this.#linger = unreferenced(this.clock.setTimeout(onTimer, this.home.lingerMs, undefined));
  }

  #endLinger(): void {
    if (this.#linger !== undefined) this.clock.clearTimeout(this.#linger);
    this.#linger = undefined;
  }

  #stop(): void {
    this.#endLinger();
    const following = this.following;
    if (!following) return;
    this.following = undefined;
    this.beginning = undefined;
    // Nobody says here any more when the home is back.
    if (!this.home.keepsAtOnce) this.lost.tell();
    following.end();
    this.#onUnheard?.();
  }

  /** Hears nothing any more, although somebody may still be about to enter. Called when the server closes. */
  close(): void {
    this.lost.close();
    this.#stop();
  }
}
