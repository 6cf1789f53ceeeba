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
import type { Socket } from './socket/socket.js';
import type { DisconnectReason, SocketClient } from './socket/socket-scope.js';
import type { Auth, Flags } from './target.js';

/** A namespace as a connection sees it. */
export interface JoinableNamespace {
  /** Whether sockets enter at once. */
  readonly isOpen: boolean;
  /** Lets the client in, or refuses it. */
  admit(client: JoiningClient, auth: Auth): void;
}

/** A connection as a namespace sees it, whatever it speaks. */
export interface JoiningClient extends SocketClient<Socket> {
  /** Whether it comes for one request: its socket passes the middleware, but is in no room, and nobody is told of it. */
  readonly isGuest?: boolean;
  /** A socket entered. */
  add(socket: Socket): void;
  /** A socket waits for its middleware, and ends with the connection. */
  expect(socket: Socket): void;
  /** The namespace takes its time to find out what the client was. */
  expectLater(name: string): void;
  /** The client may not join. */
  refuse(name: string, message: string, data: unknown): void;
  /** Ends the session. */
  close(reason: DisconnectReason): void;
  /** Ends all sockets; the session stays. */
  finish(reason: DisconnectReason, description: unknown): void;
  /** Ends the session because the server goes; where the client can be told, it comes back after so many milliseconds. */
  sendAway(retryAfterMs: number): void;
}

/** Finds the namespace that a client asks for. */
export interface NamespaceFinder {
  /** Those that exist, by name. */
  readonly namespaces: ReadonlyMap<string, JoinableNamespace>;
  /** Calls back with the namespace, or with nothing when there is none for this client; at once when it exists already. */
  find(name: string, auth: Auth, callback: (namespace: JoinableNamespace | undefined) => void): void;
}

const NO_FLAGS: Flags = Object.freeze({});

/** The event by which a server that goes says when to come back: `{ retryAfterMs }`. */
export const RESTART = 'naru:restart';

/** How a client asks whether the server knows the event `naru:once`. */
const ASKS_ONCE = /[?&]once=1(?:&|$)/;

/** A connection. Invariant: it has a socket in each namespace that answered CONNECT, and one at most. */
export class Connection implements JoiningClient, SessionReceiver, Unjoined {
  readonly isRecoverable = true;
  /** The session. */
  readonly conn: Session;
  /** Writes and reads the packets of this client's protocol. */
  readonly codec: PacketCodec;
  readonly #context: NamespaceContext;
  readonly #namespaces: NamespaceFinder;
  #reader: PacketReader | undefined = undefined;
  /** Most clients have one socket. */
  #first: Socket | undefined = undefined;
  #others: Map<string, Socket> | undefined = undefined;
  /** The namespaces whose answer is due, each with the socket that waits for its middleware. */
  #joining: Map<string, Socket | undefined> | undefined = undefined;
  /** The namespaces that the server put the client out of: what it sent before it knew is no fault of its own. */
  #left: Set<string> | undefined = undefined;
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;

  constructor(context: NamespaceContext, namespaces: NamespaceFinder, session: Session) {
    this.#context = context;
    this.#namespaces = namespaces;
    this.conn = session;
    this.codec = session.protocol === 3 ? context.codecV4 : context.codec;
    session.receiver = this;
    // Clients of Socket.IO 2 are members of the main namespace from the start.
    if (session.protocol === 3) this.#connect('/', undefined);
    else context.unjoined.add(this);
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

  welcome(socket: Socket, pid: string | undefined): void {
    const data: { sid: string; pid?: string; once?: 1 } =
      pid === undefined ? { sid: socket.id } : { sid: socket.id, pid };
    // Only to who asked: others may not expect a member that they do not know.
    if (ASKS_ONCE.test(this.conn.handshake.url)) data.once = 1;
    this.write({ type: PacketType.CONNECT, nsp: socket.nsp.name, data });
    // Who goes on listens already: the answer and what was missed leave in one write.
    if (!socket.recovered) this.conn.flushAlone();
  }

  /** A socket entered its namespace. Called by the namespace. */
  add(socket: Socket): void {
    this.#stopJoining(socket.nsp.name);
    this.#context.unjoined.remove(this);
    if (this.#first === undefined) {
      this.#first = socket;
    } else {
      this.#others ??= new Map();
      this.#others.set(socket.nsp.name, socket);
    }
  }

  /** A socket waits for its middleware, and ends with the connection. Called by the namespace. */
  expect(socket: Socket): void {
    this.#joining ??= new Map();
    this.#joining.set(socket.nsp.name, socket);
  }

  expectLater(name: string): void {
    this.#joining ??= new Map();
    this.#joining.set(name, undefined);
  }

  /** A socket left its namespace. */
  remove(socket: Socket, reason: DisconnectReason): void {
    if (reason === 'server namespace disconnect' && this.#has(socket.nsp.name)) {
      this.#left ??= new Set();
      // Names come from the client; it has joined at most so many at once.
      if (this.#left.size >= this.#context.namespacesPerConnectionMax) this.#left.clear();
      this.#left.add(socket.nsp.name);
    }
    if (this.#first === socket) this.#first = undefined;
    else if (this.#others?.get(socket.nsp.name) === socket) this.#others.delete(socket.nsp.name);
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
    for (const socket of this.#sockets()) socket.disconnect();
    this.close('forced server close');
  }

  sendAway(retryAfterMs: number): void {
    const { nsp } = this.#first ?? {};
    // A client of Naru's own waits for so long; another one would only wonder.
    if (nsp && ASKS_ONCE.test(this.conn.handshake.url))
      this.write({ type: PacketType.EVENT, nsp: nsp.name, data: [RESTART, { retryAfterMs }] });
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
    for (const socket of this.#sockets()) {
      socket.onSpace();
      if (socket.awaitsSpace) this.conn.isAwaitingSpace = true;
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
        const packet = reader.read(unit);
        if (packet && (packet.type === PacketType.EVENT || packet.type === PacketType.ACK))
          this.#socketIn(packet.nsp)?.onPacket(packet);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throwLater(error);
      // What is broken is dropped: nobody promised that it comes whole.
    } finally {
      reader.close();
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
    const packet = this.#reader.read(data);
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
    const socket = this.#socketIn(packet.nsp);
    if (socket) socket.onPacket(packet);
    else if (packet.type !== PacketType.DISCONNECT && !this.#left?.has(packet.nsp))
      this.#reject(new ProtocolError('SIO_BAD_PACKET', 'a packet for a namespace that was not joined'));
  }

  #socketIn(name: string): Socket | undefined {
    return this.#first?.nsp.name === name ? this.#first : this.#others?.get(name);
  }

  #reject(error: ProtocolError): void {
    for (const socket of this.#sockets()) socket.report(error);
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
    const known = this.#namespaces.namespaces.get(name);
    if (known?.isOpen) {
      known.admit(this, auth);
      return;
    }
    this.#joining ??= new Map();
    this.#joining.set(name, undefined);
    this.#namespaces.find(name, auth, (namespace) => {
      if (this.conn.readyState !== 'open') return;
      if (namespace) namespace.admit(this, auth);
      else this.#refuseWith(name, { message: 'Invalid namespace' });
    });
  }

  #stopJoining(name: string): void {
    this.#joining?.delete(name);
    if (this.#joining?.size === 0) this.#joining = undefined;
  }

  #has(name: string): boolean {
    return this.#first?.nsp.name === name || this.#others?.has(name) === true || this.#joining?.has(name) === true;
  }

  get #hasJoined(): boolean {
    return this.#first !== undefined || this.#others !== undefined || this.#left !== undefined;
  }

  *#sockets(): Generator<Socket> {
    const others = this.#others ? [...this.#others.values()] : [];
    if (this.#first) yield this.#first;
    yield* others;
  }

  /** Ends all sockets; the session stays. */
  finish(reason: DisconnectReason, description: unknown): void {
    this.#context.unjoined.remove(this);
    this.#reader?.close();
    this.#reader = undefined;
    for (const socket of this.#sockets()) socket.finish(reason, description);
    const joining = this.#joining;
    this.#joining = undefined;
    if (joining) for (const socket of joining.values()) socket?.finish(reason, description);
  }
}

/** Whether a packet is an event or an acknowledgement of the application's. */
function isApplications(type: SocketPacket['type']): boolean {
  return type !== PacketType.CONNECT && type !== PacketType.CONNECT_ERROR && type !== PacketType.DISCONNECT;
}
