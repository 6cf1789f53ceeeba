/** A socket: what an application holds of a client in a namespace, and the member behind it, with which the rest of Naru works. */
import type { IncomingMessage } from 'node:http';
import { Emitter, type EventName } from '../../base/emitter.js';
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Listener,
  Untyped,
} from '../../base/event-map.js';
import type { Session } from '../../session/session.js';
import { BroadcastOperator, checkKey, toList } from '../broadcast.js';
import type { DrainedOptions } from '../slow-readers/drain-waits.js';
import type { Flags, Room, SocketId, Target } from '../target.js';
import type { DisconnectReason } from './disconnect-reason.js';
import { createHandshake, type Handshake } from './handshake.js';
import { type EventMiddleware, without } from './interceptors.js';
import type { MemberClientOf, MemberOf } from './member.js';
import { checkEventName } from './reserved.js';

/** The member behind a socket. */
export type Member = MemberOf<Socket>;

/** The connection that carries a member. */
export type MemberClient = MemberClientOf<Socket>;

/** Gives the member behind a socket. */
export let memberOf: (socket: Socket) => Member;

/** Calls the listeners of a socket; `true` when there was one. */
export let callListeners: (socket: Socket, name: EventName, args: readonly unknown[]) => boolean;

/** The events that sockets emit by themselves. */
export interface SocketReservedEvents {
  disconnect: (reason: DisconnectReason, description?: Untyped) => void;
  disconnecting: (reason: DisconnectReason, description?: Untyped) => void;
  error: (error: Error) => void;
}

/** The namespace of a socket. The file of namespaces adds its members, because it stands above this one. */
export interface SocketNamespace<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  /** The sockets by id. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
}

/** The connection of a socket. The file of connections adds its members, because it stands above this one. */
export interface SocketConnection {
  /** The session below. */
  readonly conn: Session;
}

/** A broadcast to others than the socket that begins it. */
type Others<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData
>;

const NO_FLAGS: Flags = Object.freeze({});
const NO_ROOMS: ReadonlySet<Room> = new Set();

/**
 * A socket: one client in one namespace. Guarantees: events of its client arrive in order, each at most once; what it emits leaves in order. After `disconnect`
 * was emitted nothing arrives any more.
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends Emitter<ListenEvents, SocketReservedEvents> {
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
  get nsp(): SocketNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.#member.namespace.api as object as typeof this.nsp;
  }

  /** The connection that carries it, shared by the sockets of one client. */
  get client(): SocketConnection {
    return this.#member.client as object as SocketConnection;
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

  /** The session below: `transport.name`, and the events `upgrade`, `packet`, `drain` and `close`. */
  get conn(): Session {
    return this.#member.client.conn;
  }

  /** The HTTP request that opened the session. */
  get request(): IncomingMessage {
    return this.conn.request;
  }

  /** The details of the handshake. */
  get handshake(): Handshake {
    const { auth, issuedAt } = this.#member;
    this.#handshake ??= createHandshake(this.conn.handshake, issuedAt, auth ?? {});
    return this.#handshake;
  }

  /** Anything the application wants to keep with the socket; `fetchSockets` shows it and recovery restores it. */
  get data(): SocketData {
    this.#member.data ??= {};
    return this.#member.data as SocketData;
  }

  set data(data: SocketData) {
    this.#member.data = data;
  }

  /** The rooms it is in, its own included. */
  get rooms(): Set<Room> {
    return this.#member.rooms;
  }

  /** The server. @internal */
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
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean {
    checkEventName(name);
    return this.#member.emit(name, args, this.#takeFlags());
  }

  /** Sends an event and resolves with the acknowledgement; rejects after `timeout` where one was set. */
  emitWithAck<Name extends EventNamesWithAck<EmitEvents>>(
    name: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>> {
    const hasTimeout = this.#flags?.timeout !== undefined;
    return new Promise((resolve, reject) => {
      const onAck: Listener = (first, second) => {
        if (hasTimeout && first) reject(first);
        else resolve(hasTimeout ? second : first);
      };
      (this as object as Socket).emit(name as string, ...args, onAck);
    });
  }

  /** Sends a `message` event. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    (this as object as Socket).emit('message', ...args);
    return this;
  }

  /** Same as `send`. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args);
  }

  /** The next event's acknowledgement has to come within so many milliseconds; its callback gets an error first. */
  timeout(timeoutMs: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    return this.#flag({ timeout: timeoutMs }) as object as ReturnType<typeof this.timeout>;
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
  get broadcast(): Others<EmitEvents, SocketData> {
    return this.#others();
  }

  /** Everybody else of this node. */
  get local(): Others<EmitEvents, SocketData> {
    return this.#others().local;
  }

  /** Everybody in the room, or rooms, but this socket. */
  to(room: Room | readonly Room[]): Others<EmitEvents, SocketData> {
    return this.#others().to(room);
  }

  /** Same as `to`. */
  in(room: Room | readonly Room[]): Others<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Everybody in the namespace but this socket and the room, or rooms. */
  except(room: Room | readonly Room[]): Others<EmitEvents, SocketData> {
    return this.#others().except(room);
  }

  /** Joins rooms. A socket that is in as many as it may be is disconnected by one more; the details of `disconnect` say so. */
  join(rooms: Room | readonly Room[]): Promise<void> | void {
    this.#member.join(toList(rooms));
  }

  /** Leaves rooms. */
  leave(rooms: Room | readonly Room[]): Promise<void> | void {
    this.#member.leave(toList(rooms));
  }

  /** Leaves all rooms, its own too. @internal */
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

  #others(): Others<EmitEvents, SocketData> {
    const target: Target = { rooms: NO_ROOMS, except: new Set([this.id]), flags: this.#takeFlags() };
    return new BroadcastOperator(this.#member.namespace, target);
  }
}
