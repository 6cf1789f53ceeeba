/** The socket, by which an application reaches one client in a namespace. The rest of Naru uses its member. */
import type { IncomingMessage } from 'node:http';
import { Emitter, type EventName, type OnRejected } from '../../base/emitter.js';
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
import { checkTimeout } from '../../base/options/timeout.js';
import type { Session } from '../../session/session.js';
import { authorOf } from '../event/author.js';
import { checkMark, type Mark } from '../event/marks.js';
import type { Flags, Room, SocketId, Target } from '../event/target.js';
import { NO_ROOMS } from '../rooms.js';
import type { DrainedOptions } from '../slow-policies/drain-waits.js';
import { BroadcastOperator, checkKey, toList } from './broadcast.js';
import type { DisconnectReason } from './disconnect-reason.js';
import { createHandshake, type Handshake } from './handshake.js';
import { type EventMiddleware, without } from './interceptors.js';
import type { MemberClientOf, MemberOf } from './member.js';
import { checkEventName } from './reserved.js';

/** The member behind a socket. */
export type Member = MemberOf<Socket>;

/** The connection that carries a member. */
export type MemberClient = MemberClientOf<Socket>;

/** Returns the member behind a socket. */
export let memberOf: (socket: Socket) => Member;

/** Calls the listeners of a socket. Returns `true` if there was one. Errors go to the hook of the server, if any. */
export let callListeners: (socket: Socket, name: EventName, args: readonly unknown[]) => boolean;

/** The events that sockets emit themselves. */
export interface SocketReservedEvents {
  disconnect: (reason: DisconnectReason, description?: Untyped) => void;
  disconnecting: (reason: DisconnectReason, description?: Untyped) => void;
  error: (error: Error) => void;
}

/** The namespace of a socket. The namespace's own module adds the members, because this module must not import it. */
export interface SocketNamespace<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  /** The sockets by id. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
}

/** The connection of a socket. The connection's own module adds the members, because this module must not import it. */
export interface SocketConnection {
  /** The session of the client. */
  readonly conn: Session;
}

/** A broadcast from a socket to other sockets. */
type Others<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData
>;

const NO_FLAGS: Flags = Object.freeze({});

/**
 * One client in one namespace. Guarantees: events from the client arrive in order, each at most once. Events to the
 * client leave in order. After the socket has emitted `disconnect`, nothing more arrives.
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
    const onFailed: OnRejected = (error, socket, name, args) =>
      (socket as Socket).#member.namespace.listenerErrors.take(error, String(name), socket as Socket, args);
    callListeners = (socket, name, args) => {
      try {
        return socket.applyLocal(name, args, onFailed, socket.#member.namespace.listenerErrors.isHooked);
      } catch (error) {
        onFailed(error, socket, name, args);
        return true;
      }
    };
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

  /** The connection that carries the socket. All sockets of one client share it. */
  get client(): SocketConnection {
    return this.#member.client as object as SocketConnection;
  }

  /** Whether the socket continues a session. It then has the same id, rooms and data, and missed events follow. */
  get recovered(): boolean {
    return this.#member.isRecovered;
  }

  /** Whether the socket can send and receive events. */
  get connected(): boolean {
    return this.#member.connected;
  }

  /** The opposite of `connected`. */
  get disconnected(): boolean {
    return !this.#member.connected;
  }

  /** The session of the client. It has `transport.name`, and emits `upgrade`, `packet`, `drain` and `close`. */
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

  /** Any data that the application keeps with the socket. `fetchSockets` returns it, and recovery restores it. */
  get data(): SocketData {
    this.#member.data ??= {};
    return this.#member.data as SocketData;
  }

  set data(data: SocketData) {
    this.#member.data = data;
  }

  /** The rooms that the socket is in, including its own. */
  get rooms(): Set<Room> {
    return this.#member.rooms;
  }

  /** The server. @internal */
  get server(): unknown {
    return this.#member.namespace.server;
  }

  /** Whether more bytes wait for the client than `bytesMax` of its policy, or it reads late from the log. */
  get isOverBudget(): boolean {
    return this.#member.isOverBudget;
  }

  /**
   * Milliseconds by which the client is behind with marked events of the policy `newest-group`, as far as the server
   * knows. It is 0 for a client that keeps up, or gets no such events. A program can choose the quality of a stream by
   * it.
   */
  get lagMs(): number {
    return this.#member.namespace.reception.lagOf(this.#member);
  }

  /**
   * Tells the policy `newest-group` that the client has received or shown everything that was emitted until `at`, in
   * milliseconds of the server's clock. Clients say such things, so nothing throws: a time in the future counts as now,
   * and anything but a finite number or a newer time than the last one is ignored. The word counts for five seconds.
   * Until then it takes the place of what the server measures.
   */
  seen(at: number): void {
    this.#member.namespace.reception.onSeen(this.#member, at);
  }

  /**
   * Resolves with `true` once the client is within its budget, which may be at once. Resolves with `false` when the
   * client has gone, or after `timeoutMs`. Rejects with the reason of the `signal`.
   */
  drained(options?: DrainedOptions): Promise<boolean> {
    return this.#member.drained(options);
  }

  /**
   * Sends an event to the client. A function as the last argument is called with the client's acknowledgement. If a
   * `timeout` was set, its first argument is an error or `null`. Throws ConfigError for a reserved name and for data
   * that cannot be encoded. Returns `false` if the policy for slow readers is `hold` and the client is over its budget.
   * The application should then wait for `drained`.
   */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean {
    checkEventName(name);
    return this.#member.emit(name, args, this.#takeFlags());
  }

  /** Sends an event and resolves with the acknowledgement. Rejects at the `timeout`, if one was set. */
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

  /** Sends a `message` event, as `send` does. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args);
  }

  /**
   * Sets the timeout for the acknowledgement of the next event, in milliseconds. The callback then receives an error as
   * its first argument.
   */
  timeout(timeoutMs: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    return this.#flag({ timeout: checkTimeout(timeoutMs) }) as object as ReturnType<typeof this.timeout>;
  }

  /** Sets whether the transport may compress the next event. */
  compress(compress: boolean): this {
    return this.#flag({ compress });
  }

  /** Sends the next event with a key. For a slow client, it may replace an earlier event with the same key. */
  key(key: string): this {
    return this.#flag({ key: checkKey(key) });
  }

  /** Marks the next event for the policy `newest-group`, as `key`, `delta` or `always`. See BroadcastOperator. */
  mark(mark: Mark): this {
    return this.#flag({ mark: checkMark(mark) });
  }

  /** Names the person on whose behalf the next event is sent, for `erase({ by })`. See BroadcastOperator. */
  by(person: string): this {
    return this.#flag({ by: authorOf(person) });
  }

  /** Makes the next event volatile: it is dropped if the connection cannot take it at once. */
  get volatile(): this {
    return this.#flag({ volatile: true });
  }

  /** Targets everybody in the namespace except this socket. */
  get broadcast(): Others<EmitEvents, SocketData> {
    return this.#others();
  }

  /** Targets everybody else in the namespace on this node. */
  get local(): Others<EmitEvents, SocketData> {
    return this.#others().local;
  }

  /** Targets everybody in a room, or rooms, except this socket. */
  to(room: Room | readonly Room[]): Others<EmitEvents, SocketData> {
    return this.#others().to(room);
  }

  /** Targets everybody in a room, or rooms, except this socket, as `to` does. */
  in(room: Room | readonly Room[]): Others<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Targets everybody in the namespace except this socket and the sockets in a room, or rooms. */
  except(room: Room | readonly Room[]): Others<EmitEvents, SocketData> {
    return this.#others().except(room);
  }

  /** Joins rooms. Beyond `roomsPerSocketMax` the socket is disconnected, with the error as the description. */
  join(rooms: Room | readonly Room[]): Promise<void> | void {
    this.#member.join(toList(rooms));
  }

  /** Leaves rooms. */
  leave(rooms: Room | readonly Room[]): Promise<void> | void {
    this.#member.leave(toList(rooms));
  }

  /** Leaves all rooms, including its own. @internal */
  leaveAll(): void {
    this.#member.leave([...this.rooms]);
  }

  /** Disconnects the client from the namespace. With `close`, ends its connection and its other namespaces. */
  disconnect(close = false): this {
    this.#member.disconnect(close);
    return this;
  }

  /** Adds middleware that each incoming event passes before its listeners. */
  use(middleware: EventMiddleware): this {
    const interceptors = this.#member.intercept();
    interceptors.middleware = [...interceptors.middleware, middleware];
    return this;
  }

  /** Adds a listener for all incoming events. Its first argument is the event's name. */
  onAny(listener: Listener): this {
    const interceptors = this.#member.intercept();
    interceptors.incoming = [...interceptors.incoming, listener];
    return this;
  }

  /** Adds a listener for all incoming events, before the others. */
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

  /** Returns the catch-all listeners for incoming events. */
  listenersAny(): Listener[] {
    return [...(this.#member.interceptors?.incoming ?? [])];
  }

  /** Adds a listener for all outgoing events. Its first argument is the event's name. */
  onAnyOutgoing(listener: Listener): this {
    const interceptors = this.#member.intercept();
    interceptors.outgoing = [...interceptors.outgoing, listener];
    this.#member.watchOutgoing();
    return this;
  }

  /** Adds a listener for all outgoing events, before the others. */
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

  /** Returns the catch-all listeners for outgoing events. */
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
    return new BroadcastOperator(this.#member.namespace.api, target);
  }
}
