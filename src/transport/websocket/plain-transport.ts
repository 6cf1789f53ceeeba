/** Carries a language of its own over a WebSocket: each message is a unit, and none is an Engine.IO packet. For STOMP. */
import type { BaseTransport, TransportHandler } from '../transport.js';
import type { WebSocketConnection, WebSocketHandler } from './connection.js';
import { WEBSOCKET_HANDLER, WebSocketTransport } from './transport.js';

/** What is told by PLAIN_WEBSOCKET_HANDLER, as the owner of its connection. */
export interface HeardTransport extends BaseTransport {
  /** Whether the peer was heard since it was asked last. */
  isHeard: boolean;
}

/** A plain WebSocket. `pause` and `resume` let its reader wait: the message that is being taken is still the reader's. */
export class PlainWebSocketTransport extends WebSocketTransport implements HeardTransport {
  isHeard = true;

  constructor(connection: WebSocketConnection, handler: TransportHandler) {
    super(connection, 4, handler);
  }

  get isPlain(): boolean {
    return true;
  }

  /** Stops reading, so that the peer has to wait. */
  pause(): void {
    this.connection.pause();
  }

  /** Reads on, later in this turn. */
  resume(): void {
    this.connection.resume();
  }

  /** Says whether the peer was heard since the last call, and asks it for a sign of life: a ping, which every WebSocket answers. */
  checkPeer(): boolean {
    const wasHeard = this.isHeard;
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

/** Tells a connection's transport what happens on it; one for all connections. */
export const PLAIN_WEBSOCKET_HANDLER: WebSocketHandler = {
  ...WEBSOCKET_HANDLER,
  onText: receive,
  onBinary: receive,
  onPong(connection) {
    (connection.owner as HeardTransport).isHeard = true;
  },
};
