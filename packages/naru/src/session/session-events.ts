/** The interfaces between a session, the layer above and its lane for volatile messages. */
import type { EncodedPacket, Unit } from '../transport/encoded-packet.js';

/** The reason why a session ended, in Socket.IO's words. */
export type SessionCloseReason =
  | 'transport close'
  | 'transport error'
  | 'ping timeout'
  | 'parse error'
  | 'forced close';

/** The language that a client speaks inside its transport. A wire of another package may have a name of its own. */
export type Subprotocol = 'socket.io' | 'line' | 'events' | (string & {});

/** Receives the messages and the end of a session, for the layer above. */
export interface SessionReceiver {
  /** Called with each message, in the order in which the client sent them. */
  onMessage(data: Unit): void;
  /**
   * Called with the units of a whole message that arrived unreliably, outside the order of the others. The text comes
   * first.
   */
  onVolatile?(units: readonly Unit[]): void;
  /** Called when the transport has taken all waiting packets, and only while the session's `isAwaitingSpace` is set. */
  onSpace?(): void;
  /**
   * Called when a heartbeat is due on a wire without Engine.IO, so that the layer can send one in the wire's own form.
   */
  onQuiet?(): void;
  /** Called once, when the session has ended. */
  onClose(reason: SessionCloseReason, description: unknown): void;
}

/**
 * The lane of a session: a UDP path for volatile messages beside its transport. Messages that arrive on it go to
 * `session.onVolatile`.
 */
export interface Lane {
  /**
   * Sends all packets of one message, unreliably. Returns `false`, and sends nothing, if the lane is not up, has not
   * heard from the client lately, or cannot carry the message.
   */
  send(packets: readonly EncodedPacket[]): boolean;
  /** Called when the session has ended. */
  close(): void;
}
