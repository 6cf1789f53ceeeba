/**
 * The common part of all clients of plain events: an address, credentials, and an HTTP response that admits or refuses
 * the client.
 */
import type { Offset } from '../../backplane/backplane.js';
import type { ProtocolError } from '../../base/errors.js';
import { after, inTime } from '../../base/steps/answer.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { OutgoingEvent } from '../../namespace/event/outgoing-event.js';
import type { Room } from '../../namespace/event/target.js';
import { enterWithHistory } from '../../namespace/history/entering.js';
import {
  type HistoryAnswered,
  type HistoryWish,
  historyGap,
  mayReadHistory,
} from '../../namespace/history/history-query.js';
import type { Answered, Refusal } from '../../namespace/permissions/permissions.js';
import { RECOVERY_WAIT_MS } from '../../namespace/recovery/kept-session.js';
import type { Member } from '../../namespace/socket/socket.js';
import type { Session } from '../../session/session.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { AnswerableTransport, HttpAnswer } from '../../transport/plain-http/answer.js';
import { PlainConnection } from '../plain-connection.js';
import type { EventsAddress } from './address.js';
import { epochOf, readMark } from './last-event-id.js';
import { refuseEntry, refuseLate, refuseRoom, refuseWith } from './refusal.js';
import { type EventWire, packetsFor } from './wire.js';

/** The content of one request. */
export interface EventsRequest<T extends AnswerableTransport = AnswerableTransport> {
  readonly transport: T;
  readonly address: EventsAddress;
  /** The credentials that `handshake.auth` shows. */
  readonly auth: Readonly<Record<string, unknown>>;
  /** The id of the newest event that the client says it saw. */
  readonly lastEventId: string | undefined;
  /** The number of earlier events that the client wants, unless it continues after `lastEventId`. */
  readonly history: number | undefined;
}

const NOTHING: readonly EncodedPacket[] = [];
const NO_ROOMS: readonly string[] = [];

/** A client of plain events. Guarantee: it is answered once, when all its requests are decided. */
export abstract class EventsConnection<T extends AnswerableTransport = AnswerableTransport> extends PlainConnection {
  protected readonly transport: T;
  /** The form in which the client gets events. A client without a form gets none. */
  protected abstract readonly wire: EventWire | undefined;
  readonly #hasCredentials: boolean;
  readonly #epoch: string;
  /** The rooms of the address, until the client is in them. */
  #rooms: readonly string[];
  /** The history that the client asked for, until it is sent. */
  #history: HistoryWish | undefined = undefined;
  /** The newest event that the client saw, until it reads on from there. */
  #lastEventId: string | undefined;
  /** Whether the client was answered. `settle` sets it. */
  protected isAnswered = false;
  /** Whether the log holds the client's place, so that it continues after the last event that it saw. */
  #isHeld = false;

  constructor(
    namespaces: NamespaceFinder,
    session: Session,
    { transport, address, auth, lastEventId, history }: EventsRequest<T>,
  ) {
    super(namespaces, session);
    this.transport = transport;
    this.#hasCredentials = Object.keys(auth).length > 0;
    this.#rooms = address.rooms;
    this.#lastEventId = lastEventId;
    if (history !== undefined && address.rooms.length > 0)
      this.#history = { rooms: address.rooms, query: { limit: history }, isEntering: true };
    this.#epoch = epochOf(namespaces.context);
  }

  /** Marks the client as answered, which stops its time limit. */
  protected settle(): void {
    this.isAnswered = true;
    this.context.unjoined.remove(this);
  }

  /** Answers the request, unless it is answered already. */
  protected answer(answer: HttpAnswer): void {
    if (this.isAnswered) return;
    this.settle();
    this.transport.answer(answer);
  }

  /**
   * Joins the member to the rooms of its address. `done` runs when the application has allowed all of them. Otherwise
   * the client is refused.
   */
  protected enterRooms(member: Member, done: () => void): void {
    // The application has to decide within `connectTimeout`, the time that a client has to join.
    this.context.unjoined.add(this);
    if (!this.#history) {
      this.#enterRooms(member, done);
      return;
    }
    mayReadHistory(this.namespace, member, this.#history, (refusal) => {
      if (refusal) this.answer(refuseRoom(refusal, this.#rooms.join(',')));
      else if (!this.isAnswered) this.#enterRooms(member, done);
    });
  }

  #enterRooms(member: Member, done: () => void): void {
    const seen = this.#lastEventId === undefined ? undefined : readMark(this.#lastEventId, this.#epoch);
    // A client whose place in the log is known gets its missed events first. Nothing may precede them, not even a gap
    // that the refresh finds.
    this.#holdMissed(member, seen);
    // The client may have seen events that another process appended and this one has not read yet.
    const refreshed = seen === undefined ? undefined : this.namespace.log?.refresh();
    void after(inTime(this.context.clock, refreshed, RECOVERY_WAIT_MS), (outcome) => {
      if (this.isAnswered || !member.connected) return;
      if (outcome) this.#enterNow(member, seen, done);
      else {
        this.answer(this.later());
        super.onUnjoined();
      }
    });
  }

  /** Returns the answer to a client that is to come back. */
  protected later(refusal = refuseLate()): HttpAnswer {
    return refusal;
  }

  #enterNow(member: Member, after: Offset | undefined, done: () => void): void {
    const rooms = this.#rooms;
    const { permissions } = this.namespace;
    let waiting = rooms.length;
    if (this.#holdMissed(member, after)) this.#history = undefined;
    // A client that is to get history joins all its rooms at one place in the log, once all of them are allowed.
    const isLater = this.#history !== undefined;
    const ask = (room: Room, answered: Answered): void => {
      if (isLater) permissions.maySubscribe(member.socket, room, answered);
      else permissions.subscribe(member.socket, room, answered);
    };
    const onAllowed = (): void => {
      const full = isLater ? permissions.refuseEntries(member.socket, rooms) : undefined;
      if (full) this.answer(refuseRoom(full.refusal, full.room));
      else done();
    };
    if (waiting === 0) onAllowed();
    for (const room of rooms) {
      ask(room, (refusal) => {
        if (refusal) this.answer(refuseRoom(refusal, room));
        if (this.isAnswered) return;
        waiting -= 1;
        if (waiting === 0) onAllowed();
      });
      if (this.isAnswered && waiting > 0) return;
    }
  }

  /**
   * Sends a returning client the events that it missed, or a `naru:gap` if they are gone. Call it when the client is in
   * all its rooms.
   */
  protected readOn(): void {
    const [mark, history, rooms, { member, wire }] = [this.#lastEventId, this.#history, this.#rooms, this];
    this.#lastEventId = undefined;
    this.#history = undefined;
    this.#rooms = NO_ROOMS;
    if (!member || !wire) return;
    if (this.#isHeld) {
      member.readOn();
      return;
    }
    if (mark !== undefined) this.send(new EncodedPacket(wire.encodeOwn('naru:gap', [{ after: mark, before: null }])));
    if (history) this.#enterWithHistory(member, wire, rooms, history);
  }

  /**
   * Joins the rooms and sends their earlier events in the original form. If they cannot be read, the client gets a
   * `naru:gap`.
   */
  #enterWithHistory(member: Member, wire: EventWire, rooms: readonly Room[], history: HistoryWish): void {
    const { log } = this.namespace;
    const onPage: HistoryAnswered = (refusal, page) => {
      if (refusal) this.send(new EncodedPacket(wire.encodeOwn('naru:gap', [historyGap(this.namespace)])));
      if (log) for (const record of page?.records ?? []) this.sendPackets(log.packets.encode(record), false);
    };
    enterWithHistory(this.namespace, member, history, onPage, () => {
      let refusal: Refusal | undefined;
      for (const room of rooms) refusal ??= this.namespace.permissions.enter(member.socket, room);
      return refusal;
    });
  }

  /**
   * Holds back events while the client joins its rooms, so that it reads them from the log after its missed events.
   * Returns `false` when this log does not know the client's place.
   */
  #holdMissed(member: Member, after: Offset | undefined): boolean {
    const { log } = this.namespace;
    if (!log || after === undefined || after > log.offset) return false;
    this.#isHeld = true;
    member.holdFrom(after, true);
    return true;
  }

  protected override onRefused(message: string, data: unknown): void {
    const refusal = refuseEntry(message, data, this.#hasCredentials);
    this.answer(refusal.status === 503 ? this.later(refusal) : refusal);
  }

  protected override onBadInput(error: ProtocolError): void {
    this.answer(refuseWith(400, { code: error.code, message: error.message }));
  }

  override onUnjoined(): void {
    this.answer(this.later());
    super.onUnjoined();
  }

  protected override encodeEvent(event: OutgoingEvent): readonly EncodedPacket[] {
    // Events with an offset reach the client from the log, once it is in all its rooms.
    const isHeld = this.#lastEventId !== undefined && event.offset !== undefined;
    return this.wire && !isHeld ? packetsFor(this.wire, event, this.member?.id, this.#epoch) : NOTHING;
  }

  protected override encodeAck(_id: number, _args: readonly unknown[]): readonly EncodedPacket[] {
    return NOTHING;
  }
}
