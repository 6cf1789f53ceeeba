/** Sending to many, typed: what `to`, `in` and `except` give, and the sockets that `fetchSockets` finds. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type {
  AllButLast,
  DecorateAcknowledgements,
  EventNames,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Untyped,
} from '../../base/event-map.js';
import type { DrainedOptions } from '../../namespace/slow-readers/drain-waits.js';
import type { Handshake as RuntimeHandshake } from '../../namespace/socket/handshake.js';
import type { Room, SocketId } from '../../namespace/target.js';

/** The details of the handshake. */
export interface Handshake extends Omit<RuntimeHandshake, 'headers' | 'query' | 'auth'> {
  /** Headers of the opening request. */
  headers: IncomingHttpHeaders;
  /** Its query. */
  query: ParsedUrlQuery;
  /** What the client gave as `auth`; any client can give anything, so check it. */
  auth: Record<string, Untyped>;
}

/** What can be done to many sockets at once: all those of a server, a namespace, or a target of rooms. */
export interface ManySockets<EmitEvents extends EventsMap, SocketData> {
  /** The ids of the sockets. @deprecated `fetchSockets` tells more. */
  allSockets(): Promise<Set<SocketId>>;
  /** The sockets, to look at and to act on. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]>;
  /** Has the sockets join a room, or rooms. */
  socketsJoin(room: Room | readonly Room[]): void;
  /** Has the sockets leave a room, or rooms. */
  socketsLeave(room: Room | readonly Room[]): void;
  /** Disconnects the sockets; `close` ends the whole connection of each and not only the namespace. */
  disconnectSockets(close?: boolean): void;
}

/** Where a message starts on its way to many: each of these gives an operator that is narrowed by the next. */
export interface Targeting<EmitEvents extends EventsMap, SocketData> {
  /** Adds rooms: sockets in any of them are meant. */
  to(room: Room | readonly Room[]): BroadcastOperator<EmitEvents, SocketData>;
  /** Same as `to`. */
  in(room: Room | readonly Room[]): BroadcastOperator<EmitEvents, SocketData>;
  /** Takes out the sockets that are in any of these rooms. */
  except(room: Room | readonly Room[]): BroadcastOperator<EmitEvents, SocketData>;
  /** Only sockets of this node are meant. */
  readonly local: BroadcastOperator<EmitEvents, SocketData>;
}

/** Chooses sockets and does something to all of them. Each call that changes the target gives a new operator. */
export interface BroadcastOperator<EmitEvents extends EventsMap, SocketData>
  extends Targeting<EmitEvents, SocketData>,
    ManySockets<EmitEvents, SocketData> {
  /** Whether the transports may compress the message. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData>;
  /** The message is dropped for sockets whose connection cannot take it at once. */
  readonly volatile: BroadcastOperator<EmitEvents, SocketData>;
  /**
   * Of the events of one name to the same rooms that are sent with this key, only the newest matters to a client that is slow: with the
   * policy `newest-per-key` it takes the place of those that wait. Throws ConfigError for what is no string of 1 to 1,000 characters.
   */
  key(key: string): BroadcastOperator<EmitEvents, SocketData>;
  /**
   * Resolves with `true` once all sockets of this process that are meant are within their budget, or gone; with `false` after `timeoutMs`,
   * 10 seconds if nothing else is said, so that one that has stalled does not hold up those who emit for ever.
   */
  drained(options?: DrainedOptions): Promise<boolean>;
  /** Sets how many milliseconds acknowledgements are waited for; their callback gets an error first. */
  timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
  /**
   * Sends an event to all. A function at the end is called once, as `(error, answers)`: with all answers, or after the `timeout` with
   * an error and the answers so far. Throws ConfigError for a reserved name and for data that cannot be encoded. Gives `false` where the
   * policy for slow readers is `hold` and one of the sockets is over its budget: wait for `drained` then.
   */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  /** Sends an event to all and resolves with all answers; rejects at the `timeout`, with the answers so far as `responses`. */
  emitWithAck<Name extends EventNamesWithError<EmitEvents>>(
    name: Name,
    ...args: AllButLast<EventParams<EmitEvents, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>>;
  /** Sends a `message` event to all. */
  send(...args: EventParams<EmitEvents, 'message'>): this;
  /** Same as `send`. */
  write(...args: EventParams<EmitEvents, 'message'>): this;
}

/** A socket as `fetchSockets` gives it, with the attributes and methods that also work for sockets of another node. */
export interface RemoteSocket<EmitEvents extends EventsMap, SocketData> {
  /** The socket's id. */
  readonly id: SocketId;
  /** The details of the handshake. */
  readonly handshake: Handshake;
  /** The rooms it is in, its own included. */
  readonly rooms: Set<Room>;
  /** What the application keeps with the socket. */
  readonly data: SocketData;
  /** Sets how many milliseconds the acknowledgement of the next event is waited for. */
  timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
  /** Sends an event to the client. */
  emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
  /** Joins a room, or rooms. */
  join(room: Room | readonly Room[]): void;
  /** Leaves a room. */
  leave(rooms: Room | Room[]): void;
  /** Disconnects the client from the namespace, or with `close` altogether. */
  disconnect(close?: boolean): this;
}
