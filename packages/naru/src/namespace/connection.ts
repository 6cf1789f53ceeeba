/** The connection of one client. The client's sockets, one per namespace, share its session. */
import { ProtocolError } from '../base/errors.js';
import { throwLater } from '../base/uncaught.js';
import { PacketType, type SocketPacket, STOCK_ATTACHMENTS_MAX } from '../protocol/socket-io/packet.js';
import { splitNamespace } from '../protocol/socket-io/v4/packet.js';
import type { EngineRequest } from '../session/handshake-request.js';
import type { Session } from '../session/session.js';
import type { SessionCloseReason, SessionReceiver } from '../session/session-events.js';
import type { Unit } from '../transport/encoded-packet.js';
import type { NamespaceContext } from './context.js';
import type { PacketCodec, PacketReader } from './event/codec.js';
import type { Auth, Flags } from './event/target.js';
import { encodeFitting } from './fitting.js';
import { NO_FLAGS } from './membership/acks.js';
import type { NamespaceCore } from './namespace-core.js';
import type { DisconnectReason } from './socket/disconnect-reason.js';
import type { JoiningClient } from './socket/joining-client.js';
import type { Member } from './socket/socket.js';
import { tellRefused } from './socket/socket-taps.js';
import type { Unjoined } from './socket/unjoined.js';

/** Finds the namespaces that clients ask for. */
export interface NamespaceFinder {
  /** The settings and services that all namespaces share. */
  readonly context: NamespaceContext;
  /** Returns the namespace of a name, if it exists. */
  get(name: string): NamespaceCore | undefined;
  /**
   * Passes the namespace to `callback`, or `undefined` if this client may not have it. Synchronous if the namespace
   * exists.
   */
  find(name: string, auth: Auth, callback: (namespace: NamespaceCore | undefined) => void): void;
}

/** Milliseconds of silence after an answer after which a client that was asked to go is told. */
const QUIET_MS = 20;

/** The event of a server that shuts down. Its argument `{ retryAfterMs }` tells the client when to reconnect. */
export const RESTART = 'naru:restart';

/** The event that tells a client why its membership ends, with `{ code, message }`. */
export const ENDED = 'naru:ended';

/** A client that was asked to go. `heardBefore` counts its packets until it was asked the last time. */
type Going = { retryAfterMs: number; heardBefore: number; isTold: boolean };

declare module './socket/socket.js' {
  interface SocketConnection extends Connection {}
}

/** A connection. Invariant: it has exactly one socket in each namespace that answered CONNECT. */
export class Connection implements JoiningClient, SessionReceiver, Unjoined {
  /** The session. */
  readonly conn: Session;
  readonly #namespaces: NamespaceFinder;
  #reader: PacketReader | undefined = undefined;
  /** Most clients are in one namespace, so the first member needs no map. */
  #first: Member | undefined = undefined;
  #others: Map<string, Member> | undefined = undefined;
  /** The namespaces that have not answered CONNECT yet, each with the member that waits for its middleware. */
  #joining: Map<string, Member | undefined> | undefined = undefined;
  /**
   * The namespaces that the server disconnected the client from. Packets that the client sent before it knew are not an
   * error.
   */
  #left: Set<string> | undefined = undefined;
  /** The events of the client that were not answered yet. */
  #owed = 0;
  /** The number of packets that the client has sent. */
  #heard = 0;
  /** Set once the client was asked to go. */
  #going: Going | undefined = undefined;

  constructor(namespaces: NamespaceFinder, session: Session) {
    this.#namespaces = namespaces;
    this.conn = session;
    session.receiver = this;
    // Clients of Socket.IO 2 are members of the main namespace from the start.
    if (session.protocol === 3) this.#connect('/', undefined);
    else namespaces.context.unjoined.add(this);
  }

  /** The parser of socket.io-client ends the connection at an event with more than ten. */
  get attachmentsMax(): number {
    return this.conn.protocol === 3 || this.isNaruClient ? Number.POSITIVE_INFINITY : STOCK_ATTACHMENTS_MAX;
  }

  get isRecoverable(): boolean {
    return true;
  }

  /** By this parameter, clients ask whether the server knows the event `naru:once`. Others than Naru's send `ask`. */
  get isNaruClient(): boolean {
    return /[?&]once=1(?:&|$)/.test(this.conn.handshake.url);
  }

  get sink(): Session {
    return this.conn;
  }

  /** The codec for this client's protocol. */
  get codec(): PacketCodec {
    return this.conn.protocol === 3 ? this.#context.codecV4 : this.#context.codec;
  }

  /** The session's id. */
  get id(): string {
    return this.conn.id;
  }

  /** The HTTP request that opened the session. */
  get request(): EngineRequest {
    return this.conn.request;
  }

  /** Sends a packet. Throws ConfigError for data that cannot be encoded, and for events that the wire cannot carry. */
  write(packet: SocketPacket, flags: Flags = NO_FLAGS): void {
    const { conn, codec } = this;
    const compress = flags.compress !== false;
    const { transport } = conn;
    const fits = transport.checkFits === undefined;
    const packets = fits ? codec.encode(packet, compress) : encodeFitting(packet, compress, codec, transport);
    conn.sendPackets(packets, flags.volatile === true);
  }

  welcome(member: Member, pid: string | undefined): void {
    const data: { sid: string; pid?: string; once?: 1 } =
      pid === undefined ? { sid: member.id } : { sid: member.id, pid };
    // Only clients that asked get this property. Others might reject a property that they do not know.
    if (/[?&]once=(?:1|ask)(?:&|$)/.test(this.conn.handshake.url)) data.once = 1;
    this.write({ type: PacketType.CONNECT, nsp: member.namespace.name, data });
    // The listeners of a recovered client already exist, so the answer and the missed events can leave in one write.
    if (!member.isRecovered) this.conn.flushAlone();
  }

  /** Adds a socket. Called by its namespace when the socket joins. */
  add(member: Member): void {
    this.#stopJoining(member.namespace.name);
    this.#context.unjoined.remove(this);
    if (this.#first === undefined) {
      this.#first = member;
    } else {
      this.#others ??= new Map();
      this.#others.set(member.namespace.name, member);
    }
  }

  expect(name: string, member?: Member): void {
    this.#joining ??= new Map();
    this.#joining.set(name, member);
  }

  /** Removes a socket that left its namespace. */
  remove(member: Member, reason: DisconnectReason): void {
    if (reason === 'server namespace disconnect' && this.#has(member.namespace.name)) {
      this.#left ??= new Set();
      // The names come from the client, so their count is bounded.
      if (this.#left.size >= this.#context.namespacesPerConnectionMax) this.#left.clear();
      this.#left.add(member.namespace.name);
    }
    if (this.#joining?.get(member.namespace.name) === member) this.#stopJoining(member.namespace.name);
    if (this.#first === member) this.#first = undefined;
    else if (this.#others?.get(member.namespace.name) === member) this.#others.delete(member.namespace.name);
  }

  /** Tells the client that it may not join. Called by the namespace when middleware refuses the client. */
  refuse(name: string, message: string, data: unknown): void {
    const error = data === undefined ? { message } : { message, data };
    // Protocol 4 sends either the data or the message of the error. Protocol 5 sends an object with both.
    this.#refuseWith(name, message, this.conn.protocol === 3 ? (data ?? message) : error);
  }

  #refuseWith(name: string, message: string, error: unknown = { message }): void {
    this.#stopJoining(name);
    tellRefused(this.conn, name, message);
    this.write({ type: PacketType.CONNECT_ERROR, nsp: name, data: error });
  }

  /** Disconnects all sockets and closes the session. */
  disconnect(): void {
    let waiting = 1;
    const onGone = (): void => {
      waiting -= 1;
      if (waiting === 0) this.close('forced server close');
    };
    for (const member of this.#members()) {
      waiting += 1;
      member.disconnect(false, onGone);
    }
    onGone();
  }

  sendAway(retryAfterMs: number, isLast: boolean): boolean {
    const going = this.#going ?? { retryAfterMs, heardBefore: 0, isTold: false };
    this.#going = going;
    const isQuiet = this.#heard === going.heardBefore && this.#owed === 0;
    Object.assign(going, { retryAfterMs, heardBefore: this.#heard });
    if (isLast || isQuiet) this.#leave(going);
    return going.isTold;
  }

  onAsked(): void {
    this.#owed += 1;
  }

  onAnswered(): void {
    this.#owed -= 1;
    const going = this.#going;
    if (!going || this.#owed > 0 || this.conn.readyState !== 'open') return;
    // Many clients talk again when they have the answer. If this one does not, it has probably nothing under way.
    const heard = this.#heard;
    const leave = (): void => {
      if (this.#heard === heard && this.#owed === 0) this.#leave(going);
    };
    this.#context.clock.setTimeout(leave, QUIET_MS, undefined);
  }

  #leave(going: Going): void {
    if (going.isTold) return;
    going.isTold = true;
    const { retryAfterMs } = going;
    const [member] = this.#members();
    if (member && this.isNaruClient)
      this.write({ type: PacketType.EVENT, nsp: member.namespace.name, data: [RESTART, { retryAfterMs }] });
    this.conn.leave();
  }

  /** Ends the session without DISCONNECT packets for its namespaces. */
  close(reason: DisconnectReason): void {
    this.finish(reason, undefined);
    this.conn.close(this.#going?.isTold);
  }

  onSpace(): void {
    // A member that waited may emit now, and may have to wait again.
    this.conn.isAwaitingSpace = false;
    for (const member of this.#members()) {
      member.onSpace();
      if (member.awaitsSpace) this.conn.isAwaitingSpace = true;
    }
  }

  onUnjoined(): void {
    this.close('forced server close');
  }

  onMessage(data: Unit): void {
    this.#context.guards.current?.onMessage?.(this.conn, data.length, this.codec.isStateless && !!this.#reader);
    let packet: SocketPacket | undefined;
    try {
      packet = this.#read(data);
    } catch (error) {
      const unread = new ProtocolError('SIO_BAD_PACKET', 'the packet cannot be read', error);
      this.#reject(error instanceof ProtocolError ? error : unread);
      return;
    }
    if (!packet) return;
    try {
      this.#onPacket(packet);
    } catch (error) {
      throwLater(error);
    }
  }

  onVolatile(units: readonly Unit[]): void {
    // These have no size for a guard, and a reader of their own: that of the others may be in the middle of a packet.
    if (!this.#reader || !this.codec.isStateless) this.#context.guards.current?.onMessage?.(this.conn, 0, false);
    const reader = this.codec.createReader();
    try {
      for (const unit of units) {
        const packet = reader.add(unit);
        if (packet && (packet.type === PacketType.EVENT || packet.type === PacketType.ACK))
          this.#memberIn(packet.nsp)?.onPacket(packet);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throwLater(error);
      // A broken volatile message is dropped, because volatile messages may be lost anyway.
    } finally {
      reader.reset();
    }
  }

  onClose(reason: SessionCloseReason, description: unknown): void {
    this.finish(this.#going?.isTold ? 'server shutting down' : reason, description);
  }

  /** Reads a message. Most messages are whole packets. A reader is created only when attachments follow. */
  #read(data: Unit): SocketPacket | undefined {
    if (this.#reader === undefined) {
      if (typeof data === 'string' && this.codec.isWhole(data)) return this.codec.decode(data);
      // Attachments wait in memory, so a client has to join a namespace before it may send any.
      if (this.codec.isStateless && !this.#hasJoined)
        throw new ProtocolError('SIO_BAD_PACKET', 'received a binary packet before the client had joined a namespace');
      this.#reader = this.codec.createReader();
    }
    const packet = this.#reader.add(data);
    if (packet && this.codec.isStateless) this.#reader = undefined;
    return packet;
  }

  #onPacket(packet: SocketPacket): void {
    if (packet.type === PacketType.CONNECT) {
      const { nsp, query } =
        this.conn.protocol === 3 ? splitNamespace(packet.nsp) : { nsp: packet.nsp, query: undefined };
      this.#connect(nsp, query ?? (packet.data as Auth));
      return;
    }
    const member = this.#memberIn(packet.nsp);
    this.#heard += 1;
    if (member) member.onPacket(packet);
    else if (packet.type !== PacketType.DISCONNECT && !this.#left?.has(packet.nsp))
      this.#reject(
        new ProtocolError('SIO_BAD_PACKET', 'received a packet for a namespace that the client has not joined'),
      );
  }

  #memberIn(name: string): Member | undefined {
    return this.#first?.namespace.name === name ? this.#first : this.#others?.get(name);
  }

  #reject(error: ProtocolError): void {
    for (const member of this.#members()) member.report(error);
    this.finish('parse error', error);
    this.conn.reject(error);
  }

  #connect(name: string, auth: Auth): void {
    if (this.#has(name)) {
      // A client that calls `disconnect` and `connect` before the answer sends no DISCONNECT. One answer counts for
      // both. A client of Socket.IO 2 asks for the main namespace, although it is a member from the start.
      const known = this.#memberIn(name) ?? this.#joining?.get(name);
      if (
        this.conn.protocol === 3 ||
        !known ||
        process.getBuiltinModule('node:util').isDeepStrictEqual(known.auth, auth)
      )
        return;
      this.#stopJoining(name);
      known.finish('client namespace disconnect', undefined);
    }
    const count = (this.#first ? 1 : 0) + (this.#joining?.size ?? 0) + (this.#others?.size ?? 0);
    if (count >= this.#context.namespacesPerConnectionMax) {
      this.#refuseWith(name, 'Too many namespaces');
      return;
    }
    this.#left?.delete(name);
    const known = this.#namespaces.get(name);
    if (known?.isOpen) {
      known.admit(this, auth);
      return;
    }
    this.expect(name);
    this.#namespaces.find(name, auth, (namespace) => {
      if (this.conn.readyState !== 'open') return;
      if (namespace) namespace.admit(this, auth);
      else this.#refuseWith(name, 'Invalid namespace');
    });
  }

  get #context(): NamespaceContext {
    return this.#namespaces.context;
  }

  #stopJoining(name: string): void {
    this.#joining?.delete(name);
    if (this.#joining?.size === 0) this.#joining = undefined;
  }

  #has(name: string): boolean {
    return (
      this.#first?.namespace.name === name || this.#others?.has(name) === true || this.#joining?.has(name) === true
    );
  }

  get #hasJoined(): boolean {
    return this.#first !== undefined || this.#others !== undefined || this.#left !== undefined;
  }

  *#members(): Generator<Member> {
    const others = this.#others ? [...this.#others.values()] : [];
    if (this.#first) yield this.#first;
    yield* others;
  }

  /** Ends all sockets, but not the session. */
  finish(reason: DisconnectReason, description: unknown): void {
    this.#context.unjoined.remove(this);
    this.#reader?.reset();
    this.#reader = undefined;
    for (const member of this.#members()) member.finish(reason, description);
    const joining = this.#joining;
    this.#joining = undefined;
    if (joining) for (const member of joining.values()) member?.finish(reason, description);
  }
}
