/**
 * Reads the log for a subscription from a given place on, as fast as its client acknowledges. docs/stomp.md, "Durable
 * subscriptions".
 */
import { type Offset, type StoredRecord, ZERO_OFFSET } from 'naru/backplane';
import type { Timer } from 'naru/base';
import { type Answer, after, isNaruError, throwLater } from 'naru/base';
import { PacketType } from 'naru/protocol';
import type { EncodedPacket, HistoryRecords, Member } from 'naru/wire';
import { eventOf, OutgoingEvent } from 'naru/wire';
import type { StompClient } from '../stomp-client.js';
import type { DurableHolder } from '../subscriptions/durables.js';
import type { Subscription, SubscriptionCursor } from '../subscriptions/subscription.js';

const GAP = 'naru:gap';
const DROPPED = 'naru:dropped';
const NOTHING: readonly EncodedPacket[] = [];
/** The maximum number of records in a page. */
const PAGE = 200;
/** Stands for a page that cannot be read at all. */
const NO_PAGE: HistoryRecords = { records: [], hasMore: false, hasGap: true, next: undefined };
/** The pages that are read at the same time for one client. Further pages of it wait, and other clients are served. */
const OPEN_MAX = 2;
const openReadings = new WeakMap<Member, number>();
/** Milliseconds until the cursor looks again for space or for an end of these readings, which no ACK announces. */
const LOOK_AGAIN_MS = 25;
/** Milliseconds until the cursor reads again after the log could not be reached. */
const READ_AGAIN_MS = 500;

/**
 * The cursor of one subscription. Guarantees: while the subscription lasts, the client gets each record for the room
 * once, in the order of the log. A message `naru:gap` reports missing records. A client that does not acknowledge costs
 * no memory. Invariant: while `#isLive` is true, all events that the room got have been sent.
 */
export class LogCursor implements DurableHolder, SubscriptionCursor {
  readonly #client: StompClient;
  readonly #subscription: Subscription;
  readonly #key: string | undefined;
  readonly #windowMax: number;
  /** The newest record that was sent, or skipped because it is for others. */
  #sent: Offset;
  /** The newest record that was read from the log. The room may get it as an event only later. */
  #read: Offset;
  /** The newest event that the room got while this cursor was not live. */
  #missed: Offset = ZERO_OFFSET;
  #isLive = false;
  #isReading = false;
  /** Whether the socket got a `naru:gap` since the current page was requested. */
  #isStale = false;
  #isOver = false;
  /** Whether nothing is missing before the first record. */
  #isFromFirst = false;
  /** The records of the current page that were not sent yet. */
  #rest: StoredRecord[] = [];
  /** The number of erasures when these were read. */
  #erasures = 0;
  #onRead: (() => void) | undefined = undefined;
  #timer: Timer | undefined = undefined;

  /**
   * `key` is the key of the durable subscription, if it is one. `windowMax` is the maximum number of messages without
   * an ACK. At the maximum, the client gets no more until an ACK comes.
   */
  constructor(
    client: StompClient,
    subscription: Subscription,
    key: string | undefined,
    windowMax: number,
    after: Offset,
  ) {
    this.#client = client;
    this.#subscription = subscription;
    this.#key = key;
    this.#windowMax = windowMax;
    this.#sent = after;
    this.#read = after;
  }

  /** The offset after which a returning client continues. */
  get acked(): Offset {
    return this.#subscription.firstOwed ?? this.#sent;
  }

  /**
   * Starts when the socket is in the room. `isNew`: the subscription begins at the end of the log, so there is nothing
   * to read. `isLost`: the place of the subscription belongs to a log that is gone. `isFromFirst`: the client begins
   * with the first record that the log has.
   */
  start(isNew: boolean, isLost = false, isFromFirst = false): void {
    const { log } = this.#client.namespace;
    this.#isFromFirst = isFromFirst;
    if (isNew || !log) {
      this.#isLive = true;
      return;
    }
    const begin = (): void => {
      if (this.#isOver) return;
      if (isLost || this.#sent > log.offset) {
        this.#tellGap(undefined);
        this.#sent = log.offset;
        this.#read = log.offset;
      }
      this.#pump();
    };
    // The client may have seen events that another process appended and this one has not read yet.
    after(log.refresh(), begin, begin);
  }

  /** Returns the packets that the client gets now for an event of the room. */
  offer(event: OutgoingEvent): readonly EncodedPacket[] {
    const { offset } = event;
    if (event.name === DROPPED && event.rooms.size === 0) return this.#readAgain();
    if (event.name === GAP && event.rooms.size === 0) return this.#onSocketGap(event);
    // These reach only a client that keeps up: events that expect an answer, events outside the log (such as presence),
    // and events that `refresh` has skipped before the room got them.
    if (
      event.id !== undefined ||
      offset === undefined ||
      (this.#isLive && offset <= this.#sent && offset > this.#read)
    ) {
      return this.#isLive && this.#hasWindow ? this.#write(event, undefined) : NOTHING;
    }
    if (offset <= this.#sent) return NOTHING;
    if (this.#isLive && this.#hasWindow) return this.#take(event, offset);
    this.#isLive = false;
    this.#missed = offset;
    return NOTHING;
  }

  /** Called when the client has acknowledged something. */
  onSettled(): Answer<void> {
    const noted = this.#note(true);
    this.#pump();
    return noted;
  }

  /** Called when events were dropped because the socket reads slowly. The cursor reads them from the log. */
  #readAgain(): readonly EncodedPacket[] {
    this.#isLive = false;
    this.#lookAgain();
    return NOTHING;
  }

  /**
   * Called when the socket has a gap in the log. This cursor may be at another place, so it reads the log to find out
   * what it missed.
   */
  #onSocketGap(event: OutgoingEvent): readonly EncodedPacket[] {
    const [gap] = event.args();
    const { after } = (gap ?? {}) as { after?: unknown };
    // The room got all events before the gap.
    if (this.#isLive && typeof after === 'string') this.#advance(after);
    this.#isStale = true;
    return this.#readAgain();
  }

  /**
   * Skips events for others, so that they do not become a gap when the log drops them. Called in a turn in which the
   * room gets no events.
   */
  refresh(): Answer<void> {
    // An event on its way into the log comes before the place that is stored now.
    const delivered = this.#client.namespace.log?.fences.whenDelivered();
    return after(delivered, () => this.#skip());
  }

  #skip(): void {
    const { namespace, entered } = this.#client;
    const { log } = namespace;
    if (
      log &&
      !this.#isOver &&
      this.#isLive &&
      !entered.lag &&
      this.#subscription.heldCount === 0 &&
      log.offset > this.#sent
    )
      this.#sent = log.offset;
  }

  onTaken(): void {
    const message = 'another connection has taken over the durable subscription';
    this.#client.putOut({ message, code: 'STOMP_REFUSED' });
  }

  /** Ends reading and sending. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { durables, namespaces } = this.#client.scope;
    if (this.#key !== undefined) durables.release(this.#key, this);
    if (this.#timer !== undefined) namespaces.context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Stores the place of a durable subscription after an ACK, or after a reading that skipped events for others. */
  #note(isAcked: boolean): Answer<void> {
    if (this.#key !== undefined) return this.#client.scope.durables.note(this.#key, this, isAcked);
  }

  get #hasWindow(): boolean {
    return this.#subscription.heldCount < this.#windowMax;
  }

  /** Whether the connection takes more. With an empty buffer it always takes one message. */
  get #hasSpace(): boolean {
    const { namespace, entered } = this.#client;
    return entered.client.conn.bufferedBytes <= namespace.lateBytesMax;
  }

  #pump(): void {
    while (!this.#isOver && !this.#isLive && !this.#isReading) {
      // Some of the records may have been erased since they were read.
      if (this.#client.namespace.log?.erasures !== this.#erasures) {
        this.#rest = [];
        this.#onRead = undefined;
      }
      const [record] = this.#rest;
      if (!record) {
        this.#onRead?.();
        this.#onRead = undefined;
        if (!this.#isLive) this.#readPage();
        return;
      }
      if (!this.#hasWindow) return;
      if (!this.#hasSpace) {
        this.#lookAgain();
        return;
      }
      this.#rest.shift();
      this.#sendRecord(record);
    }
  }

  #sendRecord(record: StoredRecord): void {
    if (record.offset <= this.#sent) return;
    const event = eventOf(this.#client.namespace.log?.packets.encode(record)[0]);
    this.#read = record.offset;
    if (!event) return;
    for (const packet of this.#take(event, record.offset)) this.#client.send(packet);
  }

  /** Requests a page, which arrives later. */
  #readPage(): void {
    const { namespace, entered: member } = this.#client;
    const outside = member.rooms;
    // An event of the client is sent with its own room in `except`. The client may still read it from the log.
    outside.delete(member.id);
    const { offset = ZERO_OFFSET } = namespace.log ?? {};
    // All events that the room got so far are at or before this offset.
    const end = offset > this.#missed ? offset : this.#missed;
    const rooms = new Set([this.#subscription.destination.name]);
    const open = openReadings.get(member) ?? 0;
    const query = { after: this.#sent, limit: PAGE, rooms, outside, withErased: true };
    if (open >= OPEN_MAX) {
      this.#lookAgain();
      return;
    }
    openReadings.set(member, open + 1);
    this.#isReading = true;
    this.#isStale = false;
    namespace.past
      .readOnQueued(member.socket, query)
      .catch((error: unknown) => this.#onFailed(error))
      .then((page) => this.#onPage(page, end))
      .catch(throwLater);
  }

  /**
   * Chooses what stands for a page after an error. A log that cannot be reached still has the records, so the cursor
   * stays at its place and reads again. Any other error means that the records cannot be read.
   */
  #onFailed(error: unknown): HistoryRecords | undefined {
    if (!isNaruError(error, 'UnavailableError')) return NO_PAGE;
    // A closed backplane does not come back. The place is kept for the next connection.
    if (!this.#isOver && error.code !== 'CLOSED') this.#lookAgain(READ_AGAIN_MS);
    return undefined;
  }

  /** Takes a page. It is `undefined` if the log could not be reached, or if the client has gone. */
  #onPage(page: HistoryRecords | undefined, end: Offset): void {
    const { entered: member } = this.#client;
    openReadings.set(member, (openReadings.get(member) ?? 1) - 1);
    this.#isReading = false;
    if (this.#isOver || !page) return;
    const { records, hasMore, hasGap, next } = page;
    const isBegin = this.#isFromFirst && this.#sent === ZERO_OFFSET && page !== NO_PAGE;
    if (hasGap && !isBegin) this.#tellGap(records[0]?.offset);
    this.#rest = [...records];
    this.#erasures = this.#client.namespace.log?.erasures ?? 0;
    this.#onRead = () => {
      if (next !== undefined) this.#advance(next);
      if (hasMore) return;
      this.#advance(end);
      // Events that the room got before the page was requested are in the pages, or are for others.
      this.#isLive = this.#missed <= end && !this.#isStale;
      this.#note(false);
    };
    this.#pump();
  }

  #take(event: OutgoingEvent, offset: Offset): readonly EncodedPacket[] {
    const before = this.#sent;
    this.#sent = offset;
    return this.#write(event, before);
  }

  #write(event: OutgoingEvent, before: Offset | undefined): readonly EncodedPacket[] {
    const { forms } = this.#client.scope;
    this.#subscription.expect(forms.numberOf(event), before);
    return forms.encode(this.#subscription.form, event);
  }

  #advance(offset: Offset): void {
    if (offset > this.#sent) this.#sent = offset;
    if (offset > this.#read) this.#read = offset;
  }

  #tellGap(next: Offset | undefined): void {
    const event = gapEvent(this.#client.namespace.name, { after: this.#sent, before: next ?? null });
    for (const packet of this.#write(event, this.#sent)) this.#client.send(packet);
  }

  #lookAgain(afterMs = LOOK_AGAIN_MS): void {
    this.#timer ??= this.#client.scope.namespaces.context.clock.setTimeout(
      (cursor: LogCursor) => {
        cursor.#timer = undefined;
        cursor.#pump();
      },
      afterMs,
      this,
    );
  }
}

/** Creates the event that tells a subscriber which records are missing. */
export function gapEvent(namespace: string, gap: { after: Offset; before: Offset | null }): OutgoingEvent {
  return OutgoingEvent.of({ type: PacketType.EVENT, nsp: namespace, data: [GAP, gap] });
}
