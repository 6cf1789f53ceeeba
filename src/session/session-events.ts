/** What a session tells, and what it is told; and its way for volatile messages. */
import type { EncodedPacket, Unit } from '../transport/encoded-packet.js';

/** Why a session ended; the words are Socket.IO's. */
export type SessionCloseReason =
  | 'transport close'
  | 'transport error'
  | 'ping timeout'
  | 'parse error'
  | 'forced close';

/** The languages that a client may speak inside its transport. */
export type Subprotocol = 'socket.io' | 'stomp' | 'line' | 'events';

/** What the layer above gets to know of its session. */
export interface SessionReceiver {
  /** A message, in the order in which the client sent it. */
  onMessage(data: Unit): void;
  /** A whole message that came beside the ordered ones, unreliably: its units, text first. */
  onVolatile?(units: readonly Unit[]): void;
  /** The transport took what was there. Called only while the session's `isAwaitingSpace`. */
  onSpace?(): void;
  /** A heartbeat is due on a wire without Engine.IO's: time for a sign of life in the wire's own form. */
  onQuiet?(): void;
  /** The session ended; called once. */
  onClose(reason: SessionCloseReason, description: unknown): void;
}

/** What a session needs of its lane, a way for volatile messages beside its transport. What arrives by it is given to `session.onVolatile`. */
export interface Lane {
  /** Sends one message, all of its packets, unreliably. `false`: the lane is not up, not fresh, or cannot carry it; nothing was sent. */
  send(packets: readonly EncodedPacket[]): boolean;
  /** The session ended. */
  close(): void;
}
