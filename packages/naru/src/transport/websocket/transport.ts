/** Carries a session over one RFC 6455 connection, in which a unit is a message. engine.io-protocol, "WebSocket". */
import { Buffer } from 'node:buffer';
import { decodeBase64, encodeBase64 } from '../../base/bytes.js';
import { encodeBase64Unit } from '../../protocol/engine-io/v3/payload.js';
import { CLOSE_CODE } from '../../protocol/websocket/close-code.js';
import type { EngineProtocol, Unit } from '../encoded-packet.js';
import type { PacketList } from '../packet-list.js';
import { BaseTransport, type TransportHandler } from '../transport.js';
import type { WebSocketConnection, WebSocketHandler } from './connection.js';
import { piecesOf } from './pieces.js';

/** The close codes of an ordinary end. */
const EXPECTED_CODES: ReadonlySet<number> = new Set([CLOSE_CODE.normal, CLOSE_CODE.goingAway, CLOSE_CODE.noStatus]);
const BASE64_MARK = 0x62;
const ZERO = 0x30;

/** A list of at least this many bytes is sent in pieces, so that large messages are not copied. */
const PIECES_BYTES_MIN = 16 * 1024;

/** A session's WebSocket. */
export class WebSocketTransport extends BaseTransport {
  readonly name = 'websocket';
  readonly protocol: EngineProtocol;
  readonly connection: WebSocketConnection;
  readonly #takesBinary: boolean;

  /**
   * Without `takesBinary`, binary messages are sent as base64 text, for clients whose WebSockets cannot carry bytes.
   */
  constructor(
    connection: WebSocketConnection,
    protocol: EngineProtocol,
    handler: TransportHandler,
    takesBinary = true,
  ) {
    super(handler);
    this.connection = connection;
    this.protocol = protocol;
    this.#takesBinary = takesBinary;
    connection.owner = this;
  }

  get writable(): boolean {
    return this.connection.writable;
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  send(list: PacketList): void {
    sendList(this.connection, list, this.protocol, this.#takesBinary);
  }

  close(code: number = CLOSE_CODE.normal, reason = ''): void {
    this.connection.close(code, reason);
    // The connection finishes the close handshake by itself. The session does not have to wait for it.
    this.onClosed();
  }

  leave(): void {
    this.connection.leave();
  }

  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  abort(): void {
    this.connection.terminate();
    this.onClosed();
  }
}

/** Sends packets over a connection. `takesBinary` says whether the client reads binary messages, or only base64. */
export function sendList(
  connection: WebSocketConnection,
  list: PacketList,
  protocol: EngineProtocol,
  takesBinary: boolean,
): void {
  const isFramed = !connection.compresses && takesBinary;
  if (isFramed && list.size >= PIECES_BYTES_MIN) connection.sendPieces(piecesOf(list, protocol));
  else if (isFramed) connection.sendFrames(list.shortFrames() ?? list.framesFor(protocol));
  else
    for (const packet of list.packets()) {
      const unit = packet.unitFor(protocol);
      if (typeof unit === 'string') connection.sendText(unit, packet);
      else if (takesBinary) connection.sendBinary(unit, packet);
      else connection.sendText(protocol === 4 ? `b${encodeBase64(unit)}` : encodeBase64Unit(unit), packet);
    }
}

/** Decodes a binary message from text. Returns the text itself if it is not valid base64. */
function decodeBase64Unit(text: string, protocol: EngineProtocol): Unit {
  const bytes = decodeBase64(text.slice(protocol === 4 ? 1 : 2));
  if (!bytes) return text;
  return protocol === 4 ? bytes : Buffer.concat([Uint8Array.of(text.charCodeAt(1) - ZERO), bytes]);
}

/** Passes the events of each connection to its transport. One handler serves all connections. */
export const WEBSOCKET_HANDLER: WebSocketHandler = {
  onText(connection, text) {
    const transport = connection.owner as WebSocketTransport;
    const unit = text.charCodeAt(0) === BASE64_MARK ? decodeBase64Unit(text, transport.protocol) : text;
    transport.handler.onData(transport, unit);
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
    (connection.owner as WebSocketTransport).onClosed(EXPECTED_CODES.has(code) ? undefined : error);
  },
};
