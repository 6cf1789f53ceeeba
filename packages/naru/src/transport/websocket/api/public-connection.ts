/** The connection of `naru/websocket`, for applications: events, sends, back-pressure and iteration. */
import type { Duplex } from 'node:stream';
import { checkedBytes } from '../../../base/bytes.js';
import { Emitter, type NoEvents } from '../../../base/emitter.js';
import type { ProtocolError, UnavailableError } from '../../../base/errors.js';
import { type Sendable, toBuffer } from '../../../base/node/buffer.js';
import type { ReadyState, SendOptions, WebSocketConnection, WebSocketHandler } from '../connection.js';
import { MessageQueue } from './message-queue.js';

/** A message: a string for text, or a Buffer that you may keep for binary data. */
export type Message = string | Buffer;

/** The events of a connection, with the arguments of their listeners. */
export interface ConnectionEvents {
  /** A message, text or binary. */
  message: (data: Message, isBinary: boolean) => void;
  /** A text message. */
  text: (text: string) => void;
  /** A binary message. */
  binary: (data: Buffer) => void;
  /** A ping, which was already answered. */
  ping: (data: Buffer) => void;
  /** A pong. */
  pong: (data: Buffer) => void;
  /** The connection can take more again, after `send` returned false. */
  drain: () => void;
  /** The peer broke a rule, or the network failed. `close` follows. */
  error: (error: ProtocolError | UnavailableError) => void;
  /** The connection is over. Code 1005: the peer gave none. Code 1006: the connection ended without a close frame. */
  close: (code: number, reason: string) => void;
}

/** Options of one send. */
export interface MessageOptions extends SendOptions {
  /** Sends a string as binary (true) or bytes as text (false). @default by the type of the data */
  binary?: boolean;
}

const STATE_NUMBERS = { open: 1, closing: 2, closed: 3 } as const satisfies Record<ReadyState, number>;

/**
 * One connection. No message is delivered before the end of the turn in which you receive the connection, so you can
 * add listeners.
 */
export class Connection extends Emitter<NoEvents, ConnectionEvents> {
  /** The `readyState` of an open connection. */
  static readonly OPEN = 1;
  /** The `readyState` of a connection that this side has closed and that waits for the peer. */
  static readonly CLOSING = 2;
  /** The `readyState` of a connection that is over. */
  static readonly CLOSED = 3;

  readonly #connection: WebSocketConnection;
  #onClosed: ((connection: Connection) => void) | undefined;
  #waiting: ((isWritable: boolean) => void)[] | undefined = undefined;
  #queue: MessageQueue | undefined = undefined;
  #isPaused = false;

  /** `onClosed` is called before the listeners of `close`. */
  constructor(connection: WebSocketConnection, onClosed?: (connection: Connection) => void) {
    super();
    this.#connection = connection;
    this.#onClosed = onClosed;
    connection.owner = this;
  }

  /** The state: 1 for open, 2 for closing, 3 for closed. */
  get readyState(): number {
    return STATE_NUMBERS[this.#connection.readyState];
  }

  /** The agreed subprotocol, or '' if none was agreed. */
  get protocol(): string {
    return this.#connection.protocol;
  }

  /** The agreed extensions, or '' if none were agreed. */
  get extensions(): string {
    return this.#connection.compresses ? 'permessage-deflate' : '';
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.#connection.bufferedBytes;
  }

  /** Whether the connection can take more without a growing backlog in memory. */
  get writable(): boolean {
    return this.#connection.writable;
  }

  /** Whether delivery is paused. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The underlying stream. Use it for addresses and certificates, never to read or write. */
  get stream(): Duplex {
    return this.#connection.stream;
  }

  /**
   * Sends a message and returns whether the connection can take more. If not, wait for `drain` or `drained()`. Bytes
   * must not change until they are written. After a close, this does nothing and returns false. Throws a ConfigError
   * for data that is neither text nor bytes.
   */
  send(data: Sendable, options?: MessageOptions): boolean {
    const connection = this.#connection;
    if (typeof data === 'string') {
      if (options?.binary === true) connection.sendBinary(Buffer.from(data), options);
      else connection.sendText(data, options);
    } else if (options?.binary === false) connection.sendText(toBuffer(data).toString(), options);
    else connection.sendBinary(checkedBytes(data), options);
    return connection.writable;
  }

  /** Sends a ping of at most 125 bytes. Longer data is cut. Throws the errors of `send`. */
  ping(data: Sendable = ''): void {
    this.#connection.ping(toBuffer(data));
  }

  /** Sends an unsolicited pong. Pings are answered automatically. Throws the errors of `send`. */
  pong(data: Sendable = ''): void {
    this.#connection.pong(toBuffer(data));
  }

  /**
   * Starts the close handshake. No more messages are delivered. Use code 1000 or 3000 to 4999. Throws a ConfigError for
   * a code that must not be sent.
   */
  close(code?: number, reason?: string): void {
    this.#connection.close(code, reason);
    this.#queue?.clear();
  }

  /** Destroys the socket at once. No more messages are delivered. `close` follows with 1006. */
  terminate(): void {
    this.#connection.terminate();
    this.#queue?.clear();
  }

  /** Stops delivery and reading, so that the peer has to wait. */
  pause(): void {
    this.#isPaused = true;
    this.#connection.pause();
  }

  /** Resumes delivery and reading, after a slow loop has caught up. */
  resume(): void {
    this.#isPaused = false;
    if (!this.#queue?.isPaused) this.#connection.resume();
  }

  /** Resolves to true when the connection can take more, or to false if it is closing or over. */
  drained(): Promise<boolean> {
    const connection = this.#connection;
    if (connection.writable || connection.readyState !== 'open') return Promise.resolve(connection.writable);
    return new Promise((resolve) => {
      if (this.#waiting === undefined) this.#waiting = [resolve];
      else this.#waiting.push(resolve);
    });
  }

  /**
   * Iterates over the messages from now on, with back-pressure: reading pauses when 64 messages wait. The loop ends
   * when the connection closes, and throws if it closed with an error. Events are emitted as well.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    this.#queue ??= new MessageQueue(this.#connection, () => this.#isPaused);
    return this.#queue.iterate(() => {
      this.#queue = undefined;
    });
  }

  override off<Name extends keyof ConnectionEvents>(name?: Name, listener?: ConnectionEvents[Name]): this {
    return super.off(name, listener);
  }

  /** Sends an encoded frame, with the other writes of this turn. For broadcasts. */
  sendEncoded(frame: Buffer): void {
    this.#connection.collectFrames(frame);
  }

  /** Whether messages to this connection are compressed. */
  get compresses(): boolean {
    return this.#connection.compresses;
  }

  #message(data: Message, isBinary: boolean): void {
    this.#queue?.push(data);
    this.emitLocal('message', data, isBinary);
    this.emitLocal(isBinary ? 'binary' : 'text', data);
  }

  #wake(isWritable: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) for (const resolve of waiting) resolve(isWritable);
  }

  #closed(code: number, reason: string, error: ProtocolError | UnavailableError | undefined): void {
    const onClosed = this.#onClosed;
    this.#onClosed = undefined;
    onClosed?.(this);
    this.#wake(false);
    this.#queue?.end(error);
    if (error !== undefined) this.emitLocal('error', error);
    this.emitLocal('close', code, reason);
  }

  /** Passes the events of a WebSocketConnection to the Connection that owns it. One handler serves all connections. */
  static readonly handler: WebSocketHandler = {
    onText: ({ owner }, text) => (owner as Connection).#message(text, false),
    onBinary: ({ owner }, data) => (owner as Connection).#message(data, true),
    onPing: ({ owner }, data) => void (owner as Connection).emitLocal('ping', data),
    onPong: ({ owner }, data) => void (owner as Connection).emitLocal('pong', data),
    onWritable({ owner }) {
      const connection = owner as Connection;
      connection.#wake(true);
      connection.emitLocal('drain');
    },
    onClose({ owner }, code, reason, error) {
      (owner as Connection).#closed(code, reason, error);
    },
  };
}
