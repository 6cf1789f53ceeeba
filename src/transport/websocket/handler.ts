/** What a WebSocket connection tells the layer above, and the options of a send. */
import type { ProtocolError, UnavailableError } from '../../base/errors.js';

/** Gets what happens on a connection. One object may serve every connection; each call names it. */
export interface HandlerOf<Connection> {
  /** A whole text message. */
  onText(connection: Connection, text: string): void;
  /** A whole binary message, safe to keep. */
  onBinary(connection: Connection, data: Buffer): void;
  /** A ping, which the connection itself answers. The payload is safe to keep. */
  onPing?(connection: Connection, data: Buffer): void;
  /** A pong. The payload is safe to keep. */
  onPong?(connection: Connection, data: Buffer): void;
  /** The connection takes more again, after `writable` had been false. */
  onWritable(connection: Connection): void;
  /**
   * The connection is over; called exactly once, last. `code` and `reason` are what the peer's close frame said (1005: nothing),
   * what ours said where the peer broke a rule (then `error` is a ProtocolError), or 1006 where no close frame came.
   */
  onClose(
    connection: Connection,
    code: number,
    reason: string,
    error: ProtocolError | UnavailableError | undefined,
  ): void;
}

/** Where a connection stands: `closing` from `close()` until the peer has answered. */
export type ReadyState = 'open' | 'closing' | 'closed';

/** Options of one send. */
export interface SendOptions {
  /** Whether to compress, where permessage-deflate was agreed and the message reaches the threshold. @default true */
  compress?: boolean;
}
