/** What all clients of plain events have in common: an address, credentials, and an answer in HTTP's own form until they are in. */
import type { Offset } from '../../backplane/backplane.js';
import type { ProtocolError } from '../../base/errors.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { NamespaceContext } from '../../namespace/context.js';
import {
  enterWithHistory,
  type HistoryWish,
  historyGap,
  holdForHistory,
  mayReadHistory,
} from '../../namespace/history/history-query.js';
import type { OutgoingEvent } from '../../namespace/outgoing-event.js';
import type { Socket } from '../../namespace/socket/socket.js';
import type { Session } from '../../session/session.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { AnswerableTransport } from '../../transport/plain-http/answer.js';
import { PlainConnection } from '../plain-connection.js';
import type { EventsAddress } from './address.js';
import type { Credentials } from './credentials.js';
import { epochOf, readMark } from './mark.js';
import { refuseEntry, refuseLate, refuseRoom, refuseWith } from './refusal.js';
import { type EventWire, packetsFor } from './wire.js';

/** What a request asks for. */
export interface EventsRequest<T extends AnswerableTransport = AnswerableTransport> {
  readonly transport: T;
  readonly address: EventsAddress;
  readonly credentials: Credentials;
  /** The newest event that the client saw, as it says. */
  readonly lastEventId: string | undefined;
  /** How much the client wants of what was sent before, where it does not go on behind an event. */
  readonly history: number | undefined;
}

const NOTHING: readonly EncodedPacket[] = [];

/** A client of plain events. Guarantee: it is answered once, when all that it asked for is decided. */
export abstract class EventsConnection<T extends AnswerableTransport = AnswerableTransport> extends PlainConnection {
  protected readonly transport: T;
  /** The form in which it gets events; without one it gets none. */
  protected abstract readonly wire: EventWire | undefined;
  readonly #hasCredentials: boolean;
  readonly #epoch: string;
  /** What was sent before, until the client has it. */
  #history: HistoryWish | undefined = undefined;
  /** Until the client reads on from there. */
  #lastEventId: string | undefined;
  #isAnswered = false;
  /** Whether it goes on behind what it has seen. */
  #isHeld = false;

  constructor(
    context: NamespaceContext,
    namespaces: NamespaceFinder,
    session: Session,
    { transport, address, credentials, lastEventId, history }: EventsRequest<T>,
  ) {
    super(context, namespaces, session);
    this.transport = transport;
    this.#hasCredentials = credentials.areGiven;
    this.#lastEventId = lastEventId;
    if (history !== undefined && address.rooms.length > 0)
      this.#history = { rooms: address.rooms, query: { limit: history }, isEntering: true };
    this.#epoch = epochOf(context);
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

  /** Has the socket enter rooms; `done` follows when the application has allowed all of them, else the client is refused. */
  protected enterRooms(socket: Socket, rooms: readonly string[], done: () => void): void {
    // What the application thinks over is bounded as the time to join is.
    this.context.unjoined.add(this);
    if (!this.#history) {
      this.#enterRooms(socket, rooms, done);
      return;
    }
    mayReadHistory(socket, this.#history, (refusal) => {
      if (this.#isAnswered) return;
      if (!refusal) {
        this.#enterRooms(socket, rooms, done);
        return;
      }
      this.settle();
      this.transport.answer(refuseRoom(refusal, rooms.join(',')));
    });
  }

  #enterRooms(socket: Socket, rooms: readonly string[], done: () => void): void {
    const { log } = socket.nsp;
    const after = this.#lastEventId === undefined ? undefined : readMark(this.#lastEventId, this.#epoch);
    // Where the client was is known: nothing is told to it before what it missed, not even that the others miss something.
    this.#holdMissed(socket, after);
    // Another process may have appended what this client has seen there.
    const refreshed = after === undefined ? undefined : log?.refresh();
    if (refreshed instanceof Promise) {
      void refreshed.then(() => {
        if (!this.#isAnswered && socket.connected) this.#enterNow(socket, rooms, after, done);
      });
    } else {
      this.#enterNow(socket, rooms, after, done);
    }
  }

  #enterNow(socket: Socket, rooms: readonly string[], after: Offset | undefined, done: () => void): void {
    let waiting = rooms.length;
    if (!this.#holdMissed(socket, after) && this.#history) holdForHistory(socket);
    if (waiting === 0) done();
    for (const room of rooms) {
      socket.nsp.permissions.subscribe(socket, room, (refusal) => {
        if (this.#isAnswered) return;
        if (refusal) {
          this.settle();
          this.transport.answer(refuseRoom(refusal, room));
          return;
        }
        waiting -= 1;
        if (waiting === 0) done();
      });
      if (this.#isAnswered && waiting > 0) return;
    }
  }

  /** Has a client that was here before get what it missed, or know that this is gone. Call it when it is in all its rooms. */
  protected readOn(): void {
    const [mark, history, { socket, wire }] = [this.#lastEventId, this.#history, this];
    this.#lastEventId = undefined;
    this.#history = undefined;
    if (!socket || !wire) return;
    if (this.#isHeld) {
      socket.readOn();
      return;
    }
    if (mark !== undefined) this.send(new EncodedPacket(wire.encodeOwn('naru:gap', [{ after: mark, before: null }])));
    if (history) this.#sendHistory(socket, wire, history);
  }

  /** Events that were sent before come as they came then; where they cannot be read, the client is told that they are missing. */
  #sendHistory(socket: Socket, wire: EventWire, history: HistoryWish): void {
    const { log } = socket.nsp;
    enterWithHistory(
      socket,
      history,
      () => undefined,
      (refusal, page) => {
        if (refusal) this.send(new EncodedPacket(wire.encodeOwn('naru:gap', [historyGap(socket)])));
        if (log) for (const record of page?.records ?? []) this.deliver(log.encode(record), false);
      },
    );
  }

  /** What is sent while it enters its rooms, it reads with what it missed; `false` where it missed nothing that is known here. */
  #holdMissed(socket: Socket, after: Offset | undefined): boolean {
    const { log } = socket.nsp;
    if (!log || after === undefined || after > log.offset) return false;
    this.#isHeld = true;
    socket.holdFrom(after);
    return true;
  }

  protected override onRefused(message: string, data: unknown): void {
    this.settle();
    this.transport.answer(refuseEntry(message, data, this.#hasCredentials));
  }

  protected override onBadInput(error: ProtocolError): void {
    if (this.#isAnswered) return;
    this.settle();
    this.transport.answer(refuseWith(400, { code: error.code, message: error.message }));
  }

  override onUnjoined(): void {
    if (!this.#isAnswered) {
      this.settle();
      this.transport.answer(refuseLate());
    }
    super.onUnjoined();
  }

  protected override encodeEvent(event: OutgoingEvent): readonly EncodedPacket[] {
    // What stands in the log comes from there, once the client is in all its rooms.
    const isHeld = this.#lastEventId !== undefined && event.offset !== undefined;
    return this.wire && !isHeld ? packetsFor(this.wire, event, this.socket?.id, this.#epoch) : NOTHING;
  }

  protected override encodeAck(_id: number, _args: readonly unknown[]): readonly EncodedPacket[] {
    return NOTHING;
  }
}
