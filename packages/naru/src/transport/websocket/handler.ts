/** The events that a WebSocket connection reports to the layer above, and the options of a send. */
import type { ProtocolError, UnavailableError } from '../../base/errors.js';

/**
 * Receives the messages and events of a connection. One object may serve every connection, because each call names its
 * connection.
 */
export interface HandlerOf<Connection> {
  /** Called with each whole text message. */
  onText(connection: Connection, text: string): void;
  /** Called with each whole binary message. The receiver may keep the data. */
  onBinary(connection: Connection, data: Buffer): void;
  /** Called with each ping, which the connection itself has answered. The receiver may keep the payload. */
  onPing?(connection: Connection, data: Buffer): void;
  /** Called with each pong. The receiver may keep the payload. */
  onPong?(connection: Connection, data: Buffer): void;
  /** Called when the connection can take more again, after `writable` was false. */
  onWritable(connection: Connection): void;
  /**
   * Called exactly once, last, when the connection is over. `code` and `reason` come from the peer's close frame; 1005
   * means that it had no code. If this side closed because of an error, they come from its own close frame, and `error`
   * is a ProtocolError if the peer broke a rule. Without a close frame, `code` is 1006.
   */
  onClose(
    connection: Connection,
    code: number,
    reason: string,
    error: ProtocolError | UnavailableError | undefined,
  ): void;
}

/** The states of a connection. It is `closing` from `close()` until the peer has answered. */
export type ReadyState = 'open' | 'closing' | 'closed';

/** Options of one send. */
export interface SendOptions {
  /**
   * Whether to compress the message, if permessage-deflate was agreed and the message reaches the threshold. @default
   * true
   */
  compress?: boolean;
}
