/** Carries a language of its own over a WebSocket: each message is a unit, and none is an Engine.IO packet. For STOMP. */

import type { TransportHandler } from './transport.js';
import type { WebSocketConnection, WebSocketHandler } from './websocket/connection.js';
import { WEBSOCKET_HANDLER, WebSocketTransport } from './websocket-transport.js';

/** A plain WebSocket. `pause` and `resume` let its reader wait: the message that is being taken is still the reader's. */
export class PlainWebSocketTransport extends WebSocketTransport {
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
}

/** Tells a connection's transport what happens on it; one for all connections. */
export const PLAIN_WEBSOCKET_HANDLER: WebSocketHandler = {
  ...WEBSOCKET_HANDLER,
  onText(connection, text) {
    const transport = connection.owner as PlainWebSocketTransport;
    transport.handler.onData(transport, text);
  },
};
