/** One RFC 6455 connection over a Duplex, as server or client: receives messages, answers control frames, closes. */
import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Timer } from '../../base/clock.js';
import { ProtocolError, UnavailableError, withoutStack } from '../../base/errors.js';
import { asBuffer } from '../../base/node/buffer.js';
import { CLOSE_CODE, closeCodeOf, encodeClosePayload } from '../../protocol/websocket/close-code.js';
import { FrameDecoder, type FrameSink } from '../../protocol/websocket/decoder.js';
import { CONTROL_BYTES_MAX, FIN, OPCODE } from '../../protocol/websocket/frame.js';
import { badUtf8 } from '../../protocol/websocket/partial-message.js';
import type { DeflateParams } from '../../protocol/websocket/permessage-deflate.js';
import type { HandlerOf, ReadyState } from './handler.js';
import { FrameSender } from './sender.js';
import type { WebSocketSettings } from './settings.js';
import { ownChunk, sharedReads } from './shared-reads.js';

export type { ReadyState, SendOptions } from './handler.js';

/** Receives the messages and events of a WebSocketConnection. One object may serve every connection. */
export type WebSocketHandler = HandlerOf<WebSocketConnection>;

// The reasons to hold delivery. INFLATING: a message is being decompressed, and later ones wait.
const PAUSED = 1;
const INFLATING = 2;
const READING = 4;
// PEER_ENDED: the peer has closed its half. LISTENING: messages are delivered although our close frame was sent.
const PEER_ENDED = 8;
const OVER = 16;
const LISTENING = 32;
const HEARD = 64;

// After the end, we read and discard what comes: a reset could lose our close frame. This bounds the effort.
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;
// If more bytes than this wait for the peer, only its newest ping is answered. RFC 6455, section 5.5.3.
const PONG_BACKLOG_BYTES = 16 * 1024;

const NOTHING = Buffer.alloc(0);
const CONNECTION = Symbol('naru.websocket');

type Carrier = Duplex & { [CONNECTION]: WebSocketConnection };

/** One connection. `owner` is a slot for the layer above. `protocol` is the agreed subprotocol, or ''. */
export class WebSocketConnection extends FrameSender {
  owner: unknown = undefined;
  protocol = '';
  readonly #handler: WebSocketHandler;
  readonly #decoder: FrameDecoder;
  #flags = 0;
  #rest: Buffer | undefined = undefined;
  #discardedBytes = 0;
  #owedPong: Buffer | undefined = undefined;
  #timer: Timer | undefined = undefined;

  /** Takes over `duplex`, and `head`, which was read from it. Nothing is delivered before the constructor returns. */
  constructor(
    duplex: Duplex,
    role: 'server' | 'client',
    settings: WebSocketSettings,
    handler: WebSocketHandler,
    deflate?: DeflateParams,
    head?: Buffer,
  ) {
    super(duplex, role === 'server', settings, deflate);
    this.#handler = handler;
    const rules = settings.rules[role];
    this.#decoder = new FrameDecoder(this.compresses ? rules.deflate : rules.plain);
    (duplex as Carrier)[CONNECTION] = this;
    duplex.on('data', WebSocketConnection.#onData).on('drain', WebSocketConnection.#onDrain);
    duplex.on('end', WebSocketConnection.#onEnd).on('error', WebSocketConnection.#onError);
    duplex.on('close', WebSocketConnection.#onDuplexClose);
    const reads = sharedReads();
    if (reads !== undefined) settings.readShared(duplex, reads, WebSocketConnection.#onRead);
    if (head !== undefined && head.byteLength > 0) {
      this.#rest = head;
      settings.clock.defer(WebSocketConnection.#readLater, this);
    }
  }

  /** The state of the connection. */
  get readyState(): ReadyState {
    return (this.#flags & OVER) !== 0 ? 'closed' : this.isShut ? 'closing' : 'open';
  }

  /** The underlying stream. Use it for addresses and certificates, never to read or write. */
  get stream(): Duplex {
    return this.duplex;
  }

  /** Returns whether a part of a message has come since the last call, and the rest of it has not. */
  checkProgress(): boolean {
    const hasCome = (this.#flags & HEARD) !== 0;
    this.#flags &= ~HEARD;
    return hasCome && this.#decoder.isInside;
  }

  /** Sends a ping of at most 125 bytes. Longer data is cut. */
  ping(data: Uint8Array = NOTHING): void {
    this.#sendControl(OPCODE.ping, data);
  }

  /** Sends an unsolicited pong. Pings are answered automatically. */
  pong(data: Uint8Array = NOTHING): void {
    this.#sendControl(OPCODE.pong, data);
  }

  /** Starts the close handshake. Messages that still arrive are dropped. A peer that is late to answer is cut off. */
  close(code?: number, reason?: string): void {
    const payload = encodeClosePayload(code, reason);
    if (this.isShut) return;
    this.#sendClose(payload);
    this.#armTimer();
    this.resume();
  }

  /** Starts the close handshake, and delivers the messages that still arrive. */
  leave(): void {
    if (!this.isShut) this.#flags |= LISTENING;
    this.close(CLOSE_CODE.normal);
    // A peer drops the messages of its program until the stream ends, so half of it ends now.
    this.endWhenSent();
  }

  /** Destroys the socket at once. `onClose` follows with 1006. */
  terminate(): void {
    this.#drop();
    this.duplex.destroy();
  }

  /** Stops delivery and reading, so that the peer has to wait. A message may still come out of decompression. */
  pause(): void {
    if (this.isShut) return;
    this.#flags |= PAUSED;
    this.#decoder.halt();
    this.duplex.pause();
  }

  /** Resumes delivery and reading. Data that is already here is delivered later in this turn, not inside this call. */
  resume(): void {
    if ((this.#flags & PAUSED) === 0) return;
    this.#flags &= ~PAUSED;
    if ((this.#flags & INFLATING) !== 0) return;
    this.#decoder.resume();
    if ((this.#flags & READING) === 0) this.settings.clock.defer(WebSocketConnection.#readLater, this);
  }

  protected overflowed(): void {
    const limit = this.settings.bufferedBytesMax;
    this.#drop();
    this.duplex.destroy(
      new UnavailableError('DISCONNECTED', `the peer does not read: more than ${limit} bytes wait for it`),
    );
  }

  protected unblocked(): void {
    const pong = this.#owedPong;
    if (pong !== undefined) {
      this.#owedPong = undefined;
      this.write(pong);
    }
    this.#handler.onWritable(this);
  }

  onInflated(data: Buffer, isText: boolean): void {
    this.#flags &= ~INFLATING;
    if ((this.#flags & PAUSED) === 0) this.#decoder.resume();
    try {
      if (this.#isDeaf) return;
      if (!isText) this.#handler.onBinary(this, data);
      else {
        const text = data.toString();
        // Invalid UTF-8 decodes to U+FFFD, so only a text with this character needs a check of its bytes.
        if (text.includes('\ufffd') && !isUtf8(data)) this.#violation(badUtf8());
        else this.#handler.onText(this, text);
      }
    } finally {
      this.#readOn();
    }
  }

  onDeflateFailed(error: ProtocolError | UnavailableError): void {
    if (error instanceof ProtocolError) this.#violation(error);
    else this.#fail(CLOSE_CODE.internalError, 'compression failed', error);
  }

  get #isDeaf(): boolean {
    return this.isShut && (this.#flags & LISTENING) === 0;
  }

  #sendControl(opcode: number, data: Uint8Array): void {
    if (this.isShut) return;
    const payload = data.byteLength > CONTROL_BYTES_MAX ? data.subarray(0, CONTROL_BYTES_MAX) : data;
    this.write(this.encode(FIN | opcode, payload));
  }

  #sendClose(payload: Uint8Array): void {
    this.isShut = true;
    this.#owedPong = undefined;
    this.write(this.encode(FIN | OPCODE.close, payload));
    this.flush();
  }

  #answerPing(payload: Uint8Array): void {
    if (this.isShut) return;
    const pong = this.encode(FIN | OPCODE.pong, payload);
    if (this.bufferedBytes > PONG_BACKLOG_BYTES && !this.writable) this.#owedPong = pong;
    else this.write(pong);
  }

  #receive(chunk: Buffer): void {
    this.#flags |= HEARD;
    if ((this.#flags & OVER) !== 0) {
      this.#discardedBytes += chunk.byteLength;
      if (this.#discardedBytes > DISCARD_BYTES_MAX) this.duplex.destroy();
    } else if ((this.#flags & (PAUSED | INFLATING | READING)) === 0 && this.#rest === undefined) this.#read(chunk);
    else {
      this.#rest = this.#rest === undefined ? ownChunk(chunk) : Buffer.concat([this.#rest, chunk]);
      // While READING, this chunk came from inside a write of the duplex. It is read right after the current one.
      if ((this.#flags & (PAUSED | INFLATING)) !== 0) this.duplex.pause();
    }
  }

  #read(chunk: Buffer): void {
    let next: Buffer | undefined = chunk;
    while (next !== undefined) {
      this.#readChunk(next);
      if ((this.#flags & (PAUSED | INFLATING)) !== 0) return;
      next = this.#rest;
      this.#rest = undefined;
    }
  }

  #readChunk(chunk: Buffer): void {
    const decoder = this.#decoder;
    let at = -1;
    this.#flags |= READING;
    try {
      at = decoder.decode(chunk, 0, WebSocketConnection.#sink, this);
    } finally {
      this.#flags &= ~READING;
      // If a handler throws, the stream continues: the bytes after its message are read later.
      const isThrown = at < 0;
      if (isThrown) at = decoder.offset;
      if (at < chunk.byteLength && !decoder.isEnded) {
        const rest = at === 0 ? chunk : chunk.subarray(at);
        this.#rest = this.#rest === undefined ? ownChunk(rest) : Buffer.concat([rest, this.#rest]);
      }
      if (isThrown && this.#rest !== undefined) this.settings.clock.defer(WebSocketConnection.#readLater, this);
    }
  }

  /** Continues held delivery: first with the rest of a chunk, then with the stream. */
  #readOn(): void {
    if ((this.#flags & (PAUSED | READING | INFLATING)) !== 0) return;
    const rest = this.#rest;
    if (rest !== undefined) {
      this.#rest = undefined;
      this.#read(rest);
    }
    if (this.#rest !== undefined || (this.#flags & (PAUSED | INFLATING)) !== 0) return;
    if ((this.#flags & PEER_ENDED) !== 0) this.#ended();
    else if (this.duplex.isPaused()) this.duplex.resume();
  }

  #ended(): void {
    if ((this.#flags & OVER) === 0) {
      const isCut = this.#decoder.isInside;
      const error = isCut ? new UnavailableError('DISCONNECTED', 'the connection ended inside a message') : undefined;
      this.#finish();
      this.#over(CLOSE_CODE.abnormal, '', error);
    } else if (!this.duplex.writableEnded) this.duplex.end();
  }

  #closeFrame(code: number, reason: string): void {
    // A closed peer needs no messages that wait for compression. Our own close frame may be among them.
    const isDropped = this.dropCompression();
    if (!this.isShut || isDropped) {
      this.#sendClose(encodeClosePayload(code === CLOSE_CODE.noStatus ? undefined : code));
    }
    // The server closes the stream, and the client waits for that. RFC 6455, section 7.1.1.
    if (this.isServer) this.#finish();
    else this.#armTimer();
    this.#over(code, reason, undefined);
  }

  #violation(error: ProtocolError): void {
    this.#fail(closeCodeOf(error.code), error.message, error);
  }

  #fail(code: number, reason: string, error: ProtocolError | UnavailableError): void {
    const isDropped = this.dropCompression();
    if (!this.isShut || isDropped) this.#sendClose(encodeClosePayload(code, reason));
    this.#finish();
    this.#over(code, reason, error);
  }

  /** Drops all data that waits to be sent or delivered. */
  #drop(): void {
    this.isShut = true;
    this.#decoder.end();
    this.#rest = undefined;
    this.dropCompression();
    this.dropPending();
  }

  /** Half-closes the stream after all sent data, and reads on until the peer has closed its half or the time is up. */
  #finish(): void {
    this.isShut = true;
    this.flush();
    if (!this.duplex.writableEnded) this.duplex.end();
    this.#armTimer();
    if (this.duplex.isPaused()) this.duplex.resume();
  }

  #over(code: number, reason: string, error: ProtocolError | UnavailableError | undefined): void {
    if ((this.#flags & OVER) !== 0) return;
    this.#flags |= OVER;
    this.isShut = true;
    this.#decoder.end();
    this.#rest = undefined;
    this.#owedPong = undefined;
    this.dropCompression();
    this.#handler.onClose(this, code, reason, error);
  }

  #armTimer(): void {
    const { clock, closeTimeoutMs, closing } = this.settings;
    if (this.duplex.destroyed) return;
    closing?.add(this.duplex);
    if (closeTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#timer ??= clock.setTimeout(WebSocketConnection.#expire, closeTimeoutMs, this);
  }

  // Shared by all connections.
  static readonly #sink: FrameSink<WebSocketConnection> = {
    onText(connection, text) {
      if (!connection.#isDeaf) connection.#handler.onText(connection, text);
    },
    onBinary(connection, data) {
      if (!connection.#isDeaf) connection.#handler.onBinary(connection, asBuffer(data));
    },
    onCompressed(connection, data, isText) {
      if (connection.#isDeaf) return;
      connection.#flags |= INFLATING;
      connection.#decoder.halt();
      connection.compression?.inflate(asBuffer(data), isText, connection.settings.messageBytesMax);
    },
    onPing(connection, payload) {
      connection.#answerPing(payload);
      if (!connection.isShut) connection.#handler.onPing?.(connection, Buffer.from(payload));
    },
    onPong(connection, payload) {
      if (!connection.isShut) connection.#handler.onPong?.(connection, Buffer.from(payload));
    },
    onCloseFrame: (connection, code, reason) => connection.#closeFrame(code, reason),
    onViolation: (connection, error) => connection.#violation(error),
  };

  static readonly #readLater = (connection: WebSocketConnection): void => connection.#readOn();

  // The listeners are static, so that a connection needs no closures of its own.
  static readonly #onData = function (this: Carrier, chunk: Buffer): void {
    this[CONNECTION].#receive(chunk);
  };

  static readonly #onRead = function (this: Duplex, size: number): void {
    const reads = sharedReads() as Buffer;
    (this as Carrier)[CONNECTION].#receive(reads.subarray(0, size));
  };

  static readonly #onEnd = function (this: Carrier): void {
    const connection = this[CONNECTION];
    connection.#flags |= PEER_ENDED;
    if (connection.#rest === undefined && (connection.#flags & INFLATING) === 0) connection.#ended();
  };

  static readonly #onError = function (this: Carrier, cause: Error): void {
    const make = () => new UnavailableError('DISCONNECTED', `the connection failed: ${cause.message}`, cause);
    this[CONNECTION].#over(CLOSE_CODE.abnormal, '', cause instanceof UnavailableError ? cause : withoutStack(make));
    this.destroy();
  };

  static readonly #onDuplexClose = function (this: Carrier): void {
    const connection = this[CONNECTION];
    const { clock, closing } = connection.settings;
    closing?.remove(this);
    if (connection.#timer !== undefined) clock.clearTimeout(connection.#timer);
    connection.#timer = undefined;
    connection.dropPending();
    connection.#over(CLOSE_CODE.abnormal, '', undefined);
  };

  static readonly #onDrain = function (this: Carrier): void {
    this[CONNECTION].onDrain();
  };

  static #expire(connection: WebSocketConnection): void {
    connection.duplex.destroy();
    connection.#over(CLOSE_CODE.abnormal, '', new UnavailableError('TIMEOUT', 'the peer did not close in time'));
  }
}
