/** The base of all client transports: their URI, their states, and packets in the binary type of the engine. */
import { asBytes, type Bytes, encodeBase64 } from '../../base/bytes.js';
import { UnavailableError } from '../../base/errors.js';
import { jitterFraction } from '../../base/jitter.js';
import { decodePacket, ENGINE_PACKET_TYPES, type EnginePacket } from '../../protocol/engine-io/packet.js';
import { PublicEmitter } from '../emitter.js';
import { explainFailure } from '../failure.js';
import { hasChecks, hasNode } from '../features.js';
import { isBlob } from './data.js';
import type {
  ClientTransport,
  CloseDetails,
  OutgoingPacket,
  TransportEvents,
  TransportOptions,
  TransportState,
} from './options.js';
import { addBrackets } from './uri.js';

/**
 * The error of a failed transport. `description` is an HTTP status or an event, `context` the CloseEvent,
 * XMLHttpRequest or Response.
 */
export interface TransportError extends UnavailableError {
  readonly type: 'TransportError';
  readonly description: unknown;
  readonly context: unknown;
}

/** Makes the error of a transport. */
export function transportError(message: string, description?: unknown, context?: unknown): TransportError {
  return Object.assign(new UnavailableError('IO_FAILED', message), {
    type: 'TransportError' as const,
    description,
    context,
  });
}

/** The base class of every transport. A transport opens once, and is not used again after it has closed. */
export abstract class Transport extends PublicEmitter<TransportEvents> implements ClientTransport {
  declare readonly opts: TransportOptions;
  declare readonly query: Record<string, unknown>;
  declare readonly supportsBinary: boolean;
  declare readyState: TransportState | undefined;
  /** Whether `send` may be called now. `drain` is emitted when it may be called again. */
  writable = false;

  constructor(opts: TransportOptions) {
    super();
    this.opts = opts;
    this.query = opts.query;
    this.supportsBinary = !opts.forceBase64;
  }

  /** The name, as in the option `transports`. */
  abstract get name(): string;
  protected abstract doOpen(): void;
  protected abstract doClose(): void;
  protected abstract write(packets: readonly OutgoingPacket[]): void;

  /** Starts to open. `open` or `error` follows. */
  open(): this {
    this.readyState = 'opening';
    this.doOpen();
    return this;
  }

  /** Closes. `close` is emitted before this returns. */
  close(): this {
    if (this.readyState && this.readyState !== 'closed') {
      this.doClose();
      this.onClose();
    }
    return this;
  }

  /** Writes packets. Call it only while `writable`. */
  send(packets: readonly OutgoingPacket[]): void {
    if (this.readyState === 'open') {
      this.writable = false;
      this.write(packets);
    }
  }

  /** Returns the address of the next request. */
  uri(): string {
    return this.address('http', true);
  }

  protected address(scheme: string, isStamped?: boolean): string {
    const {
      hostname = '',
      port,
      secure,
      path,
      timestampRequests = isStamped,
      timestampParam = 't',
      random,
    } = this.opts;
    const query = { ...this.query };
    if (timestampRequests) query[timestampParam] = jitterFraction(random).toString(36).slice(2, 10);
    if (!this.supportsBinary && !query.sid) query.b64 = 1;
    // Browsers leave out a default port by themselves.
    const isDefault = hasNode && Number(port) === (secure ? 443 : 80);
    const place = addBrackets(hostname) + (port && !isDefault ? `:${port}` : '');
    const search = new URLSearchParams(query as Record<string, string>).toString();
    return `${scheme}${secure ? 's' : ''}://${place}${path}${search && `?${search}`}`;
  }

  /** Encodes a packet as a WebSocket carries it: text, or the bare bytes of a message. */
  protected encode({ type, data = '' }: OutgoingPacket): string | Bytes | Blob {
    if (typeof data === 'string') return ENGINE_PACKET_TYPES.indexOf(type) + data;
    if (isBlob(data)) return data;
    const bytes = asBytes(data);
    return this.supportsBinary ? bytes : `b${encodeBase64(bytes)}`;
  }

  /** Decodes a received unit, or emits `error` when it is malformed. */
  protected decode(unit: string | Bytes): EnginePacket | undefined {
    try {
      return decodePacket(unit);
    } catch (error) {
      this.emit('error', error);
      return undefined;
    }
  }

  /** Takes one received packet, text or bytes. */
  onUnit(unit: string | Bytes): void {
    const packet = this.decode(unit);
    if (packet) this.onPacket(packet);
  }

  /** Reports that more can be written. */
  onDrain(): void {
    this.writable = true;
    this.emit('drain');
  }

  /** Reports that the transport is open. */
  onOpen(): void {
    this.readyState = 'open';
    this.writable = true;
    this.emit('open');
  }

  /** Passes a packet on. */
  onPacket(packet: EnginePacket | undefined): void {
    const { data } = packet ?? {};
    this.emit('packet', typeof data === 'object' ? { ...packet, data: this.#toBinaryType(data) } : packet);
  }

  /** Ends the transport. */
  onClose(details?: CloseDetails): void {
    this.readyState = 'closed';
    this.writable = false;
    this.emit('close', details);
  }

  /** Reports a failure. The message begins with `message`, and then says the cause and what to look at. */
  onError(message: string, description?: unknown, context?: unknown): void {
    const why = hasChecks && explain(this, description, context);
    this.emit('error', transportError(why ? `${message}: ${why}` : message, description, context));
  }

  #toBinaryType(data: Bytes | ArrayBuffer): unknown {
    const type = this.opts.socket?.binaryType;
    if (type === 'blob') return new Blob([data as ArrayBuffer]);
    if ((hasNode && type !== 'arraybuffer') || data instanceof ArrayBuffer) return data;
    // Copied, because bytes from Node may be part of a larger buffer.
    return new Uint8Array(data).buffer;
  }
}

function explain({ opts, query }: Transport, description: unknown, context: unknown): string | undefined {
  const { hostname = '', port, secure = false, path = '' } = opts;
  const place = `${addBrackets(hostname)}${port ? `:${port}` : ''}`;
  return explainFailure(description, context, { place, secure, path, isFirst: !query.sid });
}
