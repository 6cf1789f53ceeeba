/**
 * Carries a session over a plain WebSocket, in which each message is a unit. The upgrade is accepted only when the
 * client is admitted.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProtocolError, UnavailableError } from '../../base/errors.js';
import { CLOSE_CODE } from '../../protocol/websocket/close-code.js';
import type { HeaderFields } from '../../protocol/websocket/handshake.js';
import type { EngineProtocol } from '../encoded-packet.js';
import type { PacketList } from '../packet-list.js';
import { BaseTransport } from '../transport.js';
import { acceptUpgrade, refuseUpgrade } from '../websocket/accept.js';
import type { WebSocketConnection } from '../websocket/connection.js';
import { type HeardTransport, PLAIN_WEBSOCKET_HANDLER } from '../websocket/plain-transport.js';
import type { WebSocketSettings } from '../websocket/settings.js';
import { sendList } from '../websocket/transport.js';
import type { AnswerableTransport, HttpAnswer } from './answer.js';

/** An upgrade that waits for its answer. */
export interface PendingUpgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly fields: HeaderFields;
}

const UNAVAILABLE: HttpAnswer = { status: 503, body: 'the server does not accept this client' };

const TRANSPORT = Symbol('naru.message');

interface Owned extends Duplex {
  [TRANSPORT]?: MessageTransport | undefined;
}

/** A session's plain WebSocket. */
export class MessageTransport extends BaseTransport implements HeardTransport, AnswerableTransport {
  readonly name = 'websocket';
  readonly protocol: EngineProtocol = 4;
  readonly isPlain = true;
  /**
   * The close code and reason to send instead of 1002 when the session ends because of the peer's data. RFC 6455,
   * section 7.4.1.
   */
  rejection: { readonly code: number; readonly reason: string } | undefined = undefined;
  /** Whether the peer has sent anything since the last ping. */
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

  /** Admits the client: accepts the upgrade, so that messages can be sent and received. */
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

  send(list: PacketList): void {
    if (this.#connection) sendList(this.#connection, list, this.protocol, true);
  }

  /**
   * Sends the peer a ping. Returns whether the peer has sent anything since the last call. A peer that sends a large
   * message answers after it, so the parts of one count.
   */
  checkPeer(): boolean {
    const wasHeard = this.#connection?.checkProgress() || this.isHeard;
    this.isHeard = false;
    this.#connection?.ping();
    return wasHeard;
  }

  close(code: number = CLOSE_CODE.normal, reason = ''): void {
    if (this.#pending) {
      this.answer(UNAVAILABLE);
      return;
    }
    const rejection = code === CLOSE_CODE.protocolError ? this.rejection : undefined;
    this.#connection?.close(rejection?.code ?? code, rejection?.reason ?? reason);
    // The connection finishes the close handshake by itself. The session does not have to wait for it.
    this.onClosed();
  }

  abort(): void {
    if (this.#pending) {
      // Even an aborted request is answered, because its client waits for that.
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
