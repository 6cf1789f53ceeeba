/** Carries a session over a plain WebSocket: each message is a unit. The upgrade is accepted when the client is let in, and not before. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProtocolError, UnavailableError } from '../../base/errors.js';
import { CLOSE_CODE } from '../../protocol/websocket/close-code.js';
import type { HeaderFields } from '../../protocol/websocket/handshake.js';
import type { Batch } from '../batch.js';
import type { EngineProtocol } from '../encoded-packet.js';
import type { AnswerableTransport, HttpAnswer } from '../plain-http/answer.js';
import { BaseTransport } from '../transport.js';
import { acceptUpgrade, refuseUpgrade } from './accept.js';
import type { WebSocketConnection } from './connection.js';
import { type HeardTransport, PLAIN_WEBSOCKET_HANDLER } from './plain-transport.js';
import type { WebSocketSettings } from './settings.js';

/** An upgrade that waits for its answer. */
export interface PendingUpgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly fields: HeaderFields;
}

const UNAVAILABLE: HttpAnswer = { status: 503, body: 'the server does not take this client' };

const TRANSPORT = Symbol('naru.message');

interface Owned extends Duplex {
  [TRANSPORT]?: MessageTransport | undefined;
}

/** A session's plain WebSocket. */
export class MessageTransport extends BaseTransport implements HeardTransport, AnswerableTransport {
  readonly name = 'websocket';
  readonly protocol: EngineProtocol = 4;
  readonly isPlain = true;
  /** Said instead of a general error when the session breaks off because of what the peer sent. RFC 6455, section 7.4.1. */
  rejection: { readonly code: number; readonly reason: string } | undefined = undefined;
  /** Whether the peer was heard since the last `ping`. */
  isHeard = true;
  readonly #settings: WebSocketSettings;
  #pending: PendingUpgrade | undefined;
  #connection: WebSocketConnection | undefined = undefined;

  constructor(upgrade: PendingUpgrade, settings: WebSocketSettings) {
    super();
    this.#settings = settings;
    this.#pending = upgrade;
    const socket: Owned = upgrade.socket;
    socket[TRANSPORT] = this;
    socket.on('close', onGone).on('error', destroy);
  }

  get writable(): boolean {
    return this.#connection?.writable === true;
  }

  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /** Lets the client in: the upgrade is accepted, and messages can come and go. */
  accept(): void {
    const upgrade = this.#takePending();
    if (!upgrade || this.isOver) return;
    const { request, socket, head, fields } = upgrade;
    const options = { fields };
    const connection = acceptUpgrade(request, socket, head, this.#settings, PLAIN_WEBSOCKET_HANDLER, options);
    if (!connection) {
      this.onClosed();
      return;
    }
    this.#connection = connection;
    connection.owner = this;
    this.handler.onWritable(this);
  }

  answer({ status, headers, body }: HttpAnswer): void {
    const upgrade = this.#takePending();
    if (!upgrade || this.isOver) return;
    refuseUpgrade(upgrade.socket, status, body, Object.entries(headers ?? {}), this.#settings.clock);
    this.onClosed();
  }

  send(batch: Batch): void {
    const connection = this.#connection;
    if (!connection) return;
    if (!connection.compresses) {
      connection.sendFrames(batch.framesFor(this.protocol));
      return;
    }
    for (const packet of batch.packets()) {
      if (typeof packet.unit === 'string') connection.sendText(packet.unit, packet);
      else connection.sendBinary(packet.unit, packet);
    }
  }

  /** Asks the peer for a sign of life, which sets `isHeard`. */
  ping(): void {
    this.isHeard = false;
    this.#connection?.ping();
  }

  close(code: number = CLOSE_CODE.normal, reason = ''): void {
    if (this.#pending) {
      this.answer(UNAVAILABLE);
      return;
    }
    const rejection = code === CLOSE_CODE.protocolError ? this.rejection : undefined;
    this.#connection?.close(rejection?.code ?? code, rejection?.reason ?? reason);
    // The rest of the close handshake is between the two ends of the connection; the session has said all it had to say.
    this.onClosed();
  }

  abort(): void {
    if (this.#pending) {
      // A request that waits for its answer gets one.
      this.close();
      return;
    }
    this.#connection?.terminate();
    this.onClosed();
  }

  override onClosed(error?: ProtocolError | UnavailableError): void {
    this.#takePending();
    super.onClosed(error);
  }

  #takePending(): PendingUpgrade | undefined {
    const upgrade = this.#pending;
    this.#pending = undefined;
    if (upgrade) {
      const socket: Owned = upgrade.socket;
      socket[TRANSPORT] = undefined;
      socket.off('close', onGone).off('error', destroy);
    }
    return upgrade;
  }
}

function onGone(this: Owned): void {
  this[TRANSPORT]?.onClosed();
}

function destroy(this: Duplex): void {
  this.destroy();
}
