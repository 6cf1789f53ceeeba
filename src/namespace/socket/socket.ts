/** A socket: what an application holds of a client in a namespace, and the member behind it, with which the rest of Naru works. */
import type { Offset } from '../../backplane/backplane.js';
import { Emitter, type EventName } from '../../base/emitter.js';
import type { ProtocolError } from '../../base/errors.js';
import type { DefaultEventsMap, Listener, Untyped } from '../../base/event-map.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { Session } from '../../session/session.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { BroadcastOperator, type BroadcastScope, checkKey, toList } from '../broadcast.js';
import type { RoomMember } from '../rooms.js';
import type { DrainedOptions } from '../slow-readers/drain-waits.js';
import type { Lag } from '../slow-readers/lag.js';
import type { ActivePolicy } from '../slow-readers/policy.js';
import type { Auth, Flags, Room, SocketId, Target } from '../target.js';
import type { AckListener } from './acks.js';
import type { DisconnectReason } from './disconnect-reason.js';
import { createHandshake, type Handshake } from './handshake.js';
import { type EventMiddleware, type Interceptors, without } from './interceptors.js';
import { checkEventName } from './reserved.js';

/** The connection that carries a member. */
export interface MemberClient {
  readonly conn: Session;
  /** Whether its sockets can be recovered by Socket.IO's `pid` and offset. */
  readonly isRecoverable: boolean;
  /** Tells the client that it is in. */
  welcome(member: Member, pid: string | undefined): void;
  /** Sends a packet to this client alone. Throws ConfigError for data that cannot be encoded. */
  write(packet: SocketPacket, flags?: Flags): void;
  /** Sends one message that was encoded for many. */
  deliver(packets: readonly EncodedPacket[], isVolatile: boolean): void;
  /** A member has left its namespace. */
  remove(member: Member, reason: DisconnectReason): void;
  /** Ends all memberships and the session. */
  disconnect(): void;
}

/** The membership of one session in one namespace, as everything but the application sees it. A capability takes what it needs of it. */
export interface Member extends RoomMember {
  /** What the application holds of it. */
  readonly socket: Socket;
  readonly namespace: {
    readonly name: string;
    /** The namespace that the application holds. */
    readonly api: { readonly name: string };
    readonly server: unknown;
    readonly scope: BroadcastScope<Socket>;
  };
  readonly client: MemberClient;
  /** Whether events can flow. */
  readonly connected: boolean;
  /** Whether the membership ended, for whatever reason. */
  readonly isOver: boolean;
  /** Whether it continues an earlier session. */
  readonly isRecovered: boolean;
  readonly auth: Auth;
  readonly issuedAt: number;
  /** The rooms that it is in, as a copy. */
  readonly rooms: Set<Room>;
  /** What the application keeps with it. */
  data: unknown;
  /** What stands between the packets for it and its outbox, while it is slow. */
  lag: Lag | undefined;
  /** Bytes that wait for it. */
  readonly waitingBytes: number;
  /** Whether it wants to be told when its connection takes more. */
  readonly awaitsSpace: boolean;
  /** Whether more waits for the client than its budget. */
  readonly isOverBudget: boolean;
  /** What its events pass, where there is anything. */
  readonly interceptors: Interceptors | undefined;
  /** Waits until the client is within its budget. */
  drained(options?: DrainedOptions): Promise<boolean>;
  join(rooms: readonly Room[]): void;
  leave(rooms: readonly Room[]): void;
  /** Ends the membership; with `close` the whole connection. */
  disconnect(close: boolean): void;
  /** Sends an event of the application's. Gives `false` where the application is asked to wait. */
  emit(name: EventName, args: readonly unknown[], flags: Flags): boolean;
  /** Sends one packet, past everything that is late. */
  sendPacket(packet: SocketPacket, flags: Flags): void;
  /** Sends encoded packets over its session, or puts them where they wait. */
  sendEncoded(packets: readonly EncodedPacket[], isVolatile: boolean, policy?: ActivePolicy): void;
  /** Sends events of the log, which stand there after `previous`, unless it reads them there. */
  sendLogged(packets: readonly EncodedPacket[], previous: Offset, policy?: ActivePolicy): void;
  /** Has it read what it gets from the log, from behind `after`. */
  readFrom(after: Offset): void;
  /** Sends it nothing until `readOn`. Then it reads from behind `after`, or from behind the given offset where it is late. */
  holdFrom(after: Offset): Offset;
  /** Begins to read after `holdFrom`. */
  readOn(): void;
  /** Its connection took what was sent. */
  onSpace(): void;
  onPacket(packet: SocketPacket): void;
  /** Gives an event of the client to its listeners. `onUnheard` is called when middleware stops it, or it has no listener. */
  dispatch(event: [name: string, ...args: unknown[]], onUnheard?: () => void): void;
  /** Holds back the packets of the client until the given function is called. One hold at a time. */
  hold(): () => void;
  /** What its events pass; made when it is not there yet. */
  intercept(): Interceptors;
  /** Has broadcasts shown to its catch-all listeners from now on. */
  watchOutgoing(): void;
  /** Shows an outgoing event to its catch-all listeners. */
  notifyOutgoing(args: readonly unknown[]): void;
  expectAck(id: number, listener: AckListener, timeoutMs: number | undefined): void;
  forgetAck(id: number): void;
  /** Tells the listeners of `error` that the client broke a rule. */
  report(error: ProtocolError): void;
  /** Another connection took over the session. */
  supersede(): void;
  /** Ends the membership, whatever the reason; the second time nothing happens. */
  finish(reason: DisconnectReason, description: unknown): void;
}

/** Gives the member behind a socket. */
export let memberOf: (socket: Socket) => Member;

/** Calls the listeners of a socket; `true` when there was one. */
export let callListeners: (socket: Socket, name: EventName, args: readonly unknown[]) => boolean;

const NO_FLAGS: Flags = Object.freeze({});
const NO_ROOMS: ReadonlySet<Room> = new Set();

/**
 * A socket. Guarantees: events of its client arrive in order, each at most once; what it emits leaves in order. After `disconnect`
 * was emitted nothing arrives any more.
 */
export class Socket extends Emitter {
  readonly #member: Member;
  #flags: Flags | undefined = undefined;
  #handshake: Handshake | undefined = undefined;

  static {
    memberOf = (socket) => socket.#member;
    callListeners = (socket, name, args) => socket.applyLocal(name, args);
  }

  constructor(member: Member) {
    super();
    this.#member = member;
  }

  /** The socket's id, which is also the name of its own room. */
  get id(): SocketId {
    return this.#member.id;
  }

  /** The namespace. */
  get nsp(): { readonly name: string } {
    return this.#member.namespace.api;
  }

  /** The connection that carries it, shared by the sockets of one client. */
  get client(): MemberClient {
    return this.#member.client;
  }

  /** Whether it continues an earlier session: same id, rooms and data, and missed events follow. */
  get recovered(): boolean {
    return this.#member.isRecovered;
  }

  /** Whether events can flow. */
  get connected(): boolean {
    return this.#member.connected;
  }

  /** The opposite of `connected`. */
  get disconnected(): boolean {
    return !this.#member.connected;
  }

  /** The session. */
  get conn(): Session {
    return this.#member.client.conn;
  }

  /** The HTTP request that opened the session. */
  get request(): EngineRequest {
    return this.conn.request;
  }

  /** The details of the handshake. */
  get handshake(): Handshake {
    const { auth, issuedAt } = this.#member;
    this.#handshake ??= createHandshake(this.conn.handshake, issuedAt, auth ?? {});
    return this.#handshake;
  }

  /** Anything the application wants to keep with the socket; `fetchSockets` shows it and recovery restores it. */
  get data(): unknown {
    this.#member.data ??= {};
    return this.#member.data;
  }

  set data(data: unknown) {
    this.#member.data = data;
  }

  /** The rooms it is in, its own included. */
  get rooms(): Set<Room> {
    return this.#member.rooms;
  }

  /** The server. */
  get server(): unknown {
    return this.#member.namespace.server;
  }

  /** Whether more waits for the client than its budget, `bytesMax` of the policy of the namespace, or it reads late from the log. */
  get isOverBudget(): boolean {
    return this.#member.isOverBudget;
  }

  /**
   * Resolves with `true` once the client is within its budget, at once where it is already; with `false` when it has gone, or after
   * `timeoutMs`. Rejects with the reason of the `signal`.
   */
  drained(options?: DrainedOptions): Promise<boolean> {
    return this.#member.drained(options);
  }

  /**
   * Sends an event to the client. When the last argument is a function it is called with the client's acknowledgement, with an error
   * first after `timeout`. Throws ConfigError for a reserved name and for data that cannot be encoded. Gives `false` where the policy for
   * slow readers is `hold` and more waits for the client than its budget: wait for `drained` then.
   */
  emit(name: EventName, ...args: unknown[]): boolean {
    checkEventName(name);
    return this.#member.emit(name, args, this.#takeFlags());
  }

  /** Sends an event and resolves with the acknowledgement; rejects after `timeout` where one was set. */
  emitWithAck(name: EventName, ...args: unknown[]): Promise<unknown> {
    const hasTimeout = this.#flags?.timeout !== undefined;
    return new Promise((resolve, reject) => {
      this.emit(name, ...args, (first: unknown, second: unknown) => {
        if (hasTimeout && first) reject(first);
        else resolve(hasTimeout ? second : first);
      });
    });
  }

  /** Sends a `message` event. */
  send(...args: unknown[]): this {
    this.emit('message', ...args);
    return this;
  }

  /** Same as `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** The next event asks for its acknowledgement within so many milliseconds. */
  timeout(timeoutMs: number): this {
    return this.#flag({ timeout: timeoutMs });
  }

  /** Whether the transport may compress the next event. */
  compress(compress: boolean): this {
    return this.#flag({ compress });
  }

  /** Of the events of one name that are sent with this key, only the newest matters to a client that is slow. See BroadcastOperator. */
  key(key: string): this {
    return this.#flag({ key: checkKey(key) });
  }

  /** The next event is dropped where the connection cannot take it at once. */
  get volatile(): this {
    return this.#flag({ volatile: true });
  }

  /** Everybody in the namespace but this socket. */
  get broadcast(): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others();
  }

  /** Everybody else of this node. */
  get local(): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others().local;
  }

  /** Everybody in the room, or rooms, but this socket. */
  to(room: Room | readonly Room[]): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others().to(room);
  }

  /** Same as `to`. */
  in(room: Room | readonly Room[]): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.to(room);
  }

  /** Everybody in the namespace but this socket and the room, or rooms. */
  except(room: Room | readonly Room[]): BroadcastOperator<DefaultEventsMap, Untyped> {
    return this.#others().except(room);
  }

  /** Joins rooms. A socket that is in as many as it may be is disconnected by one more; the details of `disconnect` say so. */
  join(rooms: Room | readonly Room[]): void {
    this.#member.join(toList(rooms));
  }

  /** Leaves rooms. */
  leave(rooms: Room | readonly Room[]): void {
    this.#member.leave(toList(rooms));
  }

  /** Leaves all rooms, its own too. */
  leaveAll(): void {
    this.#member.leave([...this.rooms]);
  }

  /** Ends the membership; with `close` the whole connection, and with it the client's other namespaces. */
  disconnect(close = false): this {
    this.#member.disconnect(close);
    return this;
  }

  /** Adds a function that each incoming event passes before its listeners. */
  use(middleware: EventMiddleware): this {
    const interceptors = this.#member.intercept();
    interceptors.middleware = [...interceptors.middleware, middleware];
    return this;
  }

  /** Adds a listener for all incoming events; it gets the name first. */
  onAny(listener: Listener): this {
    const interceptors = this.#member.intercept();
    interceptors.incoming = [...interceptors.incoming, listener];
    return this;
  }

  /** Adds a listener for all incoming events at the front. */
  prependAny(listener: Listener): this {
    const interceptors = this.#member.intercept();
    interceptors.incoming = [listener, ...interceptors.incoming];
    return this;
  }

  /** Removes a catch-all listener for incoming events, or all of them. */
  offAny(listener?: Listener): this {
    const { interceptors } = this.#member;
    if (interceptors) interceptors.incoming = without(interceptors.incoming, listener);
    return this;
  }

  /** The catch-all listeners for incoming events. */
  listenersAny(): Listener[] {
    return [...(this.#member.interceptors?.incoming ?? [])];
  }

  /** Adds a listener for all outgoing events; it gets the name first. */
  onAnyOutgoing(listener: Listener): this {
    const interceptors = this.#member.intercept();
    interceptors.outgoing = [...interceptors.outgoing, listener];
    this.#member.watchOutgoing();
    return this;
  }

  /** Adds a listener for all outgoing events at the front. */
  prependAnyOutgoing(listener: Listener): this {
    const interceptors = this.#member.intercept();
    interceptors.outgoing = [listener, ...interceptors.outgoing];
    this.#member.watchOutgoing();
    return this;
  }

  /** Removes a catch-all listener for outgoing events, or all of them. */
  offAnyOutgoing(listener?: Listener): this {
    const { interceptors } = this.#member;
    if (interceptors) interceptors.outgoing = without(interceptors.outgoing, listener);
    return this;
  }

  /** The catch-all listeners for outgoing events. */
  listenersAnyOutgoing(): Listener[] {
    return [...(this.#member.interceptors?.outgoing ?? [])];
  }

  #flag(flags: Flags): this {
    this.#flags = Object.assign({}, this.#flags, flags);
    return this;
  }

  #takeFlags(): Flags {
    const flags = this.#flags ?? NO_FLAGS;
    this.#flags = undefined;
    return flags;
  }

  #others(): BroadcastOperator<DefaultEventsMap, Untyped> {
    const target: Target = { rooms: NO_ROOMS, except: new Set([this.id]), flags: this.#takeFlags() };
    return new BroadcastOperator(this.#member.namespace.scope, target);
  }
}
