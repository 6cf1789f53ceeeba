/** The endpoint's types: what the classes of the server are to an application that declares its events. At run time they are those classes. */

import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Listener,
  Untyped,
} from '../../base/event-map.js';
import type { Adapter } from '../../namespace/adapter.js';
import type { Connection } from '../../namespace/connection.js';
import type { HistoryPage, HistoryQuery } from '../../namespace/history/history.js';
import { Namespace as RuntimeNamespace } from '../../namespace/namespace.js';
import type { PermissionRules } from '../../namespace/permissions/permissions.js';
import type { PresenceOptions, RoomPresence } from '../../namespace/presence/room-presence.js';
import type { DrainedOptions } from '../../namespace/slow-readers/drain-waits.js';
import type { SlowPolicy } from '../../namespace/slow-readers/policy.js';
import { Socket as RuntimeSocket } from '../../namespace/socket/socket.js';
import type { DisconnectReason } from '../../namespace/socket/socket-scope.js';
import type { Room, SocketId } from '../../namespace/target.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { Session } from '../../session/session.js';
import type { WebTransportSession } from '../../transport/webtransport/w3c.js';
import type { ServerEndpoint } from '../endpoints/endpoint.js';
import type { WebTransportRequest } from '../endpoints/webtransport.js';
import type { EngineServer } from '../engine/engine-server.js';
import type { ServerOptions, ServerSettings } from '../options/options.js';
import type { DrainOptions } from './drain.js';
import { Server as RuntimeServer } from './server.js';
import type { BroadcastOperator, Handshake, ManySockets, Targeting } from './typed-broadcast.js';
import type { TypedListening } from './typed-events.js';

/** An event with its arguments, as middleware of a socket sees it. */
export type Event = [name: string, ...args: Untyped[]];

/** An error of middleware; its `data` goes to the client with `connect_error`. */
export interface ExtendedError extends Error {
  /** Anything that the client should know. */
  data?: Untyped;
}

/** Node's servers that can be attached to. */
export type NodeServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** Decides over a namespace that a client asks for. */
export type NamespaceMatcher = (
  name: string,
  auth: Record<string, Untyped>,
  next: (error: Error | null, isAllowed: boolean) => void,
) => void;

/** The events that sockets emit by themselves. */
export interface SocketReservedEvents {
  disconnect: (reason: DisconnectReason, description?: Untyped) => void;
  disconnecting: (reason: DisconnectReason, description?: Untyped) => void;
  error: (error: Error) => void;
}

/** The events that namespaces emit by themselves. */
export interface NamespaceReservedEvents<
  Listen extends EventsMap,
  Emit extends EventsMap,
  Side extends EventsMap,
  Data,
> {
  connect: (socket: Socket<Listen, Emit, Side, Data>) => void;
  connection: (socket: Socket<Listen, Emit, Side, Data>) => void;
}

/** The events that servers emit by themselves. */
export interface ServerReservedEvents<Listen extends EventsMap, Emit extends EventsMap, Side extends EventsMap, Data>
  extends NamespaceReservedEvents<Listen, Emit, Side, Data> {
  new_namespace: (namespace: Namespace<Listen, Emit, Side, Data>) => void;
}

/** A socket: one client in one namespace. Events of the client arrive in order, each at most once; what is emitted leaves in order. */
export interface Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends TypedListening<ListenEvents, SocketReservedEvents>,
    Targeting<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
  /** The socket's id, which is also the name of its own room. */
  readonly id: SocketId;
  /** The namespace. */
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The connection that carries it, shared by the sockets of one client. */
  readonly client: Connection;
  /** The session below: `transport.name`, and the events `upgrade`, `packet`, `drain` and `close`. */
  readonly conn: Session;
  /** The HTTP request that opened the session. */
  readonly request: EngineRequest;
  /** The details of the handshake. */
  readonly handshake: Handshake;
  /** Whether it continues an earlier session: same id, rooms and data, and missed events follow. */
  readonly recovered: boolean;
  /** Whether events can flow. */
  readonly connected: boolean;
  /** The opposite of `connected`. */
  readonly disconnected: boolean;
  /** The rooms it is in, its own included. */
  readonly rooms: Set<Room>;
  /** Anything the application wants to keep with the socket; `fetchSockets` shows it and recovery restores it. */
  data: SocketData;
  /** Everybody in the namespace but this socket. */
  readonly broadcast: BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData>;
  /** The next event is dropped where the connection cannot take it at once. */
  readonly volatile: this;
  /** Of the next event and those of its name with the same key, only the newest matters to a client that is slow. See `BroadcastOperator.key`. */
  key(key: string): this;
  /** Whether more waits for the client than its budget, `bytesMax` of the policy of the namespace, or it reads late from the log. */
  readonly isOverBudget: boolean;
  /**
   * Resolves with `true` once the client is within its budget, at once where it is already; with `false` when it has gone, or after
   * `timeoutMs`. Rejects with the reason of the `signal`.
   */
  drained(options?: DrainedOptions): Promise<boolean>;
  /** Whether the transport may compress the next event. */
  compress(compress: boolean): this;
  /** The next event's acknowledgement has to come within so many milliseconds; its callback gets an error first. */
  timeout(timeoutMs: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData>;
  /**
   * Sends an event to the client; a function at the end gets the acknowledgement. Throws ConfigError for a reserved name. Gives `false`
   * where the policy for slow readers is `hold` and more waits for the client than its budget: wait for `drained` then.
   */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  /** Sends an event and resolves with the acknowledgement; rejects after `timeout` where one was set. */
  emitWithAck<Name extends EventNamesWithAck<EmitEvents>>(
    name: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>>;
  /** Sends a `message` event. */
  send(...args: EventParams<EmitEvents, 'message'>): this;
  /** Same as `send`. */
  write(...args: EventParams<EmitEvents, 'message'>): this;
  /** Joins a room, or rooms. Throws ConfigError beyond the bound of rooms a socket. */
  join(rooms: Room | readonly Room[]): Promise<void> | void;
  /** Leaves a room. */
  leave(rooms: Room | Room[]): Promise<void> | void;
  /** Ends the membership; with `close` the whole connection, and with it the client's other namespaces. */
  disconnect(close?: boolean): this;
  /** Adds a function that each incoming event passes before its listeners. */
  use(middleware: (event: Event, next: (error?: Error) => void) => void): this;
  /** Adds a listener for all incoming events; it gets the name first. */
  onAny(listener: Listener): this;
  /** Adds a listener for all incoming events at the front. */
  prependAny(listener: Listener): this;
  /** Removes a catch-all listener for incoming events, or all of them. */
  offAny(listener?: Listener): this;
  /** The catch-all listeners for incoming events. */
  listenersAny(): Listener[];
  /** Adds a listener for all outgoing events; it gets the name first. */
  onAnyOutgoing(listener: Listener): this;
  /** Adds a listener for all outgoing events at the front. */
  prependAnyOutgoing(listener: Listener): this;
  /** Removes a catch-all listener for outgoing events, or all of them. */
  offAnyOutgoing(listener?: Listener): this;
  /** The catch-all listeners for outgoing events. */
  listenersAnyOutgoing(): Listener[];
}

/** What a server and a namespace have in common. */
interface Audience<Listen extends EventsMap, Emit extends EventsMap, Side extends EventsMap, Data>
  extends Targeting<DecorateAcknowledgementsWithMultipleResponses<Emit>, Data>,
    ManySockets<Emit, Data> {
  /** Adds a function that each new socket passes; `next(error)` refuses it, and the client gets `connect_error`. */
  use(middleware: (socket: Socket<Listen, Emit, Side, Data>, next: (error?: ExtendedError) => void) => void): this;
  /**
   * Opens endpoints that are closed by default: `subscribe` decides which rooms a client may enter by itself, `publish` to which it may
   * send, on every wire. What is not named stays as it was.
   */
  allow(rules: PermissionRules<Socket<Listen, Emit, Side, Data>>): this;
  /**
   * What becomes of events for clients that read slower than others write, from now on: of all in the namespace, or of those to one room,
   * which comes first. Without a policy, what holds otherwise holds again. Throws ConfigError for a policy that cannot be, for `catch-up`
   * where there is no log, and beyond the bound of rooms with a policy of their own.
   */
  slow(policy: SlowPolicy | undefined): this;
  slow(room: Room, policy: SlowPolicy | undefined): this;
  /** Of the events with this key, only the newest matters to a client that is slow. See `BroadcastOperator.key`. */
  key(key: string): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<Emit>, Data>;
  /** Resolves with `true` once all clients of this process are within their budget; with `false` after `timeoutMs` (10 seconds). */
  drained(options?: DrainedOptions): Promise<boolean>;
  /**
   * What was sent to a room, a page at a time: the newest events, those before an offset, or those behind one. Rejects with ConfigError
   * where there is no log.
   */
  history(room: Room, query?: HistoryQuery): Promise<HistoryPage>;
  /** Who is in a room, of those whom the application makes present there. */
  presence(room: Room, options?: PresenceOptions): RoomPresence<Socket<Listen, Emit, Side, Data>>;
  /** Sends an event to everybody. For events with an acknowledgement set a `timeout` first. */
  emit<Name extends EventNamesWithoutAck<Emit>>(name: Name, ...args: EventParams<Emit, Name>): boolean;
  /** Sends a `message` event to everybody. */
  send(...args: EventParams<Emit, 'message'>): this;
  /** Same as `send`. */
  write(...args: EventParams<Emit, 'message'>): this;
  /** Whether transports may compress the message. */
  compress(compress: boolean): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<Emit>, Data>;
  /** The message is dropped where the connection cannot take it at once. */
  readonly volatile: BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<Emit>, Data>;
  /** Sets how many milliseconds acknowledgements are waited for; their callback gets an error first. */
  timeout(
    timeoutMs: number,
  ): BroadcastOperator<DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<Emit>>, Data>;
  /** Emits an event to the other nodes; a function at the end gets their answers. */
  serverSideEmit<Name extends EventNames<Side>>(
    name: Name,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Side>, Name>
  ): boolean;
  /** Emits an event to the other nodes and resolves with their answers. */
  serverSideEmitWithAck<Name extends EventNamesWithAck<Side>>(
    name: Name,
    ...args: AllButLast<EventParams<Side, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<Side, Name>>>[]>;
}

/** A namespace: the sockets of one part of an application, its middleware and its rooms. */
export interface Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends TypedListening<
      ServerSideEvents,
      NamespaceReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
    Audience<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** Its name, which begins with a slash. */
  readonly name: string;
  /** The sockets by id. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** Views of its rooms, and their events. */
  readonly adapter: Adapter<RuntimeSocket>;
  /** The server. */
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
}

/**
 * A server. `ListenEvents` come from the clients and `EmitEvents` go to them, `ServerSideEvents` travel between nodes, and `SocketData`
 * is what `socket.data` holds.
 */
export interface Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends TypedListening<
      ServerSideEvents,
      ServerReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    >,
    Audience<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** The main namespace. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The engine: the connections below the events. */
  readonly engine: EngineServer;
  /** The HTTP server. */
  httpServer: NodeServer;
  /** All options, with their defaults. */
  readonly opts: ServerSettings;
  /** The namespaces by name. */
  readonly _nsps: ReadonlyMap<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** The path of the server's requests. */
  path(): string;
  /** Sets the path of the server's requests, for what is attached later. */
  path(value: string): this;
  /** Whether the client bundles are served. */
  serveClient(): boolean;
  /** Sets whether the client bundles are served. */
  serveClient(value: boolean): this;
  /** Milliseconds that a client has to join a namespace. */
  connectTimeout(): number;
  /** Sets the milliseconds that a client has to join a namespace. */
  connectTimeout(value: number): this;
  /** Throws: there is no adapter class to choose. See docs/migration.md. */
  adapter(value?: unknown): never;
  /**
   * Listens with an HTTP server, on a port, or at an endpoint such as `tcp://0.0.0.0:4000`, where a failure shows in `ready`. Options given
   * here are added to the server's.
   */
  attach(input: NodeServer | number | string, options?: Partial<ServerOptions>): this;
  /** Same as `attach`. */
  listen(input: NodeServer | number | string, options?: Partial<ServerOptions>): this;
  /** The endpoints that endpoints opened. */
  readonly endpoints: readonly ServerEndpoint[];
  /** Resolves when all endpoints listen; rejects with UnavailableError that names the one that cannot. */
  ready(): Promise<void>;
  /** Takes a W3C WebTransport session, in which a client opens a session or moves its own. Resolves when that is settled, either way. */
  acceptWebTransport(session: WebTransportSession, about?: WebTransportRequest): Promise<void>;
  /** Takes the sessions of an engine that was made elsewhere. */
  bind(engine: EngineServer): this;
  /** Takes a session; called for each that the engine opens. */
  onconnection(session: Session): this;
  /**
   * The namespace of a name, made when there is none. With a pattern or a function: what makes namespaces when clients ask for them.
   * `listener` is added for its event `connection`. A namespace with events of its own says so in its type arguments.
   */
  of<
    Listen extends EventsMap = ListenEvents,
    Emit extends EventsMap = EmitEvents,
    Side extends EventsMap = ServerSideEvents,
    Data = SocketData,
  >(
    name: string | RegExp | NamespaceMatcher,
    listener?: (socket: Socket<Listen, Emit, Side, Data>) => void,
  ): Namespace<Listen, Emit, Side, Data>;
  /** Disconnects all clients with `server shutting down`, and closes the engine and the HTTP server. Resolves when all are closed. */
  close(callback?: (error?: Error) => void): Promise<void>;
  /** Takes nobody in any more, and closes the sessions in waves. See the class. */
  drain(options?: DrainOptions): Promise<void>;
}

/** The constructor of servers. */
export interface ServerConstructor {
  /** Made with an HTTP server or a port it listens at once; made without, after `attach` or `listen`. */
  new <
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = Untyped,
  >(
    input?: NodeServer | number | string | Partial<ServerOptions>,
    options?: Partial<ServerOptions>,
  ): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly prototype: Server;
}

/** The class of namespaces, which only a server makes objects of: for `instanceof` and `prototype`. */
export type NamespaceClass = abstract new <
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
>(
  ...args: never[]
) => Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

/** The class of sockets, which only a server makes objects of: for `instanceof` and `prototype`. */
export type SocketClass = abstract new <
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
>(
  ...args: never[]
) => Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

/** A server. */
export const Server = RuntimeServer as unknown as ServerConstructor;

/** A namespace; `server.of` makes them. */
export const Namespace = RuntimeNamespace as unknown as NamespaceClass;

/** A socket; the server makes them. */
export const Socket = RuntimeSocket as unknown as SocketClass;
