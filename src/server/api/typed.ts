/** The types of namespaces and sockets, as an application that declares its events sees them. At run time they are the classes inside. */
import type { IncomingMessage } from 'node:http';
import type { Emitter } from '../../base/emitter.js';
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
import type { Adapter } from '../../namespace/adapter.js';
import type { Audience } from '../../namespace/audience.js';
import type { BroadcastOperator } from '../../namespace/broadcast.js';
import type { Connection } from '../../namespace/connection.js';
import { Namespace as RuntimeNamespace } from '../../namespace/namespace.js';
import type { DrainedOptions } from '../../namespace/slow-readers/drain-waits.js';
import type { DisconnectReason } from '../../namespace/socket/disconnect-reason.js';
import type { Handshake } from '../../namespace/socket/handshake.js';
import { Socket as RuntimeSocket } from '../../namespace/socket/socket.js';
import type { Room, SocketId } from '../../namespace/target.js';
import type { Session } from '../../session/session.js';

/** An event with its arguments, as middleware of a socket sees it. */
export type Event = [name: string, ...args: Untyped[]];

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
> extends Emitter<ListenEvents, SocketReservedEvents>,
    Pick<
      BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData>,
      'to' | 'in' | 'except' | 'local'
    > {
  /** The socket's id, which is also the name of its own room. */
  readonly id: SocketId;
  /** The namespace. */
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The connection that carries it, shared by the sockets of one client. */
  readonly client: Connection;
  /** The session below: `transport.name`, and the events `upgrade`, `packet`, `drain` and `close`. */
  readonly conn: Session;
  /** The HTTP request that opened the session. */
  readonly request: IncomingMessage;
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

/** A namespace: the sockets of one part of an application, its middleware and its rooms. */
export interface Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends Audience<
    EmitEvents,
    ServerSideEvents,
    SocketData,
    Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    NamespaceReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  > {
  /** Its name, which begins with a slash. */
  readonly name: string;
  /** The sockets by id. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** Views of its rooms, and their events. */
  readonly adapter: Adapter;
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

/** A namespace; `server.of` makes them. */
export const Namespace = RuntimeNamespace as unknown as NamespaceClass;

/** A socket; the server makes them. */
export const Socket = RuntimeSocket as unknown as SocketClass;
