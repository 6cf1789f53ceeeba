/**
 * One byte stream over a Duplex, with back-pressure and an end after all sent data. Subclasses give the bytes their
 * meaning.
 */
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../base/clock.js';
import { type ProtocolError, UnavailableError } from '../../base/errors.js';
import type { ClosingStreams } from '../closing-streams.js';
import type { EngineProtocol } from '../encoded-packet.js';
import { BaseTransport, type TransportHandler, type TransportName } from '../transport.js';

/** The settings that all streams of one endpoint share. */
export interface StreamSettings {
  readonly clock: Clock;
  /** Milliseconds until the socket is destroyed if the peer does not close its half after ours was closed. */
  readonly closeTimeoutMs: number;
  /** The registry of streams that wait for their peer to close. */
  readonly closing?: ClosingStreams;
}

// After the end, we read and discard what the peer still sends. A reset could make it lose our last bytes. This bounds
// the effort.
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;

const TRANSPORT = Symbol('naru.stream');

interface Carrier extends Duplex {
  [TRANSPORT]: StreamTransport;
}

/**
 * A session's byte stream: TCP or a Unix socket, with or without TLS. The Duplex must allow half-open connections. When
 * the peer closes its half, the answers of that turn are still sent; then our half is closed, and `onClose` is called
 * without an error. A reset is an error.
 */
export abstract class StreamTransport extends BaseTransport {
  /** The underlying stream. Use it for addresses and certificates, never to read or write. */
  readonly stream: Duplex;
  protected readonly settings: StreamSettings;
  #isShut = false;
  #discardedBytes = 0;
  #timer: Timer | undefined = undefined;

  /**
   * Takes over `stream`. A caller that has already read bytes from it passes them to `read` once the handler is ready.
   */
  constructor(stream: Duplex, settings: StreamSettings, handler: TransportHandler) {
    super(handler);
    this.stream = stream;
    this.settings = settings;
    (stream as Carrier)[TRANSPORT] = this;
    stream.on('data', StreamTransport.#onData).on('drain', StreamTransport.#onDrain).on('end', StreamTransport.#onEnd);
    stream.on('error', StreamTransport.#onError).on('close', StreamTransport.#onDuplexClose);
  }

  get name(): TransportName {
    return 'tcp';
  }

  get protocol(): EngineProtocol {
    return 4;
  }

  get writable(): boolean {
    return !this.#isShut && !this.stream.writableNeedDrain;
  }

  get bufferedBytes(): number {
    return this.stream.writableLength;
  }

  /** Whether the stream has stopped sending and delivering data. */
  get isShut(): boolean {
    return this.#isShut;
  }

  /** Takes bytes as if they had just arrived. The code that detects a stream's protocol passes the first bytes here. */
  read(chunk: Buffer): void {
    if (!this.#isShut) this.take(chunk);
  }

  /** Stops reading, so that the peer has to wait. The receiver still has to take the current chunk to its end. */
  pause(): void {
    if (!this.#isShut) this.stream.pause();
  }

  /** Resumes reading, later in this turn. */
  resume(): void {
    this.stream.resume();
  }

  close(_code?: number, reason?: string): void {
    if (this.#isShut) return;
    this.sayGoodbye(reason);
    this.finish(undefined);
  }

  override retire(): void {
    this.finish(undefined);
  }

  abort(): void {
    this.#isShut = true;
    this.stream.destroy();
    this.onClosed();
  }

  /** Called with each chunk until the end. The receiver may keep it. */
  protected abstract take(chunk: Buffer): void;

  /** Writes the wire's close message, if it has one. */
  protected sayGoodbye(_reason: string | undefined): void {}

  /** Returns the error to report when the peer ends its half, for example in the middle of a record. */
  protected endedByPeer(): UnavailableError | undefined {
    return undefined;
  }

  /** Half-closes the stream after all sent data, and reads on until the peer has closed its half or the time is up. */
  protected finish(error: ProtocolError | UnavailableError | undefined): void {
    this.#isShut = true;
    const { stream } = this;
    if (!stream.writableEnded) stream.end();
    if (!stream.destroyed) {
      const { clock, closeTimeoutMs, closing } = this.settings;
      this.#timer ??= clock.setTimeout(StreamTransport.#expire, closeTimeoutMs, this);
      closing?.add(stream);
    }
    if (stream.isPaused()) stream.resume();
    this.onClosed(error);
  }

  // The listeners are static, so that a stream needs no closures of its own.
  static readonly #onData = function (this: Carrier, chunk: Buffer): void {
    const transport = this[TRANSPORT];
    if (!transport.#isShut) transport.take(chunk);
    else {
      transport.#discardedBytes += chunk.byteLength;
      if (transport.#discardedBytes > DISCARD_BYTES_MAX) this.destroy();
    }
  };

  static readonly #onEnd = function (this: Carrier): void {
    const transport = this[TRANSPORT];
    if (!transport.#isShut) transport.settings.clock.defer(StreamTransport.#endTurn, transport);
  };

  static #endTurn(transport: StreamTransport): void {
    if (!transport.#isShut) transport.finish(transport.endedByPeer());
  }

  static readonly #onError = function (this: Carrier, cause: Error): void {
    const transport = this[TRANSPORT];
    transport.#isShut = true;
    transport.onClosed(new UnavailableError('DISCONNECTED', `the connection failed: ${cause.message}`, cause));
    this.destroy();
  };

  static readonly #onDuplexClose = function (this: Carrier): void {
    const transport = this[TRANSPORT];
    transport.settings.closing?.remove(this);
    if (transport.#timer !== undefined) transport.settings.clock.clearTimeout(transport.#timer);
    transport.#timer = undefined;
    transport.#isShut = true;
    transport.onClosed();
  };

  static readonly #onDrain = function (this: Carrier): void {
    const transport = this[TRANSPORT];
    if (transport.writable) transport.handler.onWritable(transport);
  };

  static #expire(transport: StreamTransport): void {
    transport.#timer = undefined;
    transport.stream.destroy();
  }
}
