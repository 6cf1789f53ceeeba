/** Carries a session over one RFC 6455 connection: a unit is a message. engine.io-protocol, "WebSocket". */
import type { ProtocolError, UnavailableError } from '../base/errors.js';
import type { Batch } from './batch.js';
import type { EngineProtocol } from './encoded-packet.js';
import type { Carries, Transport, TransportHandler } from './transport.js';
import type { WebSocketConnection, WebSocketHandler } from './websocket/connection.js';

const CARRIES: Carries = Object.freeze({ ordered: true, reliable: true, binary: true });
const GOING_AWAY = 1001;
const CLEAN = 1000;
const NO_STATUS = 1005;

/** A session's WebSocket. */
export class WebSocketTransport implements Transport {
  readonly name = 'websocket';
  readonly protocol: EngineProtocol;
  readonly connection: WebSocketConnection;
  handler: TransportHandler;
  #isOver = false;

  constructor(connection: WebSocketConnection, protocol: EngineProtocol, handler: TransportHandler) {
    this.connection = connection;
    this.protocol = protocol;
    this.handler = handler;
    connection.owner = this;
  }

  get carries(): Carries {
    return CARRIES;
  }

  get writable(): boolean {
    return this.connection.writable;
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  send(batch: Batch): void {
    if (!this.connection.compresses) {
      this.connection.sendFrames(batch.framesFor(this.protocol));
      return;
    }
    for (const packet of batch.packets()) {
      const unit = packet.unitFor(this.protocol);
      if (typeof unit === 'string') this.connection.sendText(unit, packet);
      else this.connection.sendBinary(unit, packet);
    }
  }

  close(code = CLEAN, reason = ''): void {
    this.connection.close(code, reason);
    // The rest of the close handshake is between the two ends of the connection; the session has said all it had to say.
    this.onClosed(undefined);
  }

  retire(): void {
    this.close();
  }

  abort(): void {
    this.connection.terminate();
    this.onClosed(undefined);
  }

  /** The connection is over. Called by WEBSOCKET_HANDLER. */
  onClosed(error: ProtocolError | UnavailableError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onClose(this, error);
  }
}

/** Tells a connection's transport what happens on it; one for all connections. */
export const WEBSOCKET_HANDLER: WebSocketHandler = {
  onText(connection, text) {
    const transport = connection.owner as WebSocketTransport;
    transport.handler.onData(transport, text);
  },
  onBinary(connection, data) {
    const transport = connection.owner as WebSocketTransport;
    transport.handler.onData(transport, data);
  },
  onWritable(connection) {
    const transport = connection.owner as WebSocketTransport;
    transport.handler.onWritable(transport);
  },
  onClose(connection, code, _reason, error) {
    const isExpected = code === CLEAN || code === GOING_AWAY || code === NO_STATUS;
    (connection.owner as WebSocketTransport).onClosed(isExpected ? undefined : error);
  },
};
