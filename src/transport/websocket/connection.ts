/** One RFC 6455 connection over a Duplex, as server or client: framing, control frames, the close handshake, back-pressure. */
import type { Duplex } from 'node:stream';
import type { Timer } from '../../base/clock.js';
import { type ProtocolError, UnavailableError } from '../../base/errors.js';
import { CLOSE_CODE, closeCodeOf, encodeClosePayload } from '../../protocol/websocket/close-code.js';
import { FrameDecoder, type FrameSink } from '../../protocol/websocket/decoder.js';
import { CONTROL_BYTES_MAX, FIN, OPCODE } from '../../protocol/websocket/frame.js';
import { encodeClientFrame, encodeMaskedTextFrame, encodeServerFrame, encodeTextFrame } from './frames.js';
import type { WebSocketSettings } from './settings.js';

/** Gets what happens on a connection. One object may serve every connection. */
export interface WebSocketHandler {
  /** A whole text message. */
  onText(connection: WebSocketConnection, text: string): void;
  /** A whole binary message, safe to keep. */
  onBinary(connection: WebSocketConnection, data: Buffer): void;
  /** A ping, which the connection itself answers. The payload is safe to keep. */
  onPing?(connection: WebSocketConnection, data: Buffer): void;
  /** A pong. The payload is safe to keep. */
  onPong?(connection: WebSocketConnection, data: Buffer): void;
  /** The duplex takes more again, after `writable` had been false. */
  onWritable(connection: WebSocketConnection): void;
  /**
   * The connection is over; called exactly once, last. `code` and `reason` are what the peer's close frame said (1005: nothing),
   * what ours said where the peer broke a rule (then `error` is a ProtocolError), or 1006 where no close frame came.
   */
  onClose(
    connection: WebSocketConnection,
    code: number,
    reason: string,
    error: ProtocolError | UnavailableError | undefined,
  ): void;
}

/** Where a connection stands: `closing` from `close()` until the peer has answered. */
export type ReadyState = 'open' | 'closing' | 'closed';

/** Options of one send. */
export interface SendOptions {
  /** Whether to compress, where it was negotiated. @default true from the threshold on */
  compress?: boolean;
}

// Flags. OVER: onClose was called. DIRTY: the turn will flush. PEER_ENDED: the end came while delivery was halted.
const SERVER = 1;
const CLOSE_SENT = 2;
const OVER = 4;
const PAUSED = 8;
const READING = 16;
const DIRTY = 32;
const PEER_ENDED = 64;

// A peer that still sends after a violation is read on, so that no reset takes our close frame from it; but only so far.
const DISCARD_BYTES_MAX = 64 * 1024 * 1024;
// Beyond this backlog only the newest ping is answered. RFC 6455, section 5.5.3.
const PONG_BACKLOG_BYTES = 16 * 1024;
// A turn's writes beyond this size go out at once, so that they do not pile up unseen.
const PENDING_BYTES_MAX = 64 * 1024;
const JOIN_BYTES_MAX = 16 * 1024;

const CONNECTION = Symbol('naru.websocket');

interface Carrier extends Duplex {
  [CONNECTION]?: WebSocketConnection;
}

const NOTHING = Buffer.alloc(0);

// Shared by every connection, so that none has closures of its own; set in the class, which has the private fields.
let SINK: FrameSink<WebSocketConnection>;
let readOn: (connection: WebSocketConnection) => void;
let onData: (this: Carrier, chunk: Buffer) => void;
let onEnd: (this: Carrier) => void;
let onError: (this: Carrier, error: Error) => void;
let onDuplexClose: (this: Carrier) => void;
let onDrain: (this: Carrier) => void;

/** One connection. `owner` is a slot for the layer above; `protocol` is the agreed subprotocol, '' for none. */
export class WebSocketConnection {
  owner: unknown = undefined;
  protocol = '';
  readonly #duplex: Carrier;
  readonly #settings: WebSocketSettings;
  readonly #handler: WebSocketHandler;
  readonly #decoder: FrameDecoder;
  #flags: number;
  #rest: Buffer | undefined = undefined;
  #pending: Buffer[] | undefined = undefined;
  #pendingBytes = 0;
  #discardedBytes = 0;
  #owedPong: Buffer | undefined = undefined;
  #timer: Timer | undefined = undefined;

  /** Takes over `duplex`; `head` is what was read from it already. Nothing is delivered before the constructor has returned. */
  constructor(
    duplex: Duplex,
    role: 'server' | 'client',
    settings: WebSocketSettings,
    handler: WebSocketHandler,
    deflate?: undefined,
    head?: Buffer,
  ) {
    this.#duplex = duplex;
    this.#settings = settings;
    this.#handler = handler;
    this.#flags = role === 'server' ? SERVER : 0;
    const rules = settings.rules[role];
    this.#decoder = new FrameDecoder(deflate === undefined ? rules.plain : rules.deflate);
    const carrier: Carrier = duplex;
    carrier[CONNECTION] = this;
    duplex.on('data', onData).on('end', onEnd).on('error', onError).on('close', onDuplexClose).on('drain', onDrain);
    if (head !== undefined && head.byteLength > 0) duplex.unshift(head);
  }

  /** Where the connection stands. */
  get readyState(): ReadyState {
    const flags = this.#flags;
    return (flags & OVER) !== 0 ? 'closed' : (flags & CLOSE_SENT) !== 0 ? 'closing' : 'open';
  }

  /** Whether the duplex takes more; when false, wait for `onWritable`. */
  get writable(): boolean {
    return (this.#flags & CLOSE_SENT) === 0 && !this.#duplex.writableNeedDrain;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return this.#duplex.writableLength + this.#pendingBytes;
  }

  /** The stream underneath; for its addresses and certificates, not for reading or writing. */
  get duplex(): Duplex {
    return this.#duplex;
  }

  /** Sends a text message; ignored after a close. A lone surrogate goes out as U+FFFD. */
  sendText(text: string, _options?: SendOptions): void {
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    this.#write(
      (this.#flags & SERVER) !== 0 ? encodeTextFrame(text) : encodeMaskedTextFrame(text, this.#settings.random),
    );
  }

  /** Sends a binary message; ignored after a close. The bytes are copied, the caller may reuse them. */
  sendBinary(data: Uint8Array, _options?: SendOptions): void {
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    this.#write(this.#encode(FIN | OPCODE.binary, data));
  }

  /** Writes whole unmasked frames as they are, in one write and in order with other sends; for a server; ignored after a close. */
  sendFrames(frames: Buffer): void {
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    if (this.#pending !== undefined) this.flush();
    this.#duplex.write(frames);
  }

  /** Sends a ping with at most 125 bytes; longer ones are cut. */
  ping(data: Uint8Array = NOTHING): void {
    this.#sendControl(OPCODE.ping, data);
  }

  /** Sends a pong nobody asked for; pings are answered without it. */
  pong(data: Uint8Array = NOTHING): void {
    this.#sendControl(OPCODE.pong, data);
  }

  /** Starts the close handshake; the socket is destroyed if the peer does not answer in time. Messages that still come are dropped. */
  close(code?: number, reason?: string): void {
    const payload = encodeClosePayload(code, reason);
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    this.#sendClose(payload);
    this.#armTimer();
    if ((this.#flags & PAUSED) !== 0) this.resume();
  }

  /** Destroys the socket at once; `onClose` follows with 1006. */
  terminate(): void {
    this.#flags |= CLOSE_SENT;
    this.#decoder.end();
    this.#rest = undefined;
    this.#duplex.destroy();
  }

  /** Stops delivery, from the next message on, and reading, so that the peer has to wait. */
  pause(): void {
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    this.#flags |= PAUSED;
    this.#decoder.halt();
    this.#duplex.pause();
  }

  /** Takes up delivery and reading again; what is there already comes later in this turn, not inside this call. */
  resume(): void {
    if ((this.#flags & PAUSED) === 0) return;
    this.#flags &= ~PAUSED;
    this.#decoder.resume();
    if ((this.#flags & READING) === 0) this.#settings.clock.defer(readOn, this);
  }

  /** Writes what was collected in this turn; called by the turn. */
  flush(): void {
    const pending = this.#pending;
    this.#flags &= ~DIRTY;
    if (pending === undefined) return;
    const size = this.#pendingBytes;
    this.#pending = undefined;
    this.#pendingBytes = 0;
    const [only] = pending;
    if (pending.length === 1 && only !== undefined) this.#duplex.write(only);
    else writeJoined(this.#duplex, pending, size);
  }

  #write(frame: Buffer): void {
    const turn = this.#settings.turn;
    if (turn === undefined) {
      this.#duplex.write(frame);
      return;
    }
    if (this.#pending === undefined) this.#pending = [frame];
    else this.#pending.push(frame);
    this.#pendingBytes += frame.byteLength;
    if (this.#pendingBytes > PENDING_BYTES_MAX) this.flush();
    else if ((this.#flags & DIRTY) === 0) {
      this.#flags |= DIRTY;
      turn.add(this);
    }
  }

  #encode(first: number, payload: Uint8Array): Buffer {
    return (this.#flags & SERVER) !== 0
      ? encodeServerFrame(first, payload)
      : encodeClientFrame(first, payload, this.#settings.random);
  }

  #sendControl(opcode: number, data: Uint8Array): void {
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    this.#write(
      this.#encode(FIN | opcode, data.byteLength > CONTROL_BYTES_MAX ? data.subarray(0, CONTROL_BYTES_MAX) : data),
    );
  }

  #sendClose(payload: Uint8Array): void {
    this.#flags |= CLOSE_SENT;
    this.#owedPong = undefined;
    this.#write(this.#encode(FIN | OPCODE.close, payload));
    this.flush();
  }

  #answerPing(payload: Uint8Array): void {
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    if (this.bufferedBytes > PONG_BACKLOG_BYTES) this.#owedPong = this.#encode(FIN | OPCODE.pong, payload);
    else this.#write(this.#encode(FIN | OPCODE.pong, payload));
  }

  #read(chunk: Buffer): void {
    const decoder = this.#decoder;
    let at = -1;
    this.#flags |= READING;
    try {
      at = decoder.decode(chunk, 0, SINK, this);
    } finally {
      this.#flags &= ~READING;
      // A handler that throws ends this turn of ours, not the stream: what follows its message is read in the next.
      const isThrown = at < 0;
      if (isThrown) at = decoder.offset;
      if (at < chunk.byteLength && !decoder.isEnded) {
        this.#rest = at === 0 ? chunk : chunk.subarray(at);
        if (isThrown) this.#settings.clock.defer(readOn, this);
      }
    }
  }

  #readOn(): void {
    if ((this.#flags & (PAUSED | READING)) !== 0) return;
    const rest = this.#rest;
    if (rest !== undefined) {
      this.#rest = undefined;
      this.#read(rest);
    }
    if (this.#rest !== undefined || (this.#flags & PAUSED) !== 0) return;
    if ((this.#flags & PEER_ENDED) !== 0) this.#ended();
    else this.#duplex.resume();
  }

  #ended(): void {
    if ((this.#flags & OVER) === 0) {
      const error = this.#decoder.isInside
        ? new UnavailableError('DISCONNECTED', 'the connection ended inside a message')
        : undefined;
      this.#flags |= CLOSE_SENT;
      this.flush();
      this.#over(CLOSE_CODE.abnormal, '', error);
    }
    this.#duplex.end();
    this.#armTimer();
  }

  /** Lets go of everything but the socket, which is half-closed and read on for a while, and tells the handler. */
  #over(code: number, reason: string, error: ProtocolError | UnavailableError | undefined): void {
    if ((this.#flags & OVER) !== 0) return;
    this.#flags |= OVER | CLOSE_SENT;
    this.#decoder.end();
    this.#rest = undefined;
    this.#owedPong = undefined;
    this.#handler.onClose(this, code, reason, error);
  }

  #armTimer(): void {
    const { clock, closeTimeoutMs } = this.#settings;
    if (this.#duplex.destroyed || closeTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#timer ??= clock.setTimeout(expire, closeTimeoutMs, this);
  }

  #receive(chunk: Buffer): void {
    if ((this.#flags & OVER) !== 0) {
      this.#discardedBytes += chunk.byteLength;
      if (this.#discardedBytes > DISCARD_BYTES_MAX) this.#duplex.destroy();
    } else if (this.#rest !== undefined) this.#rest = Buffer.concat([this.#rest, chunk]);
    else this.#read(chunk);
  }

  #failed(cause: Error): void {
    this.#over(
      CLOSE_CODE.abnormal,
      '',
      new UnavailableError('DISCONNECTED', `the connection failed: ${cause.message}`, cause),
    );
    this.#duplex.destroy();
  }

  #destroyed(): void {
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = undefined;
    this.#over(CLOSE_CODE.abnormal, '', undefined);
  }

  #drained(): void {
    if ((this.#flags & CLOSE_SENT) !== 0) return;
    const pong = this.#owedPong;
    if (pong !== undefined) {
      this.#owedPong = undefined;
      this.#write(pong);
    }
    this.#handler.onWritable(this);
  }

  #closeFrame(code: number, reason: string): void {
    if ((this.#flags & CLOSE_SENT) === 0) {
      this.#sendClose(encodeClosePayload(code === CLOSE_CODE.noStatus ? undefined : code));
    }
    // The server closes the stream; the client waits for that. RFC 6455, section 7.1.1.
    if ((this.#flags & SERVER) !== 0) this.#duplex.end();
    this.#armTimer();
    this.#over(code, reason, undefined);
  }

  #violation(error: ProtocolError): void {
    const code = closeCodeOf(error.code);
    if ((this.#flags & CLOSE_SENT) === 0) this.#sendClose(encodeClosePayload(code, error.message));
    this.#duplex.end();
    this.#armTimer();
    this.#over(code, error.message, error);
  }

  static {
    SINK = {
      onText(connection, text) {
        if ((connection.#flags & CLOSE_SENT) === 0) connection.#handler.onText(connection, text);
      },
      onBinary(connection, data) {
        if ((connection.#flags & CLOSE_SENT) === 0) connection.#handler.onBinary(connection, asBuffer(data));
      },
      onCompressed() {},
      onPing(connection, payload) {
        connection.#answerPing(payload);
        connection.#handler.onPing?.(connection, Buffer.from(payload));
      },
      onPong(connection, payload) {
        connection.#handler.onPong?.(connection, Buffer.from(payload));
      },
      onCloseFrame: (connection, code, reason) => connection.#closeFrame(code, reason),
      onViolation: (connection, error) => connection.#violation(error),
    };
    readOn = (connection) => connection.#readOn();
    onData = function (chunk) {
      const connection = this[CONNECTION];
      if (connection !== undefined) connection.#receive(chunk);
    };
    onEnd = function () {
      const connection = this[CONNECTION];
      if (connection === undefined) return;
      connection.#flags |= PEER_ENDED;
      if (connection.#rest === undefined) connection.#ended();
    };
    onError = function (error) {
      const connection = this[CONNECTION];
      if (connection !== undefined) connection.#failed(error);
    };
    onDuplexClose = function () {
      const connection = this[CONNECTION];
      if (connection !== undefined) connection.#destroyed();
    };
    onDrain = function () {
      const connection = this[CONNECTION];
      if (connection !== undefined) connection.#drained();
    };
  }
}

function expire(connection: WebSocketConnection): void {
  connection.terminate();
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** Small frames are joined, since a copy costs less than a write; large ones are written as they are. */
function writeJoined(duplex: Duplex, frames: readonly Buffer[], size: number): void {
  if (size <= JOIN_BYTES_MAX * 4) {
    duplex.write(Buffer.concat(frames, size));
    return;
  }
  duplex.cork();
  for (const frame of frames) duplex.write(frame);
  duplex.uncork();
}
