/** The events of managers and sockets, with the arguments of their listeners. */
import type { ConfigErrorCode, ProtocolErrorCode, UnavailableErrorCode } from '../../base/errors.js';
import type { Untyped } from '../../base/event-map.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { CloseDetails, WriteOptions } from '../engine/options.js';
import type { NaruEvents } from './naru-events.js';

/** Details of a close: an error, or the details from the transport. */
export type DisconnectDescription = Error | CloseDetails;

/** The reason for a disconnection. After the first two the client does not reconnect by itself. */
export type DisconnectReason =
  | 'io server disconnect'
  | 'io client disconnect'
  | 'ping timeout'
  | 'transport close'
  | 'transport error'
  | 'parse error';

/**
 * The reason why a socket could not connect: an error of the server's middleware, of the transport or of the protocol.
 */
export interface ExtendedError extends Error {
  /**
   * `CONNECT_FAILED` when the server or its middleware refuses, `TIMEOUT`, `IO_FAILED` when a transport fails, or the
   * code of a broken rule.
   */
  readonly code?: UnavailableErrorCode | ProtocolErrorCode | ConfigErrorCode;
  /** The `data` of an error of the server's middleware. */
  data?: Untyped;
  /** The HTTP status or the event of the transport's failure. */
  readonly description?: unknown;
  /** The CloseEvent, XMLHttpRequest or Response of a transport, if there is one. */
  readonly context?: unknown;
}

/** The events of a Manager. */
export interface ManagerReservedEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: SocketPacket) => void;
  /** An event that waited for the connection was dropped, because it is too old (`bufferAgeMax`). */
  drop: (packet: SocketPacket) => void;
  close: (reason: string, details?: DisconnectDescription) => void;
  reconnect: (attempt: number) => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect_failed: () => void;
}

/** The events of a Socket besides those of the application. */
export interface SocketReservedEvents extends NaruEvents {
  connect: () => void;
  connect_error: (error: ExtendedError) => void;
  disconnect: (reason: DisconnectReason, details?: DisconnectDescription) => void;
}

/**
 * A waiting acknowledgement. With `takesError` it also gets the errors of timeouts and disconnections. With `isKeyed`
 * its event has a key, and a server may answer that the log has refused what the listener emitted.
 */
export interface Ack {
  (...args: unknown[]): void;
  takesError?: boolean;
  isKeyed?: boolean | undefined;
  /** Ends its time limit, if it has one. */
  stopTimer?: () => void;
  /** Why the server has refused the event. Set while the time limit of the attempt runs. */
  refusal?: Error;
}

/** An outgoing event. */
export interface EventPacket extends SocketPacket {
  data: unknown[];
  options: WriteOptions;
}

/** The server's answer to CONNECT. `once` says that the server knows the event `naru:once`. */
export interface ConnectAnswer {
  readonly sid?: string;
  readonly pid?: string;
  readonly once?: number;
}
