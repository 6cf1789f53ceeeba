/** What all clients of plain events have in common: an address, credentials, and an answer in HTTP's own form until they are in. */
import type { Offset } from '../../backplane/backplane.js';
import type { ProtocolError } from '../../base/errors.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import {
  enterWithHistory,
  type HistoryWish,
  historyGap,
  holdForHistory,
  mayReadHistory,
} from '../../namespace/history/history-query.js';
import type { OutgoingEvent } from '../../namespace/outgoing-event.js';
import type { Member } from '../../namespace/socket/socket.js';
import type { Session } from '../../session/session.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { AnswerableTransport, HttpAnswer } from '../../transport/plain-http/answer.js';
import { PlainConnection } from '../plain-connection.js';
import type { EventsAddress } from './address.js';
import { epochOf, readMark } from './last-event-id.js';
import { refuseEntry, refuseLate, refuseRoom, refuseWith } from './refusal.js';
import { type EventWire, packetsFor } from './wire.js';

/** What a request asks for. */
export interface EventsRequest<T extends AnswerableTransport = AnswerableTransport> {
  readonly transport: T;
  readonly address: EventsAddress;
  /** What `handshake.auth` shows. */
  readonly auth: Readonly<Record<string, unknown>>;
  /** The newest event that the client saw, as it says. */
  readonly lastEventId: string | undefined;
  /** How much the client wants of what was sent before, where it does not go on behind an event. */
  readonly history: number | undefined;
}

const NOTHING: readonly EncodedPacket[] = [];
const NO_ROOMS: readonly string[] = [];

/** A client of plain events. Guarantee: it is answered once, when all that it asked for is decided. */
export abstract class EventsConnection<T extends AnswerableTransport = AnswerableTransport> extends PlainConnection {
  protected readonly transport: T;
  /** The form in which it gets events; without one it gets none. */
  protected abstract readonly wire: EventWire | undefined;
  readonly #hasCredentials: boolean;
  readonly #epoch: string;
  /** The rooms of its address, until it is in them. */
  #rooms: readonly string[];
  /** What was sent before, until the client has it. */
  #history: HistoryWish | undefined = undefined;
  /** Until the client reads on from there. */
  #lastEventId: string | undefined;
  #isAnswered = false;
  /** Whether it goes on behind what it has seen. */
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

  /** Whether the client has its answer. */
  protected get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** The client is let in, or refused. */
  protected settle(): void {
    this.#isAnswered = true;
    this.context.unjoined.remove(this);
  }

  /** Answers the request, unless that is done already. */
  protected answer(answer: HttpAnswer): void {
    if (this.#isAnswered) return;
    this.settle();
    this.transport.answer(answer);
  }

  /** Has the member enter the rooms of its address; `done` follows when the application has allowed all of them, else the client is refused. */
  protected enterRooms(member: Member, done: () => void): void {
    // What the application thinks over is bounded as the time to join is.
    this.context.unjoined.add(this);
    if (!this.#history) {
      this.#enterRooms(member, done);
      return;
    }
    mayReadHistory(this.namespace, member, this.#history, (refusal) => {
      if (refusal) this.answer(refuseRoom(refusal, this.#rooms.join(',')));
      else if (!this.#isAnswered) this.#enterRooms(member, done);
    });
  }

  #enterRooms(member: Member, done: () => void): void {
    const after = this.#lastEventId === undefined ? undefined : readMark(this.#lastEventId, this.#epoch);
    // Where the client was is known: nothing is told to it before what it missed, not even that the others miss something.
    this.#holdMissed(member, after);
    // Another process may have appended what this client has seen there.
    const refreshed = after === undefined ? undefined : this.namespace.log?.refresh();
    if (!(refreshed instanceof Promise)) this.#enterNow(member, after, done);
    else
      void refreshed.then(() => {
        if (!this.#isAnswered && member.connected) this.#enterNow(member, after, done);
      });
  }

  #enterNow(member: Member, after: Offset | undefined, done: () => void): void {
    const rooms = this.#rooms;
    let waiting = rooms.length;
    if (!this.#holdMissed(member, after) && this.#history) holdForHistory(this.namespace, member);
    if (waiting === 0) done();
    for (const room of rooms) {
      this.namespace.permissions.subscribe(member.socket, room, (refusal) => {
        if (refusal) this.answer(refuseRoom(refusal, room));
        if (this.#isAnswered) return;
        waiting -= 1;
        if (waiting === 0) done();
      });
      if (this.#isAnswered && waiting > 0) return;
    }
  }

  /** Has a client that was here before get what it missed, or know that this is gone. Call it when it is in all its rooms. */
  protected readOn(): void {
    const [mark, history, { member, wire }] = [this.#lastEventId, this.#history, this];
    this.#lastEventId = undefined;
    this.#history = undefined;
    this.#rooms = NO_ROOMS;
    if (!member || !wire) return;
    if (this.#isHeld) {
      member.readOn();
      return;
    }
    if (mark !== undefined) this.send(new EncodedPacket(wire.encodeOwn('naru:gap', [{ after: mark, before: null }])));
    if (history) this.#sendHistory(member, wire, history);
  }

  /** Events that were sent before come as they came then; where they cannot be read, the client is told that they are missing. */
  #sendHistory(member: Member, wire: EventWire, history: HistoryWish): void {
    const { log } = this.namespace;
    enterWithHistory(this.namespace, member, history, (refusal, page) => {
      if (refusal) this.send(new EncodedPacket(wire.encodeOwn('naru:gap', [historyGap(this.namespace)])));
      if (log) for (const record of page?.records ?? []) this.deliver(log.encode(record), false);
    });
  }

  /** What is sent while it enters its rooms, it reads with what it missed; `false` where it missed nothing that is known here. */
  #holdMissed(member: Member, after: Offset | undefined): boolean {
    const { log } = this.namespace;
    if (!log || after === undefined || after > log.offset) return false;
    this.#isHeld = true;
    member.holdFrom(after);
    return true;
  }

  protected override onRefused(message: string, data: unknown): void {
    this.answer(refuseEntry(message, data, this.#hasCredentials));
  }

  protected override onBadInput(error: ProtocolError): void {
    this.answer(refuseWith(400, { code: error.code, message: error.message }));
  }

  override onUnjoined(): void {
    this.answer(refuseLate());
    super.onUnjoined();
  }

  protected override encodeEvent(event: OutgoingEvent): readonly EncodedPacket[] {
    // What stands in the log comes from there, once the client is in all its rooms.
    const isHeld = this.#lastEventId !== undefined && event.offset !== undefined;
    return this.wire && !isHeld ? packetsFor(this.wire, event, this.member?.id, this.#epoch) : NOTHING;
  }

  protected override encodeAck(_id: number, _args: readonly unknown[]): readonly EncodedPacket[] {
    return NOTHING;
  }
}
