/** Carries a plain wire over a WebSocket, for STOMP. Each message is a unit, without Engine.IO packets. */
import type { BaseTransport, TransportHandler } from '../transport.js';
import type { WebSocketConnection, WebSocketHandler } from './connection.js';
import { WEBSOCKET_HANDLER, WebSocketTransport } from './transport.js';

/** A transport that PLAIN_WEBSOCKET_HANDLER calls. It must be the `owner` of its connection. */
export interface HeardTransport extends BaseTransport {
  /** Whether the peer has sent anything since the last ping. */
  isHeard: boolean;
}

/**
 * A plain WebSocket. The receiver can stop reading with `pause` and continue with `resume`. It still has to take the
 * current message.
 */
export class PlainWebSocketTransport extends WebSocketTransport implements HeardTransport {
  isHeard = true;

  constructor(connection: WebSocketConnection, handler: TransportHandler) {
    super(connection, 4, handler);
  }

  get isPlain(): boolean {
    return true;
  }

  /** Stops reading, so that the peer has to wait. */
  override pause(): void {
    this.connection.pause();
  }

  /** Resumes reading, later in this turn. */
  override resume(): void {
    this.connection.resume();
  }

  /** Returns whether a part of a message has come since the last call, and the rest of it has not. */
  checkProgress(): boolean {
    return this.connection.checkProgress();
  }

  /**
   * Sends the peer a ping, which every WebSocket answers. Returns whether the peer has sent anything since the last
   * call. A peer that sends a large message answers after it, so the parts of one count.
   */
  checkPeer(): boolean {
    const wasHeard = this.checkProgress() || this.isHeard;
    this.isHeard = false;
    this.connection.ping();
    return wasHeard;
  }
}

function receive({ owner }: WebSocketConnection, unit: string | Buffer): void {
  const transport = owner as HeardTransport;
  transport.isHeard = true;
  transport.handler.onData(transport, unit);
}

/** Passes the events of each connection to its transport. One handler serves all connections. */
export const PLAIN_WEBSOCKET_HANDLER: WebSocketHandler = {
  ...WEBSOCKET_HANDLER,
  onText: receive,
  onBinary: receive,
  onPong(connection) {
    (connection.owner as HeardTransport).isHeard = true;
  },
};
