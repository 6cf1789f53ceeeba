/** One byte stream over a Duplex: reading, back-pressure, and an end behind all that was sent. What the bytes mean is for who extends it. */
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../base/clock.js';
import { type ProtocolError, UnavailableError } from '../../base/errors.js';
import type { ClosingStreams } from '../closing-streams.js';
import type { EngineProtocol } from '../encoded-packet.js';
import { BaseTransport, type TransportHandler, type TransportName } from '../transport.js';

/** What all streams of one endpoint have in common. */
export interface StreamSettings {
  readonly clock: Clock;
  /** Time in milliseconds that a peer has to close its half after ours was closed; then the socket is destroyed. */
  readonly closeTimeoutMs: number;
  /** Told of the streams that wait for their peer. */
  readonly closing?: ClosingStreams;
}

// A peer that still sends after the end is read on, so that no reset takes our last words from it; but only so far.
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;

const TRANSPORT = Symbol('naru.stream');

interface Carrier extends Duplex {
  [TRANSPORT]: StreamTransport;
}

/**
 * A session's byte stream, plain or TLS, TCP or Unix. The Duplex must allow half-open connections: when the peer closes its half, what
 * was answered in that turn still goes out, then ours is closed, and `onClose` comes without an error. A reset is an error.
 */
export abstract class StreamTransport extends BaseTransport {
  /** The stream underneath; for its addresses and certificates, not for reading or writing. */
  readonly stream: Duplex;
  protected readonly settings: StreamSettings;
  #isShut = false;
  #discardedBytes = 0;
  #timer: Timer | undefined = undefined;

  /** Takes over `stream`. What was read from it already is given to `read` once the handler is ready. */
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

  /** Whether no more is sent or delivered. */
  get isShut(): boolean {
    return this.#isShut;
  }

  /** Takes bytes as if they had just come: the beginning of a stream, from whoever found out what it is. */
  read(chunk: Buffer): void {
    if (!this.#isShut) this.take(chunk);
  }

  /** Stops reading, so that the peer has to wait; a chunk that is being taken is still the receiver's. */
  pause(): void {
    if (!this.#isShut) this.stream.pause();
  }

  /** Reads on, later in this turn. */
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

  /** A chunk came; it is the receiver's to keep. Not called after the end. */
  protected abstract take(chunk: Buffer): void;

  /** Writes what the wire says before it closes, if anything. */
  protected sayGoodbye(_reason: string | undefined): void {}

  /** What the peer's end means here: an error where it came in the middle of something. */
  protected endedByPeer(): UnavailableError | undefined {
    return undefined;
  }

  /** Half-closes the stream when all is written, and reads on until the peer has closed its half, or time is up. */
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

  // The listeners belong to the class, so that no stream has closures of its own.
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
