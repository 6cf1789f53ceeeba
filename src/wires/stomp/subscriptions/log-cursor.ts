/** A subscription that reads the log of its namespace from a place on, as fast as its client acknowledges. docs/stomp.md, "Durable subscriptions". */
import { type Offset, type StoredRecord, whenResolved, ZERO_OFFSET } from '../../../backplane/backplane.js';
import type { Timer } from '../../../base/clock.js';
import { throwLater } from '../../../base/uncaught.js';
import type { HistoryRecords } from '../../../namespace/history/history.js';
import { OutgoingEvent } from '../../../namespace/outgoing-event.js';
import type { Member } from '../../../namespace/socket/socket.js';
import { PacketType } from '../../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../../transport/encoded-packet.js';
import type { StompClient } from '../stomp-client.js';
import type { DurableHolder } from './durables.js';
import type { Subscription, SubscriptionCursor } from './subscription.js';

const GAP = 'naru:gap';
const DROPPED = 'naru:dropped';
const NOTHING: readonly EncodedPacket[] = [];
/** Records of a page. */
const PAGE = 200;
/** One that could not be read. */
const NO_PAGE: HistoryRecords = { records: [], hasMore: false, hasGap: true, next: undefined };
/** Pages of one client that are read at once; others wait their turn behind those of other clients. */
const OPEN_MAX = 2;
const openReadings = new WeakMap<Member, number>();
/** Milliseconds until it is looked again whether there is space, where no ACK will tell. */
const LOOK_AGAIN_MS = 25;

/**
 * The cursor of one subscription. Guarantees: the client gets each record of the log that is for the room once, in their order, while the
 * subscription lasts; what is missing is told by a message `naru:gap`; who does not acknowledge costs no memory. Invariant: while `#isLive`,
 * all that was handed out to the room has been sent.
 */
export class LogCursor implements DurableHolder, SubscriptionCursor {
  readonly #client: StompClient;
  readonly #subscription: Subscription;
  readonly #key: string | undefined;
  readonly #windowMax: number;
  /** The newest record that was sent, or passed over because it is for others. */
  #sent: Offset;
  /** The newest record that came from the log, which may be handed out to everybody only later. */
  #read: Offset;
  /** The newest event that was handed out meanwhile. */
  #missed: Offset = ZERO_OFFSET;
  #isLive = false;
  #isReading = false;
  /** Whether the log has lost something since the page was asked for that is being read or sent. */
  #isStale = false;
  #isOver = false;
  /** What is left of a page. */
  #rest: StoredRecord[] = [];
  #onRead: (() => void) | undefined = undefined;
  #timer: Timer | undefined = undefined;

  /**
   * `key`: what its durable subscription is kept under, if it is one. `windowMax`: messages that the client may owe an ACK for; then it gets no
   * more until one comes.
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

  /** Behind what a client goes on that comes back. */
  get acked(): Offset {
    return this.#subscription.firstOwed ?? this.#sent;
  }

  /** Begins, in the room; `isNew`: at the end of the log, so that there is nothing to read; `isLost`: its place is of a log that is gone. */
  start(isNew: boolean, isLost = false): void {
    const { log } = this.#client.namespace;
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
    // Another process may have appended what this client has seen there.
    whenResolved(log.refresh(), begin, begin);
  }

  /** What the client gets of an event that is handed out to the room. */
  offer(event: OutgoingEvent): readonly EncodedPacket[] {
    const { offset } = event;
    if (event.name === DROPPED && event.rooms.size === 0) return this.#readAgain();
    if (event.name === GAP && event.rooms.size === 0) return this.#onSocketGap(event);
    // A question, and what stands in no log, such as presence: it comes while the client keeps up.
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

  /** The client has acknowledged something. */
  onSettled(): void {
    this.#note();
    this.#pump();
  }

  /** Something was dropped for the socket, because it reads slowly: it is in the log. */
  #readAgain(): readonly EncodedPacket[] {
    this.#isLive = false;
    this.#lookAgain();
    return NOTHING;
  }

  /** The log went past the socket. Where that leaves this cursor, which may stand elsewhere, it finds out when it reads. */
  #onSocketGap(event: OutgoingEvent): readonly EncodedPacket[] {
    const [gap] = event.args();
    const { after } = (gap ?? {}) as { after?: unknown };
    // All before it was handed out to the room.
    if (this.#isLive && typeof after === 'string') this.#advance(after);
    this.#isStale = true;
    return this.#readAgain();
  }

  /** Counts what was sent to others as passed over, in a turn in which nothing is being handed out: so that it is no gap once it is gone. */
  refresh(): void {
    const { namespace, entered } = this.#client;
    const { log } = namespace;
    if (log && this.#isLive && !entered.lag && this.#subscription.heldCount === 0 && log.offset > this.#sent)
      this.#sent = log.offset;
  }

  onTaken(): void {
    const message = 'another connection has taken over the durable subscription';
    this.#client.putOut({ message, code: 'STOMP_REFUSED' });
  }

  /** Nothing is read or sent any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { durables, namespaces } = this.#client.scope;
    if (this.#key !== undefined) durables.release(this.#key, this);
    if (this.#timer !== undefined) namespaces.context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** What was acknowledged, or need not be, has changed. */
  #note(): void {
    if (this.#key !== undefined) this.#client.scope.durables.note(this.#key, this);
  }

  get #hasWindow(): boolean {
    return this.#subscription.heldCount < this.#windowMax;
  }

  /** Whether the connection takes more; with nothing to come of the client, one message always goes. */
  get #hasSpace(): boolean {
    const { namespace, entered } = this.#client;
    return entered.client.conn.bufferedBytes <= namespace.lateBytesMax;
  }

  #pump(): void {
    while (!this.#isOver && !this.#isLive && !this.#isReading) {
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
    const event = this.#client.namespace.log?.encode(record)[0]?.source;
    this.#read = record.offset;
    if (!(event instanceof OutgoingEvent)) return;
    for (const packet of this.#take(event, record.offset)) this.#client.send(packet);
  }

  /** Reads a page, which comes later. */
  #readPage(): void {
    const { namespace, entered: member } = this.#client;
    const outside = member.rooms;
    // What it sent itself left out its own room.
    outside.delete(member.id);
    const { offset = ZERO_OFFSET } = namespace.log ?? {};
    // All that was handed out so far stands before it.
    const end = offset > this.#missed ? offset : this.#missed;
    const rooms = new Set([this.#subscription.destination.name]);
    const open = openReadings.get(member) ?? 0;
    const query = { after: this.#sent, limit: PAGE, rooms, outside };
    if (open >= OPEN_MAX) {
      this.#lookAgain();
      return;
    }
    openReadings.set(member, open + 1);
    this.#isReading = true;
    this.#isStale = false;
    namespace.past
      .readOnQueued(member.socket, query)
      .catch(() => undefined)
      .then((page = NO_PAGE) => this.#onPage(page, end))
      .catch(throwLater);
  }

  #onPage(page: HistoryRecords, end: Offset): void {
    const { records, hasMore, hasGap, next } = page;
    const { entered: member } = this.#client;
    openReadings.set(member, (openReadings.get(member) ?? 1) - 1);
    this.#isReading = false;
    if (this.#isOver) return;
    // Who begins at the first record there is misses none before it.
    if (hasGap && (this.#sent > ZERO_OFFSET || page === NO_PAGE)) this.#tellGap(records[0]?.offset);
    this.#rest = [...records];
    this.#onRead = () => {
      if (next !== undefined) this.#advance(next);
      if (hasMore) return;
      this.#advance(end);
      // What was handed out before the page was read is in it, or is for others.
      this.#isLive = this.#missed <= end && !this.#isStale;
      this.#note();
    };
    this.#pump();
  }

  #take(event: OutgoingEvent, offset: Offset): readonly EncodedPacket[] {
    const before = this.#sent;
    this.#sent = offset;
    const packets = this.#write(event, before);
    // Nothing is owed in mode auto.
    if (this.#subscription.isAuto) this.#note();
    return packets;
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

  #lookAgain(): void {
    this.#timer ??= this.#client.scope.namespaces.context.clock.setTimeout(
      (cursor: LogCursor) => {
        cursor.#timer = undefined;
        cursor.#pump();
      },
      LOOK_AGAIN_MS,
      this,
    );
  }
}

/** What tells a subscriber what is missing. */
export function gapEvent(namespace: string, gap: { after: Offset; before: Offset | null }): OutgoingEvent {
  return OutgoingEvent.of({ type: PacketType.EVENT, nsp: namespace, data: [GAP, gap] });
}
