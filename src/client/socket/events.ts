/** The events of managers and sockets, with the arguments of their listeners. */
import type { ConfigErrorCode, ProtocolErrorCode, UnavailableErrorCode } from '../../base/errors.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { CloseDetails, WriteOptions } from '../engine/options.js';
import type { NaruEvents } from './naru-events.js';

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

/** The reason why a socket could not connect: an error of the server's middleware, of the transport or of the protocol. */
export interface ExtendedError extends Error {
  /** `CONNECT_FAILED` when the server or its middleware refuses, `TIMEOUT`, `IO_FAILED` when a transport fails, or the rule that was broken. */
  readonly code?: UnavailableErrorCode | ProtocolErrorCode | ConfigErrorCode;
  /** The `data` of an error of the server's middleware. */
  data?: unknown;
  /** The HTTP status or the event that a transport failed with. */
  readonly description?: unknown;
  /** The CloseEvent, XMLHttpRequest or Response of a transport, where there is one. */
  readonly context?: unknown;
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

/** The events that a Socket has besides those of the application. */
export interface SocketReservedEvents extends NaruEvents {
  connect: () => void;
  connect_error: (error: ExtendedError) => void;
  disconnect: (reason: DisconnectReason, details?: DisconnectDescription) => void;
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

/** The server's answer to CONNECT; `once` if it knows the event `naru:once`. */
export interface ConnectAnswer {
  readonly sid?: string;
  readonly pid?: string;
  readonly once?: number;
}
