/** A WebSocket as an application holds it: events, sends, back-pressure and iteration. What `naru/websocket` gives out. */
import type { Duplex } from 'node:stream';
import { checkedBytes } from '../../../base/bytes.js';
import { Emitter, type NoEvents } from '../../../base/emitter.js';
import type { ProtocolError, UnavailableError } from '../../../base/errors.js';
import { type Sendable, toBuffer } from '../../../net/data.js';
import type { ReadyState, SendOptions, WebSocketConnection, WebSocketHandler } from '../connection.js';
import { MessageQueue } from './message-queue.js';

/** A message: text as a string, binary as a Buffer that is safe to keep. */
export type Message = string | Buffer;

/** The events of a connection, with the arguments of their listeners. */
export interface ConnectionEvents {
  /** A message, text or binary. */
  message: (data: Message, isBinary: boolean) => void;
  /** A text message. */
  text: (text: string) => void;
  /** A binary message. */
  binary: (data: Buffer) => void;
  /** A ping; it was answered already. */
  ping: (data: Buffer) => void;
  /** A pong. */
  pong: (data: Buffer) => void;
  /** The connection takes more again, after `send` had returned false. */
  drain: () => void;
  /** The peer broke a rule or the network failed; `close` follows. */
  error: (error: ProtocolError | UnavailableError) => void;
  /** The connection is over. 1005: the peer gave no code; 1006: no close frame came. */
  close: (code: number, reason: string) => void;
}

/** Options of one send. */
export interface MessageOptions extends SendOptions {
  /** Sends bytes as text (false) or a string as binary (true). @default by the type of the data */
  binary?: boolean;
}

const STATE_NUMBERS = { open: 1, closing: 2, closed: 3 } as const satisfies Record<ReadyState, number>;

/** One connection. Its messages are delivered once its listeners could be added: not before the turn in which it was given out ends. */
export class Connection extends Emitter<NoEvents, ConnectionEvents> {
  /** `readyState` of a connection on which messages can be sent. */
  static readonly OPEN = 1;
  /** `readyState` of a connection that was closed here and waits for the peer. */
  static readonly CLOSING = 2;
  /** `readyState` of a connection that is over. */
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

  /** 1 open, 2 closing, 3 closed. */
  get readyState(): number {
    return STATE_NUMBERS[this.#connection.readyState];
  }

  /** The agreed subprotocol, '' for none. */
  get protocol(): string {
    return this.#connection.protocol;
  }

  /** The agreed extensions, '' for none. */
  get extensions(): string {
    return this.#connection.compresses ? 'permessage-deflate' : '';
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.#connection.bufferedBytes;
  }

  /** Whether the connection takes more without keeping it in memory. */
  get writable(): boolean {
    return this.#connection.writable;
  }

  /** Whether delivery is paused. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The stream underneath; for its addresses and certificates, not for reading or writing. */
  get stream(): Duplex {
    return this.#connection.stream;
  }

  /**
   * Sends a message and returns whether the connection takes more; when false, wait for `drain` or `drained()`.
   * Bytes must not change until they are written. After a close it does nothing and returns false. Throws a ConfigError for data that is
   * neither text nor bytes.
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

  /** Sends a ping with at most 125 bytes. Throws as `send` does. */
  ping(data: Sendable = ''): void {
    this.#connection.ping(toBuffer(data));
  }

  /** Sends a pong nobody asked for; pings are answered without it. Throws as `send` does. */
  pong(data: Sendable = ''): void {
    this.#connection.pong(toBuffer(data));
  }

  /** Starts the close handshake. Throws a ConfigError for a code that may not be sent: use 1000 or 3000 to 4999. */
  close(code?: number, reason?: string): void {
    this.#connection.close(code, reason);
  }

  /** Destroys the socket at once; `close` follows with 1006. */
  terminate(): void {
    this.#connection.terminate();
  }

  /** Stops delivery and reading, so that the peer has to wait. */
  pause(): void {
    this.#isPaused = true;
    this.#connection.pause();
  }

  /** Takes up delivery and reading again. */
  resume(): void {
    this.#isPaused = false;
    this.#connection.resume();
  }

  /** Resolves when the connection takes more: with true, or with false once it never will. */
  drained(): Promise<boolean> {
    const connection = this.#connection;
    if (connection.writable || connection.readyState !== 'open') return Promise.resolve(connection.writable);
    return new Promise((resolve) => {
      if (this.#waiting === undefined) this.#waiting = [resolve];
      else this.#waiting.push(resolve);
    });
  }

  /**
   * The messages from now on, with back-pressure: what is not asked for is not read. It ends when the connection closes and
   * throws when that was by an error. Events are emitted as well.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    this.#queue ??= new MessageQueue(this.#connection);
    return this.#queue.iterate(() => {
      this.#queue = undefined;
    });
  }

  override off<Name extends keyof ConnectionEvents>(name?: Name, listener?: ConnectionEvents[Name]): this {
    return super.off(name, listener);
  }

  /** Sends a frame that is encoded already with the other writes of this turn; for broadcasts. */
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

  /** Tells the Connection that owns a WebSocketConnection what happens on it; one for all. */
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
