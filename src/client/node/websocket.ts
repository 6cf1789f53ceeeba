/** The WebSocket transport in Node, on our own RFC 6455 connection: with headers, cookies, agents, TLS options and compression. */
import type { IncomingMessage } from 'node:http';
import { ProtocolError, type UnavailableError } from '../../base/errors.js';
import { systemRandom } from '../../base/id.js';
import type { WebSocketConnection, WebSocketHandler } from '../../transport/websocket/connection.js';
import { type DialOptions, dialWebSocket } from '../../transport/websocket/dial.js';
import { webSocketSettings } from '../../transport/websocket/settings.js';
import { readBlobs } from '../engine/data.js';
import type { OutgoingPacket } from '../engine/options.js';
import { WebSocketTransport } from '../engine/websocket.js';
import type { NodeOptions } from './options.js';
import { tlsOptions } from './tls-options.js';

/** What a listener of a W3C WebSocket gets in Node. */
interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  /** Why, where the type is `error`. */
  readonly error?: unknown;
  /** The close code, where the type is `close`. */
  readonly code?: number;
  /** What the peer said, where the type is `close`. */
  readonly reason?: string;
  readonly wasClean?: boolean;
}

type Hook = ((event: SocketEvent) => void) | null;

const HANDLER: WebSocketHandler = {
  onText: (connection, text) => ownerOf(connection).onmessage?.({ type: 'message', data: text }),
  onBinary: (connection, data) => ownerOf(connection).onmessage?.({ type: 'message', data }),
  onWritable: (connection) => ownerOf(connection).onwritable?.(),
  onClose: (connection, code, reason, error) => ownerOf(connection).over(code, reason, error),
};

/** A WebSocket with the shape that browsers give it. */
class DialledSocket {
  onopen: Hook = null;
  onmessage: Hook = null;
  onerror: Hook = null;
  onclose: Hook = null;
  /** Called once the connection takes more again. */
  onwritable: (() => void) | undefined;
  binaryType = 'nodebuffer';
  /** The connection, once it is open. */
  connection: WebSocketConnection | undefined;
  readonly #abort = new AbortController();

  constructor(uri: string, options: NodeOptions, protocols: string | string[] = []) {
    const { clock, cookies, perMessageDeflate = true, payloadBytesMax, autoUnref } = options;
    const settings = webSocketSettings({
      clock,
      random: systemRandom,
      coalesce: true,
      messageBytesMax: payloadBytesMax,
      perMessageDeflate,
    });
    const cookie = cookies?.header();
    const dial: DialOptions = {
      ...tlsOptions(options),
      agent: (options.agent as DialOptions['agent']) || false,
      headers: { ...options.extraHeaders, ...(cookie && { cookie }) },
      protocols: [protocols].flat(),
      signal: this.#abort.signal,
      onOpen: (connection: WebSocketConnection, response: IncomingMessage) => {
        cookies?.store(response.headers['set-cookie']);
        if (autoUnref && 'unref' in connection.stream) (connection.stream as unknown as NodeJS.Timeout).unref();
        connection.owner = this;
        this.connection = connection;
        this.onopen?.({ type: 'open' });
      },
    };
    dialWebSocket(uri, dial, settings, HANDLER).catch((error) => this.over(1006, '', error));
  }

  send(data: string | Uint8Array, options?: { compress?: boolean }): void {
    if (typeof data === 'string') this.connection?.sendText(data, options);
    else this.connection?.sendBinary(data, options);
  }

  close(): void {
    if (this.connection) this.connection.close();
    else this.#abort.abort();
  }

  /** Ends without a close handshake. */
  terminate(): void {
    if (this.connection) this.connection.terminate();
    else this.#abort.abort();
  }

  /** The connection is over, or was never made. */
  over(code: number, reason: string, error: ProtocolError | UnavailableError | undefined): void {
    if (error) this.onerror?.({ type: 'error', error });
    this.onclose?.({ type: 'close', code, reason, wasClean: code !== 1006 });
  }
}

/** A WebSocket over node:http and node:net. */
export class NodeWebSocket extends WebSocketTransport {
  protected override createSocket(uri: string, protocols: string | string[] | undefined): DialledSocket {
    return new DialledSocket(uri, this.opts as NodeOptions, protocols);
  }

  protected override write(packets: readonly OutgoingPacket[]): void {
    readBlobs(
      packets,
      (read) => super.write(read),
      (error) => this.emit('error', error),
    );
  }

  protected override fail(event: SocketEvent): void {
    if (event.error instanceof ProtocolError) this.emit('error', event.error);
    else super.fail(event);
  }

  /** Waits while the operating system takes no more, so that what is volatile can be dropped instead of piling up. */
  protected override whenWritable(callback: () => void): void {
    const socket = this.ws as DialledSocket | undefined;
    if (!socket?.connection || socket.connection.writable) super.whenWritable(callback);
    else {
      socket.onwritable = () => {
        socket.onwritable = undefined;
        callback();
      };
    }
  }
}

function ownerOf(connection: WebSocketConnection): DialledSocket {
  return connection.owner as DialledSocket;
}
