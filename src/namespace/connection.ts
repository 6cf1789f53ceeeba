/** One client's connection: it shares its session among the sockets of several namespaces. */
import type { DeadlineEntry, Deadlines } from '../base/deadlines.js';
import { ProtocolError } from '../base/errors.js';
import { throwLater } from '../base/uncaught.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import { splitNamespace } from '../protocol/socket-io/v4/packet.js';
import type { EngineRequest } from '../session/handshake-request.js';
import type { Session } from '../session/session.js';
import type { SessionCloseReason, SessionReceiver } from '../session/session-events.js';
import type { EncodedPacket, Unit } from '../transport/encoded-packet.js';
import { checkFitsDatagram } from '../transport/udp/packing.js';
import type { PacketCodec, PacketReader } from './codec.js';
import type { NamespaceContext, Unjoined } from './context.js';
import type { JoiningClient, NamespaceCore } from './namespace-core.js';
import type { DisconnectReason } from './socket/disconnect-reason.js';
import type { Member } from './socket/socket.js';
import type { Auth, Flags } from './target.js';

/** Finds the namespace that a client asks for. */
export interface NamespaceFinder {
  /** What all namespaces have in common. */
  readonly context: NamespaceContext;
  /** The namespace of a name, when it exists. */
  get(name: string): NamespaceCore | undefined;
  /** Calls back with the namespace, or with nothing when there is none for this client; at once when it exists already. */
  find(name: string, auth: Auth, callback: (namespace: NamespaceCore | undefined) => void): void;
}

const NO_FLAGS: Flags = Object.freeze({});

/** The event by which a server that goes says when to come back: `{ retryAfterMs }`. */
export const RESTART = 'naru:restart';

/** How a client asks whether the server knows the event `naru:once`. */
const ASKS_ONCE = /[?&]once=1(?:&|$)/;

declare module './socket/socket.js' {
  interface SocketConnection extends Connection {}
}

/** A connection. Invariant: it has a socket in each namespace that answered CONNECT, and one at most. */
export class Connection implements JoiningClient, SessionReceiver, Unjoined {
  /** The session. */
  readonly conn: Session;
  readonly #namespaces: NamespaceFinder;
  #reader: PacketReader | undefined = undefined;
  /** Most clients are in one namespace. */
  #first: Member | undefined = undefined;
  #others: Map<string, Member> | undefined = undefined;
  /** The namespaces whose answer is due, each with the socket that waits for its middleware. */
  #joining: Map<string, Member | undefined> | undefined = undefined;
  /** The namespaces that the server put the client out of: what it sent before it knew is no fault of its own. */
  #left: Set<string> | undefined = undefined;
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;

  constructor(namespaces: NamespaceFinder, session: Session) {
    this.#namespaces = namespaces;
    this.conn = session;
    session.receiver = this;
    // Clients of Socket.IO 2 are members of the main namespace from the start.
    if (session.protocol === 3) this.#connect('/', undefined);
    else namespaces.context.unjoined.add(this);
  }

  get isRecoverable(): boolean {
    return true;
  }

  /** Writes and reads the packets of this client's protocol. */
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

  /** Sends a packet. Throws ConfigError for data that cannot be encoded. */
  write(packet: SocketPacket, flags: Flags = NO_FLAGS): void {
    const packets = this.codec.encode(packet, flags.compress !== false);
    // On a wire of datagrams whoever sends too much is told at once; what is the connection's own would only end in a crash.
    if (!this.conn.transport.carries.reliable && isApplications(packet.type)) checkFitsDatagram(packets);
    this.deliver(packets, flags.volatile === true);
  }

  deliver(packets: readonly EncodedPacket[], isVolatile: boolean): void {
    if (isVolatile) this.conn.sendVolatile(packets);
    else if (packets.length > 1) this.conn.sendPackets(packets);
    else for (const packet of packets) this.conn.sendPacket(packet);
  }

  welcome(member: Member, pid: string | undefined): void {
    const data: { sid: string; pid?: string; once?: 1 } =
      pid === undefined ? { sid: member.id } : { sid: member.id, pid };
    // Only to who asked: others may not expect a member that they do not know.
    if (ASKS_ONCE.test(this.conn.handshake.url)) data.once = 1;
    this.write({ type: PacketType.CONNECT, nsp: member.namespace.name, data });
    // Who goes on listens already: the answer and what was missed leave in one write.
    if (!member.isRecovered) this.conn.flushAlone();
  }

  /** A socket entered its namespace. Called by the namespace. */
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

  /** A socket left its namespace. */
  remove(member: Member, reason: DisconnectReason): void {
    if (reason === 'server namespace disconnect' && this.#has(member.namespace.name)) {
      this.#left ??= new Set();
      // Names come from the client; it has joined at most so many at once.
      if (this.#left.size >= this.#context.namespacesPerConnectionMax) this.#left.clear();
      this.#left.add(member.namespace.name);
    }
    if (this.#first === member) this.#first = undefined;
    else if (this.#others?.get(member.namespace.name) === member) this.#others.delete(member.namespace.name);
  }

  /** The client may not join: the middleware says so. Called by the namespace. */
  refuse(name: string, message: string, data: unknown): void {
    const error = data === undefined ? { message } : { message, data };
    // In protocol 4 the error is whatever middleware gave, in 5 an object with a message.
    this.#refuseWith(name, this.conn.protocol === 3 ? (data ?? message) : error);
  }

  #refuseWith(name: string, error: unknown): void {
    this.#stopJoining(name);
    this.write({ type: PacketType.CONNECT_ERROR, nsp: name, data: error });
  }

  /** Disconnects all sockets and closes the session. */
  disconnect(): void {
    for (const member of this.#members()) member.disconnect(false);
    this.close('forced server close');
  }

  sendAway(retryAfterMs: number): void {
    const { namespace } = this.#first ?? {};
    // A client of Naru's own waits for so long; another one would only wonder.
    if (namespace && ASKS_ONCE.test(this.conn.handshake.url))
      this.write({ type: PacketType.EVENT, nsp: namespace.name, data: [RESTART, { retryAfterMs }] });
    this.close('server shutting down');
  }

  /** Ends the session without a word to its namespaces. */
  close(reason: DisconnectReason): void {
    this.finish(reason, undefined);
    this.conn.close();
  }

  onSpace(): void {
    // Who has waited may emit, and wait again.
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
    let packet: SocketPacket | undefined;
    try {
      packet = this.#read(data);
    } catch (error) {
      const reason = error instanceof ProtocolError ? error : new ProtocolError('SIO_BAD_PACKET', String(error));
      this.#reject(reason);
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
    // The reader of the ordered messages may be in the midst of a packet of its own.
    const reader = this.codec.createReader();
    try {
      for (const unit of units) {
        const packet = reader.add(unit);
        if (packet && (packet.type === PacketType.EVENT || packet.type === PacketType.ACK))
          this.#memberIn(packet.nsp)?.onPacket(packet);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throwLater(error);
      // What is broken is dropped: nobody promised that it comes whole.
    } finally {
      reader.reset();
    }
  }

  onClose(reason: SessionCloseReason, description: unknown): void {
    this.finish(reason, description);
  }

  /** Most messages are packets by themselves and need no reader; one is made when attachments follow. */
  #read(data: Unit): SocketPacket | undefined {
    if (this.#reader === undefined) {
      if (typeof data === 'string' && this.codec.isWhole(data)) return this.codec.decode(data);
      // Attachments wait in memory, so none are taken from a client that nobody has let in.
      if (this.codec.isStateless && !this.#hasJoined)
        throw new ProtocolError('SIO_BAD_PACKET', 'a binary packet before any namespace was joined');
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
    if (member) member.onPacket(packet);
    else if (packet.type !== PacketType.DISCONNECT && !this.#left?.has(packet.nsp))
      this.#reject(new ProtocolError('SIO_BAD_PACKET', 'a packet for a namespace that was not joined'));
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
      // A client of Socket.IO 2 asks for the main namespace, in which it is already.
      if (this.conn.protocol !== 3)
        this.#reject(new ProtocolError('SIO_BAD_PACKET', 'a second CONNECT to one namespace'));
      return;
    }
    const count = (this.#first ? 1 : 0) + (this.#joining?.size ?? 0) + (this.#others?.size ?? 0);
    if (count >= this.#context.namespacesPerConnectionMax) {
      this.#refuseWith(name, { message: 'Too many namespaces' });
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
      else this.#refuseWith(name, { message: 'Invalid namespace' });
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

  /** Ends all sockets; the session stays. */
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

/** Whether a packet is an event or an acknowledgement of the application's. */
function isApplications(type: SocketPacket['type']): boolean {
  return type !== PacketType.CONNECT && type !== PacketType.CONNECT_ERROR && type !== PacketType.DISCONNECT;
}
