/** Delivers the events of a log to the sockets of this process, whether they were emitted here or in another process. */
import {
  type Appended,
  type MaybePromise,
  type Offset,
  type Page,
  type StoredRecord,
  whenResolved,
} from '../../backplane/backplane.js';
import { throwLater } from '../../base/uncaught.js';
import type { Outbox, PendingBroadcast } from '../../session/outbox.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { EVERYBODY, type RoomMember, type Rooms } from '../rooms.js';
import { keyOf, noteEvent } from '../slow-readers/event-notes.js';
import type { SlowPolicies } from '../slow-readers/namespace-policies.js';
import type { Member } from '../socket/socket.js';
import type { Target } from '../target.js';
import type { LoggedEvent, NamespaceLog } from './namespace-log.js';

/** The part of a member that the delivery of a log uses. */
export type LogRecipient = RoomMember & Pick<Member, 'sendLogged' | 'readFrom'>;

/** The part of a namespace that the delivery of a log uses. */
export interface LogDeliveryContext {
  readonly rooms: Rooms<LogRecipient>;
  readonly outbox: Outbox;
  readonly log: NamespaceLog;
  /** The policies for sockets that read slowly. */
  readonly policies?: SlowPolicies | undefined;
  /** Notes the event on its packets, for wires that do not send Socket.IO's form. */
  describe(packets: readonly EncodedPacket[], event: LoggedEvent, offset: Offset): void;
}

/** Records that are read from the log at once. */
const PAGE = 256;

/**
 * Delivers the records of one log in order and each of them once, whichever process appended them. Invariant: `log.offset` is the newest
 * record that was delivered, and a reader for a single socket stops there.
 */
export class LogDelivery {
  readonly #context: LogDeliveryContext;
  /** Whether records are being read or delivered. Later calls wait until that is done. */
  #isHandingOut = false;
  #hasMore = false;
  /** The offset at which the current reading may stop. Undefined when the reading has to reach the end of the log. */
  #until: Offset | undefined;
  #reading: Promise<void> | undefined;
  #unfollow: (() => void) | undefined;

  constructor(context: LogDeliveryContext) {
    this.#context = context;
  }

  /**
   * Makes `log.offset` the place where a socket that joins now begins. Returns a promise if the log has to be asked first. Does nothing if
   * the process has members and knows the end of the log.
   */
  findPlace(): MaybePromise<void> {
    const { log, rooms } = this.#context;
    if (rooms.members.size === 0 || log.beginning) return this.catchUp();
  }

  /** Starts to follow what other processes append. Called when the process has a member, or is about to get one. */
  follow(): void {
    if (this.#unfollow) return;
    this.#unfollow = this.#context.log.follow(() => void this.catchUp());
    void this.catchUp();
  }

  /** Stops following the log. Called when the last member has left. */
  unfollow(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  /** Appends an event to the log at the end of the turn, or earlier if anything could notice the delay. */
  keep(event: LoggedEvent): void {
    const { outbox, log } = this.#context;
    const { pending } = outbox;
    if (pending instanceof LoggedEvents && pending.log === log) pending.events.push(event);
    else outbox.postpone(new LoggedEvents(log, event, (events) => this.#commit(events)));
  }

  /** Delivers the records after `log.offset`, at least up to `until`, or all of them without `until`. */
  catchUp(until?: Offset): MaybePromise<void> {
    this.#context.outbox.settle();
    if (this.#isHandingOut) {
      this.#hasMore = true;
      if (until === undefined || (this.#until !== undefined && until > this.#until)) this.#until = until;
      return this.#reading;
    }
    this.#isHandingOut = true;
    this.#until = until;
    return this.#readOn();
  }

  #commit(events: readonly LoggedEvent[]): void {
    whenResolved(this.#context.log.append(events), (appended) => this.#onAppended(events, appended), throwLater);
  }

  #onAppended(events: readonly LoggedEvent[], appended: Appended | undefined): void {
    const { log } = this.#context;
    // Events that could not be stored are still delivered, with the newest known offset.
    if (!appended) {
      this.#handOutAlone(events, undefined);
      return;
    }
    // Other processes appended first. Their events are delivered first, from the log.
    if (!this.#isHandingOut && appended.previous > log.offset) void this.catchUp(appended.previous);
    if (this.#isHandingOut || appended.previous !== log.offset) {
      void this.catchUp();
      return;
    }
    this.#handOutAlone(events, appended.offsets);
  }

  /** Delivers events of this process. Events that a listener emits meanwhile are delivered after them. */
  #handOutAlone(events: readonly LoggedEvent[], offsets: readonly Offset[] | undefined): void {
    if (this.#isHandingOut) {
      this.#handOut(events, offsets);
      return;
    }
    this.#isHandingOut = true;
    this.#hasMore = false;
    try {
      this.#handOut(events, offsets);
    } finally {
      this.#isHandingOut = false;
    }
    if (this.#hasMore) void this.catchUp();
  }

  #handOut(events: readonly LoggedEvent[], offsets: readonly Offset[] | undefined): void {
    const { log, rooms, policies } = this.#context;
    for (let at = 0; at < events.length; ) {
      const previous = log.offset;
      const { target } = events[at] as LoggedEvent;
      const packets: EncodedPacket[] = [];
      // Consecutive events to the same room go to its members together.
      do {
        const event = events[at] as LoggedEvent;
        const offset = offsets?.[at] ?? log.offset;
        const marked = log.mark(event, offset);
        this.#context.describe(marked, event, offset);
        for (const packet of marked) packets.push(packet);
        log.advance(offset);
        at += 1;
      } while (at < events.length && isSameRoom(target, (events[at] as LoggedEvent).target));
      const policy = policies?.of(target.rooms);
      rooms.forEach(target, (recipient) => recipient.sendLogged(packets, previous, policy));
      // Every recipient has the form of its wire by now. Packets that wait in an outbox should not keep the other forms alive.
      for (const packet of packets) packet.source = undefined;
    }
  }

  #readOn(): MaybePromise<void> {
    const { log, rooms } = this.#context;
    const isAlone = (): boolean => rooms.members.size === 0;
    // A socket that joins before the end is known receives the events up to that end.
    const known = isAlone() ? log.advanceToEnd(isAlone) : log.beginning;
    if (!(known instanceof Promise)) return this.#readPages();
    this.#reading = known.then(() => this.#readPages());
    return this.#reading;
  }

  #readPages(): MaybePromise<void> {
    const { log, rooms } = this.#context;
    try {
      while (rooms.members.size > 0) {
        this.#hasMore = false;
        const page = log.read(log.offset, PAGE);
        if (page instanceof Promise) {
          this.#reading = page.then((read) => this.#onLatePage(read)).catch((error: unknown) => this.#fail(error));
          return this.#reading;
        }
        if (this.#handOutPage(page)) break;
      }
      this.#end();
    } catch (error) {
      this.#fail(error);
    }
  }

  #onLatePage(page: Page): MaybePromise<void> {
    if (!this.#handOutPage(page)) return this.#readPages();
    this.#end();
  }

  #end(): void {
    this.#isHandingOut = false;
    this.#reading = undefined;
  }

  #fail(error: unknown): void {
    this.#end();
    this.#context.log.report(error);
  }

  /** Delivers a page. Returns `true` when no record is known to follow, or when the rest lies beyond `#until`. */
  #handOutPage({ records, hasGap }: Page): boolean {
    const { log, rooms, policies } = this.#context;
    if (hasGap) this.#tellGap(records);
    for (let at = 0; at < records.length; ) {
      const previous = log.offset;
      const first = records[at] as StoredRecord;
      if (this.#isBeyond(first)) return true;
      const packets: EncodedPacket[] = [];
      let record: StoredRecord | undefined = first;
      do {
        if (record.offset > log.offset && !log.take(record)) {
          const encoded = log.encode(record);
          if (policies?.isNoting) noteEvent(encoded, keyOf(nameOf(record), record.rooms, record.key), record.offset);
          for (const packet of encoded) packets.push(packet);
        }
        log.advance(record.offset);
        at += 1;
        record = records[at];
      } while (record && isSameNames(first, record) && !this.#isBeyond(record));
      if (packets.length === 0) continue;
      const policy = policies?.of(first.rooms);
      rooms.forEach(targetOf(first), (recipient) => recipient.sendLogged(packets, previous, policy));
    }
    return records.length < PAGE && !this.#hasMore;
  }

  #isBeyond({ offset }: StoredRecord): boolean {
    return this.#until !== undefined && offset > this.#until;
  }

  /** The log was trimmed before this process read it. Each socket then reads the log itself, which tells it what is missing. */
  #tellGap(records: readonly StoredRecord[]): void {
    const { log, rooms } = this.#context;
    const after = log.offset;
    const [first] = records;
    if (first) log.advance(first.offset);
    else log.advanceToEnd();
    rooms.forEach(EVERYBODY, (recipient) => recipient.readFrom(after));
  }
}

/** Consecutive events that wait to be appended to the log together. */
class LoggedEvents implements PendingBroadcast {
  readonly log: NamespaceLog;
  readonly events: LoggedEvent[];
  readonly #commit: (events: readonly LoggedEvent[]) => void;

  constructor(log: NamespaceLog, first: LoggedEvent, commit: (events: readonly LoggedEvent[]) => void) {
    this.log = log;
    this.events = [first];
    this.#commit = commit;
  }

  settle(): void {
    this.#commit(this.events);
  }
}

function targetOf({ rooms, except }: StoredRecord): Target {
  return { rooms: new Set(rooms), except: new Set(except), flags: {} };
}

/** Whether two targets are the same single room, or both everybody. */
function isSameRoom(one: Target, other: Target): boolean {
  if (one.except.size > 0 || other.except.size > 0 || one.rooms.size > 1 || one.rooms.size !== other.rooms.size)
    return false;
  for (const room of one.rooms) return other.rooms.has(room);
  return true;
}

function isSameNames(one: StoredRecord, other: StoredRecord): boolean {
  if (one.except.length > 0 || other.except.length > 0 || one.rooms.length > 1) return false;
  return one.rooms.length === other.rooms.length && one.rooms[0] === other.rooms[0];
}

/** Returns the name of an event with a conflation key. Other events do not need it, so their JSON is not parsed. */
function nameOf({ event, key }: StoredRecord): unknown {
  return key === undefined ? undefined : (JSON.parse(event) as unknown[])[0];
}
