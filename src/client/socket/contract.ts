/** What managers and sockets are to each other and to users: events, what they say, and the methods of a Manager. */
import type { Timers } from '../../base/clock.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EngineSocket } from '../engine/engine.js';
import type { CloseDetails, WriteOptions } from '../engine/engine-options.js';
import type { ClientOptions, ManagerOptions, SocketOptions } from './options.js';
import type { TypedPublicEmitterShape } from './typed-emitter.js';

/** Details of a close: an error, or what the transport says. */
export type DisconnectDescription = Error | CloseDetails;

/** Why a socket was disconnected. After the first two the client does not connect again by itself. */
export type DisconnectReason =
  | 'io server disconnect'
  | 'io client disconnect'
  | 'ping timeout'
  | 'transport close'
  | 'transport error'
  | 'parse error';

/** An error of the server's middleware, with the `data` it was given there. */
export interface ExtendedError extends Error {
  data?: unknown;
}

/** The events of a Manager. */
export interface ManagerReservedEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: SocketPacket) => void;
  /** An event that waited for the connection was given up, because it has become too old (`bufferAgeMax`). */
  drop: (packet: SocketPacket) => void;
  close: (reason: string, details?: DisconnectDescription) => void;
  reconnect: (attempt: number) => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect_failed: () => void;
}

/** The events that a Socket emits by itself. */
export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: ExtendedError) => void;
  disconnect: (reason: DisconnectReason, details?: DisconnectDescription) => void;
}

/** A Manager as its sockets and its users see it; the class `Manager` is made of it. */
export interface ManagerContract<Socket> extends TypedPublicEmitterShape<ManagerReservedEvents> {
  /** The connection below, from the first attempt on. */
  readonly engine: EngineSocket;
  readonly opts: ClientOptions;
  /** The sockets by their namespaces. */
  readonly nsps: ReadonlyMap<string, Socket>;
  /** Whether a connection is there, or under way. */
  readonly readyState: 'opening' | 'open' | 'closed';
  /** Whether attempts to connect again are under way. */
  readonly isReconnecting: boolean;
  /** Where its sockets take the time from. */
  readonly timers: Timers;
  /** The server goes, and is back after so many milliseconds: the next attempt comes no sooner. */
  holdOff(retryAfterMs: unknown): void;
  /** Whether a lost connection is made again. */
  reconnection(): boolean;
  /** Sets whether a lost connection is made again. */
  reconnection(value: boolean): this;
  /** The most attempts before giving up. */
  reconnectionAttempts(): number;
  /** Sets the most attempts before giving up. */
  reconnectionAttempts(value: number): this;
  /** Milliseconds before the first attempt. */
  reconnectionDelay(): number;
  /** Sets the milliseconds before the first attempt. */
  reconnectionDelay(value: number): this;
  /** The most milliseconds between two attempts. */
  reconnectionDelayMax(): number;
  /** Sets the most milliseconds between two attempts. */
  reconnectionDelayMax(value: number): this;
  /** The part of a delay that is random. */
  randomizationFactor(): number;
  /** Sets the part of a delay that is random. */
  randomizationFactor(value: number): this;
  /** Milliseconds that a connection may take to open. */
  timeout(): NonNullable<ManagerOptions['timeout']>;
  /** Sets the milliseconds that a connection may take to open. */
  timeout(value: NonNullable<ManagerOptions['timeout']>): this;
  /** Makes the connection, unless there is one; `callback` gets the error when it fails, and no attempt follows by itself. */
  open(callback?: (error?: Error) => void): this;
  /** Same as `open`. */
  connect(callback?: (error?: Error) => void): this;
  /** The socket of a namespace, made at the first call; connects it when `autoConnect` is on. */
  socket(namespace: string, options?: SocketOptions): Socket;
  /** Closes the connection and makes no other, until `open` or a socket's `connect` is called. */
  disconnect(): void;
  /** Same as `disconnect`, under the name that code written for Socket.IO calls. */
  _close(): void;
  /** Closes the connection when no socket uses it any more; called by a socket that left. */
  release(): void;
  /** Sends a packet of a socket. */
  write(packet: SocketPacket, options: WriteOptions): void;
  /** Cuts off a server that broke a rule. */
  fail(error: Error): void;
}

/** A waiting acknowledgement; one that `takesError` hears of timeouts and disconnections too. */
export interface Ack {
  (...args: unknown[]): void;
  takesError?: boolean;
}

/** An event on its way out. */
export interface EventPacket extends SocketPacket {
  data: unknown[];
  options: WriteOptions;
}

/** What a server answers to `naru:subscribe` and its like. */
export interface CallAnswer {
  readonly error?: { readonly code: string; readonly message: string };
}
