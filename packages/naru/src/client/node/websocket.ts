/**
 * The WebSocket transport in Node, on our own RFC 6455 connection: with headers, cookies, agents, TLS options and
 * compression.
 */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError, type UnavailableError } from '../../base/errors.js';
import { systemRandom } from '../../base/id.js';
import type { WebSocketConnection, WebSocketHandler } from '../../transport/websocket/connection.js';
import { type DialOptions, dialWebSocket, UpgradeRefusedError } from '../../transport/websocket/dial.js';
import { webSocketSettings } from '../../transport/websocket/settings.js';
import { readBlobs } from '../engine/data.js';
import type { OutgoingPacket } from '../engine/options.js';
import { Transport } from '../engine/transport.js';
import { inMicrotask } from '../microtask.js';
import { type NodeOptions, tlsOptions } from './options.js';
import { headerOf } from './polling.js';

/** A session over our own WebSocket. */
export class NodeWebSocket extends Transport {
  /** The connection, once it is open. */
  declare ws: WebSocketConnection | undefined;
  readonly #abort = new AbortController();
  /** Whether a write has left the connection full. The connection also reports drains that nobody waits for. */
  #isFull = false;
  readonly #handler: WebSocketHandler = {
    onText: (_connection, text) => this.#receive(text),
    onBinary: (_connection, data) => this.#receive(data),
    onWritable: () => {
      if (this.#isFull) this.#drain();
    },
    onClose: (_connection, code, reason, error) => this.#over(code, reason, error),
  };

  get name(): string {
    return 'websocket';
  }

  override uri(): string {
    return this.address('ws');
  }

  protected doOpen(): void {
    this.#dial().catch((error) => this.#over(1006, '', error));
  }

  protected doClose(): void {
    if (this.ws) this.ws.close();
    else this.#abort.abort();
  }

  protected write(packets: readonly OutgoingPacket[]): void {
    readBlobs(this, packets, (read) => {
      for (const packet of read) {
        const unit = this.encode(packet);
        if (typeof unit === 'string') this.ws?.sendText(unit, packet.options);
        else this.ws?.sendBinary(unit as Bytes, packet.options);
      }
      // While the system accepts no more data, volatile events are dropped instead of piling up. `onWritable` reports
      // when it does again.
      this.#isFull = !this.ws?.writable;
      if (!this.#isFull) inMicrotask(() => this.#drain());
    });
  }

  async #dial(): Promise<void> {
    const options = this.opts as NodeOptions;
    const { clock, cookies, perMessageDeflate = true, payloadBytesMax, autoUnref, protocols = [] } = options;
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
      onOpen: (connection, response) => {
        cookies?.store(response.headers['set-cookie']);
        if (autoUnref && 'unref' in connection.stream) (connection.stream as unknown as NodeJS.Timeout).unref();
        this.ws = connection;
        this.onOpen();
      },
    };
    await dialWebSocket(this.uri(), dial, settings, this.#handler);
  }

  #receive(unit: string | Bytes): void {
    if (this.readyState === 'open') this.onUnit(unit);
  }

  #drain(): void {
    this.#isFull = false;
    if (this.readyState === 'open') this.onDrain();
  }

  /** Reports that the connection has ended or could not be made. Events have the same shape as in a browser. */
  #over(code: number, reason: string, error: ProtocolError | UnavailableError | undefined): void {
    const isOver = (): boolean => this.readyState === 'closed';
    if (isOver()) return;
    if (error instanceof ProtocolError) this.emit('error', error);
    else if (error) {
      const refused = error instanceof UpgradeRefusedError && { getResponseHeader: headerOf(error.headers) };
      this.onError('websocket error', { type: 'error', error }, refused || undefined);
    }
    const context = { type: 'close', code, reason, wasClean: code !== 1006 };
    // A listener of the error may have closed the transport.
    if (!isOver()) this.onClose({ description: 'websocket connection closed', context });
  }
}
