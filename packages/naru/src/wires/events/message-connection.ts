/** A client with a plain WebSocket, where each event is one JSON text in both directions. */
import type { ProtocolError } from '../../base/errors.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { Member } from '../../namespace/socket/socket.js';
import { encodeError } from '../../protocol/json-event/error.js';
import { decodeMessage, encodeRoomAnswer } from '../../protocol/json-event/message.js';
import type { Session } from '../../session/session.js';
import { EncodedPacket, type Unit } from '../../transport/encoded-packet.js';
import type { MessageTransport } from '../../transport/plain-http/message-transport.js';
import { acknowledging, askAboutRoom, type Refused, type RoomRequest } from '../room-request.js';
import { EventsConnection, type EventsRequest } from './events-connection.js';
import { encodeAckText, TEXTS } from './wire.js';

/** A request for a plain WebSocket. */
export interface MessageRequest extends EventsRequest<MessageTransport> {
  /** The maximum depth of arrays and objects in a text. */
  readonly depthMax: number;
}

const BAD_DATA = 1007;
const POLICY = 1008;
const NO_ARGS: readonly unknown[] = [];

/** A client with a plain WebSocket. A binary message arrives as the event `message`. */
export class MessageConnection extends EventsConnection<MessageTransport> {
  protected override readonly wire = TEXTS;
  readonly #depthMax: number;

  constructor(namespaces: NamespaceFinder, session: Session, request: MessageRequest) {
    super(namespaces, session, request);
    this.#depthMax = request.depthMax;
    this.connect(request.address.namespace, request.auth);
  }

  /** Pings the client, and ends the session if it did not answer the last ping. Browsers answer pings by themselves. */
  override onQuiet(): void {
    if (this.isAnswered && !this.transport.checkPeer()) this.conn.onPingTimeout();
  }

  protected override onConnected(member: Member): void {
    this.enterRooms(member, () => {
      this.settle();
      this.transport.accept();
      this.readOn();
    });
  }

  protected override onUnit(unit: Unit): void {
    if (typeof unit !== 'string') {
      this.receiveEvent('message', [unit]);
      return;
    }
    const message = decodeMessage(unit, this.#depthMax);
    if (message.type === 'ack') this.receiveAck(message.id, message.args);
    else if (message.type === 'event' && message.room === undefined)
      this.receiveEvent(message.event, message.args, message.id);
    else if (this.member && message.room !== undefined) this.#carryOut(message, message.room, this.member);
  }

  protected override onBadInput(error: ProtocolError): void {
    if (!this.isAnswered) {
      super.onBadInput(error);
      return;
    }
    this.#say(encodeError({ code: error.code, message: error.message }));
    const code = error.code === 'JSON_BAD_TEXT' ? BAD_DATA : POLICY;
    this.transport.rejection = { code, reason: error.message.slice(0, REASON_MAX) };
  }

  protected override encodeAck(id: number, args: readonly unknown[]): readonly EncodedPacket[] {
    return [encodeAckText(id, args)];
  }

  protected override onDisconnect(): void {
    this.#say(TEXTS.encodeOwn('naru:disconnect', ['server namespace disconnect']));
  }

  /** Carries out a request about a room. A refusal is always sent. Success is acknowledged if the request has an id. */
  #carryOut(request: RoomRequest, room: string, member: Member): void {
    const { namespace } = this;
    const { type, id } = request;
    const acknowledge = acknowledging(namespace, request);
    const refuse = ({ code, message }: Refused): void => this.#say(encodeError({ code, message, room }, id));
    askAboutRoom(namespace, member, request, room, (refusal, page, list) => {
      const answer = page ?? list;
      if (refusal) refuse(refusal);
      else if (answer) this.#say(encodeRoomAnswer(type, room, answer, id));
      else if (id !== undefined) acknowledge(() => this.send(encodeAckText(id, NO_ARGS)), refuse);
    });
  }

  #say(text: string): void {
    this.send(new EncodedPacket(text));
  }
}

// A close reason has at most 123 bytes. Our texts are ASCII, but they may quote other characters.
const REASON_MAX = 40;
