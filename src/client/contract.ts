/** The events of managers and sockets, and what they say. */
import type { SocketPacket } from '../protocol/socket-io/packet.js';
import type { CloseDetails } from './engine-options.js';

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
