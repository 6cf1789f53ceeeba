/** A client of a plain wire. It has one socket in one namespace and speaks a language other than Socket.IO's. */
import { assert } from '../base/assert.js';
import { ProtocolError } from '../base/errors.js';
import { throwLater } from '../base/uncaught.js';
import { ENDED, type NamespaceFinder, RESTART } from '../namespace/connection.js';
import type { NamespaceContext } from '../namespace/context.js';
import { eventOf, OutgoingEvent } from '../namespace/event/outgoing-event.js';
import type { Auth, Flags } from '../namespace/event/target.js';
import { NO_FLAGS } from '../namespace/membership/acks.js';
import type { NamespaceCore } from '../namespace/namespace-core.js';
import type { DisconnectReason } from '../namespace/socket/disconnect-reason.js';
import type { JoiningClient } from '../namespace/socket/joining-client.js';
import type { Member } from '../namespace/socket/socket.js';
import { tellRefused } from '../namespace/socket/socket-taps.js';
import type { Unjoined } from '../namespace/socket/unjoined.js';
import { RESERVED_EVENTS } from '../protocol/socket-io/decoder.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { EngineRequest } from '../session/handshake-request.js';
import type { Session } from '../session/session.js';
import type { SessionCloseReason, SessionReceiver } from '../session/session-events.js';
import { tellDropped } from '../session/session-taps.js';
import type { EncodedPacket, Unit } from '../transport/encoded-packet.js';

const NOTHING: readonly EncodedPacket[] = [];

/** Why a server ends a membership. */
export interface EndReason {
  readonly code: string;
  readonly message: string;
}

/**
 * The common part of all plain wires. Each wire extends it with the reading and writing of its language. A client that
 * does not join a namespace within `connectTimeout` is closed. Invariant: the client has a socket exactly from
 * `onConnected` to the end of the membership.
 */
export abstract class PlainConnection implements JoiningClient, SessionReceiver, Unjoined {
  /** The session. */
  readonly conn: Session;
  readonly #namespaces: NamespaceFinder;
  #namespace: NamespaceCore | undefined = undefined;
  #member: Member | undefined = undefined;
  #pending: Member | undefined = undefined;
  #isJoining = false;
  #ending: EndReason | undefined = undefined;

  constructor(namespaces: NamespaceFinder, session: Session) {
    this.#namespaces = namespaces;
    this.conn = session;
    session.receiver = this;
    namespaces.context.unjoined.add(this);
  }

  readonly attachmentsMax = Number.POSITIVE_INFINITY;

  get isRecoverable(): boolean {
    return false;
  }

  get sink(): this {
    return this;
  }

  /** The settings and services that all namespaces of the server share. */
  protected get context(): NamespaceContext {
    return this.#namespaces.context;
  }

  /** Whether units are parts of a stream. The wire then calls `count` for each message that it finds in them. */
  protected readonly isStream: boolean = false;

  /** The session's id. */
  get id(): string {
    return this.conn.id;
  }

  /** The HTTP request that opened the session, or its replacement on a wire without HTTP. */
  get request(): EngineRequest {
    return this.conn.request;
  }

  /** The member, while the client is in a namespace. */
  get member(): Member | undefined {
    return this.#member;
  }

  /** The namespace that the client asked for. Throws InvariantError until that namespace is found. */
  get namespace(): NamespaceCore {
    assert(this.#namespace !== undefined, 'the client has asked for a namespace');
    return this.#namespace;
  }

  /** Whether the client asked to join and has no answer yet. */
  get isJoining(): boolean {
    return this.#isJoining;
  }

  // Each wire implements these.

  /**
   * Called with each chunk or message. A ProtocolError thrown here leads to `onBadInput` and the end of the session.
   */
  protected abstract onUnit(unit: Unit): void;
  /**
   * Called when the client has joined. It can join rooms from now on. The listeners of `connection` run right after
   * this call.
   */
  protected abstract onConnected(member: Member): void;
  /** Tells the client that it may not join. The session is closed right after this call. */
  protected abstract onRefused(message: string, data: unknown): void;
  /** Tells the client which rule it broke. The session is closed right after this call, with `parse error`. */
  protected abstract onBadInput(error: ProtocolError): void;
  /**
   * Tells the client that the server disconnects it, and why if that is known. The session is closed right after this
   * call.
   */
  protected abstract onDisconnect(why: EndReason | undefined): void;
  /**
   * Encodes an event. The result is empty when the wire does not carry the event. `event.formFor` makes a form once for
   * all clients.
   */
  protected abstract encodeEvent(event: OutgoingEvent): readonly EncodedPacket[];
  /** Encodes an acknowledgement. */
  protected abstract encodeAck(id: number, args: readonly unknown[]): readonly EncodedPacket[];
  /** Called when the session has ended for any reason. Nothing can be sent any more. */
  protected onOver(): void {}
  /** Called after each heartbeat interval of the server. */
  onQuiet(): void {}

  // Wires call these.

  /** Asks to join a namespace. `onConnected` or `onRefused` follows. Call it once. */
  protected connect(name: string, auth: Auth): void {
    this.#isJoining = true;
    this.#namespaces.find(name, auth, (namespace) => {
      if (this.conn.readyState !== 'open' && this.conn.readyState !== 'opening') return;
      this.#namespace = namespace;
      if (namespace) namespace.admit(this, auth);
      else this.refuse(name, 'Invalid namespace', undefined);
    });
  }

  /**
   * Passes an event of the client to catch-all listeners, middleware and listeners. Throws ProtocolError for a reserved
   * name.
   */
  protected receiveEvent(name: string, args: readonly unknown[], id?: number): void {
    const member = this.#member;
    if (!member) throw new ProtocolError('PLAIN_BAD_INPUT', 'the client sent an event before it joined a namespace');
    if (RESERVED_EVENTS.has(name)) throw new ProtocolError('PLAIN_BAD_INPUT', `"${name}" is a reserved event name`);
    this.#pass(member, { type: PacketType.EVENT, nsp: member.namespace.name, data: [name, ...args], id });
  }

  /** Takes the client's acknowledgement of an event. */
  receiveAck(id: number, args: readonly unknown[]): void {
    const member = this.#member;
    if (member) this.#pass(member, { type: PacketType.ACK, nsp: member.namespace.name, data: [...args], id });
  }

  /** Sends bytes or text of the wire's own, after everything that was sent earlier. */
  send(packet: EncodedPacket): void {
    this.conn.sendPacket(packet);
  }

  /** Has the guard count a message of so many bytes or characters. */
  protected count(size: number): void {
    this.context.guards.current?.onMessage?.(this.conn, size, false);
  }

  /** Ends the session because the client broke a rule. */
  protected reject(error: ProtocolError): void {
    this.#member?.report(error);
    this.onBadInput(error);
    // The client must get the error message before the session ends.
    this.conn.flush();
    this.finish('parse error', error);
    this.conn.reject(error);
  }

  // The session and the namespace call these.

  onMessage(unit: Unit): void {
    if (!this.isStream) this.count(unit.length);
    try {
      this.onUnit(unit);
    } catch (error) {
      if (error instanceof ProtocolError) this.reject(error);
      else throwLater(error);
    }
  }

  onClose(reason: SessionCloseReason, description: unknown): void {
    this.finish(reason, description);
    this.onOver();
  }

  onSpace(): void {
    this.conn.isAwaitingSpace = false;
    this.#member?.onSpace();
    if (this.#member?.awaitsSpace) this.conn.isAwaitingSpace = true;
  }

  onUnjoined(): void {
    this.close('forced server close');
  }

  add(member: Member): void {
    this.context.unjoined.remove(this);
    this.#isJoining = false;
    this.#pending = undefined;
    this.#member = member;
  }

  expect(_name: string, member?: Member): void {
    this.#pending = member;
  }

  refuse(name: string, message: string, data: unknown): void {
    this.#isJoining = false;
    this.#pending = undefined;
    tellRefused(this.conn, name, message);
    // Middleware of the program may give anything as its error.
    this.onRefused(`${message ?? 'refused'}`, data);
    this.close('forced server close');
  }

  welcome(member: Member): void {
    this.onConnected(member);
  }

  write(packet: SocketPacket, flags: Flags = NO_FLAGS): void {
    if (packet.type === PacketType.DISCONNECT) {
      this.onDisconnect(this.#ending);
      this.conn.close();
      return;
    }
    if (this.#drops(flags.volatile)) return;
    const [name, why] = packet.type === PacketType.EVENT ? (packet.data as unknown[]) : [];
    if (name === ENDED) this.#ending = why as EndReason;
    for (const encoded of this.#encode(packet)) this.conn.sendPacket(encoded);
  }

  sendPackets(packets: readonly EncodedPacket[], isVolatile: boolean): void {
    if (this.#drops(isVolatile)) return;
    for (const packet of packets) {
      const event = eventOf(packet);
      if (event) for (const encoded of this.encodeEvent(event)) this.conn.sendPacket(encoded);
    }
  }

  /** Drops an event if it is volatile and earlier data waits. Returns whether it did. */
  #drops(isVolatile: boolean | undefined): boolean {
    if (!isVolatile || this.conn.takesVolatile) return false;
    tellDropped(this.conn);
    return true;
  }

  remove(member: Member): void {
    if (this.#member === member) this.#member = undefined;
  }

  disconnect(): void {
    const close = (): void => this.close('forced server close');
    if (this.#member) this.#member.disconnect(false, close);
    else close();
  }

  sendAway(retryAfterMs: number): boolean {
    const { namespace } = this.#member ?? {};
    if (namespace) this.write({ type: PacketType.EVENT, nsp: namespace.name, data: [RESTART, { retryAfterMs }] });
    this.close('server shutting down');
    return true;
  }

  close(reason: DisconnectReason): void {
    this.finish(reason, undefined);
    this.conn.close();
  }

  /** Ends the membership. The session stays. */
  finish(reason: DisconnectReason, description: unknown): void {
    this.context.unjoined.remove(this);
    this.#member?.finish(reason, description);
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.finish(reason, description);
  }

  #encode(packet: SocketPacket): readonly EncodedPacket[] {
    if (packet.type === PacketType.EVENT) return this.encodeEvent(OutgoingEvent.of(packet));
    if (packet.type === PacketType.ACK && packet.id !== undefined)
      return this.encodeAck(packet.id, packet.data as readonly unknown[]);
    return NOTHING;
  }

  #pass(member: Member, packet: SocketPacket): void {
    try {
      member.onPacket(packet);
    } catch (error) {
      throwLater(error);
    }
  }
}
