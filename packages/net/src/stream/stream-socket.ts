/** Stream sockets: TCP, TLS and Unix sockets with the verbs of Berkeley sockets, as promises. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { assert, type Endpoint, formatEndpoint, readOptions, type Sendable, toBuffer } from 'naru/base';
import { closedError, stateError } from '../failures.js';
import { iterate } from '../iterate.js';
import {
  checkRange,
  type StreamOptions,
  type StreamSettings,
  streamTable,
  type WaitOptions,
  waitTable,
} from '../options.js';
import { type EndpointLike, endpointOf, STREAM_SCHEMES, toEndpoint, toPeerEndpoint } from '../places.js';
import { dial } from './dial.js';
import { StreamConnection } from './stream-connection.js';
import { type ListenOptions, StreamListener } from './stream-listener.js';

/** Options of one `recv`. */
export interface RecvOptions extends WaitOptions {
  /** The most bytes to take, 1 or more; the rest is left for the next `recv`. @default what has come in one chunk */
  bytesMax?: number;
}

type State = 'new' | 'binding' | 'bound' | 'listening' | 'connecting' | 'connected' | 'closed';

const next: Readonly<Record<State, readonly State[]>> = {
  new: ['binding', 'connecting', 'connected', 'closed'],
  binding: ['new', 'bound', 'closed'],
  bound: ['listening', 'connecting', 'closed'],
  listening: ['closed'],
  connecting: ['connected', 'closed'],
  connected: ['closed'],
  closed: [],
};

/**
 * A stream socket. Bytes arrive complete and in order, or the connection fails. The methods reject with an
 * UnavailableError when the system, the network or the peer is the reason. They reject with a ConfigError when the
 * caller is: a bad argument, or a call in the wrong state (WRONG_STATE). After `close`, or after the peer or the
 * network has ended the connection, the socket stays closed; make a new one.
 */
export class StreamSocket implements AsyncIterable<Buffer>, AsyncDisposable {
  readonly #settings: StreamSettings;
  #state: State = 'new';
  #listener: StreamListener<StreamSocket> | undefined;
  /** The socket of a `connect` that has not settled yet. */
  #dialed: Socket | undefined;
  #connection: StreamConnection | undefined;
  #local: Endpoint | undefined;
  #remote: Endpoint | undefined;

  constructor(options?: StreamOptions) {
    this.#settings = readOptions(streamTable, options);
  }

  /**
   * The local address, also after the end; `undefined` before the socket has one, and for a Unix socket that has
   * connected.
   */
  get localEndpoint(): Endpoint | undefined {
    return this.#listener?.localEndpoint ?? this.#local;
  }

  /**
   * The peer's address, also after the end; `undefined` before. On both ends of a Unix socket, this is the path of the
   * listener.
   */
  get remoteEndpoint(): Endpoint | undefined {
    return this.#remote;
  }

  /** Bytes that were received and wait for `recv`. */
  get recvBytesWaiting(): number {
    return this.#connection?.recvBytesWaiting ?? 0;
  }

  /** Bytes of sends that the system has not begun to take. */
  get sendBytesWaiting(): number {
    return this.#connection?.sendBytesWaiting ?? 0;
  }

  /**
   * Node's own socket, for features that this class lacks, such as the peer's certificate. Do not read from it or write
   * to it.
   */
  get stream(): Socket | undefined {
    return this.#connection?.socket;
  }

  /**
   * Binds to a local address: `tcp://127.0.0.1:8000`, `unix:/path`, or `tls://:443` for every address, IPv6 and IPv4.
   * Port 0 takes any free port. The socket holds the address from then on. Rejects with ADDRESS_IN_USE, IO_FAILED (not
   * allowed, or not an address of this machine), TIMEOUT or ABORTED.
   */
  async bind(endpoint: EndpointLike, options?: WaitOptions): Promise<void> {
    const { signal } = readOptions(waitTable, options);
    const given = toEndpoint(endpoint, STREAM_SCHEMES);
    this.#require('bind', ['new']);
    this.#become('binding');
    try {
      const listener = await StreamListener.hold(given, this.#settings, this.#adopt, signal);
      if (this.#isClosed()) {
        await listener.close();
        throw closedError(`bind to ${formatEndpoint(given)}`);
      }
      this.#listener = listener;
      this.#become('bound');
    } catch (error) {
      if (!this.#isClosed()) this.#become('new');
      throw error;
    }
  }

  /**
   * Accepts connections at the bound address. Resolves with the listener, for `accept` and `for await`. For TLS, the
   * option `tls` must contain a key and a certificate.
   */
  async listen(options: number | ListenOptions = {}): Promise<StreamListener<StreamSocket>> {
    this.#require('listen', ['bound']);
    const listener = this.#listener;
    if (listener === undefined) throw stateError('listen', 'bind it first');
    listener.start(typeof options === 'number' ? { backlog: options } : options);
    this.#become('listening');
    return listener;
  }

  /** Resolves with the next connection of the listener; see `StreamListener.accept`. */
  async accept(options?: WaitOptions): Promise<StreamSocket> {
    this.#require('accept', ['listening']);
    if (this.#listener === undefined) throw stateError('accept', 'listen first');
    return this.#listener.accept(options);
  }

  /**
   * Connects to an endpoint; without a host, to this machine. Resolves when the peer's system has accepted the
   * connection and, for TLS, the certificate was verified. Rejects with CONNECT_FAILED (refused, unreachable, unknown
   * name, bad certificate), TIMEOUT (no answer within the system's limit or that of `signal`), ABORTED or
   * NO_DESCRIPTORS. The system's own code is in `cause.code`. After a rejection the socket is closed.
   */
  async connect(endpoint: EndpointLike, options?: WaitOptions): Promise<void> {
    const { signal } = readOptions(waitTable, options);
    const peer = toPeerEndpoint(endpoint, STREAM_SCHEMES);
    this.#require('connect', ['new', 'bound']);
    const from = this.#listener?.localEndpoint;
    if (from !== undefined && (from.scheme === 'unix' || peer.scheme === 'unix')) {
      throw stateError('connect', 'a Unix socket connects without an address of its own: do not bind it');
    }
    this.#become('connecting');
    const onSocket = (socket: Socket): void => {
      this.#dialed = socket;
    };
    try {
      // Node binds and connects in one step, so the listener holds the address only until here.
      await this.#listener?.close();
      this.#listener = undefined;
      if (this.#isClosed()) throw closedError(`connect to ${formatEndpoint(peer)}`);
      const socket = await dial(peer, { settings: this.#settings, from, signal, onSocket });
      // The caller closed the socket in the same turn, so Node's socket is already destroyed.
      if (this.#isClosed()) throw closedError(`connect to ${formatEndpoint(peer)}`);
      this.#connected(socket, peer, true);
    } catch (error) {
      if (!this.#isClosed()) this.#become('closed');
      throw error;
    }
  }

  /**
   * Sends data after all earlier data. Resolves when the system has taken it, so a program that awaits each send goes
   * as fast as the peer reads. Only the peer can confirm that it arrived. `data` must not be changed before the promise
   * settles. A send that is aborted while it waits sends nothing. One that is aborted halfway resets the connection,
   * because nobody knows how much went out. Rejects with DISCONNECTED, TIMEOUT, ABORTED, CLOSED or BUFFER_FULL.
   */
  send(data: Sendable, { signal }: WaitOptions = {}): Promise<void> {
    // Not async: a second promise would cost as much as the send.
    try {
      return this.#whole('send').send(toBuffer(data), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves with the next bytes as soon as some arrive, in the pieces they come in, or with `null` when the peer has
   * ended its direction. Several callers are served in order. The socket reads ahead up to `recvBytesMax`, beginning
   * with the first `recv`. Rejects with TIMEOUT or ABORTED when `signal` is aborted, and no byte is lost by that. When
   * the connection fails, rejects with DISCONNECTED, or TIMEOUT from keep-alive, once all received bytes are taken.
   * Rejects with CLOSED after `close`.
   */
  recv({ bytesMax, signal }: RecvOptions = {}): Promise<Buffer | null> {
    try {
      if (bytesMax !== undefined) checkRange('bytesMax', bytesMax, 1);
      return this.#whole('recv').recv(bytesMax, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Iterates over the received bytes until the peer ends its direction or this side closes the socket. Leaving the loop
   * leaves the socket open.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return iterate(() => this.recv());
  }

  /**
   * Ends this direction after all data that was sent: the peer receives `null`, and may still send. Resolves when the
   * system has taken it all. Aborting `signal` only ends the wait.
   */
  async shutdown({ signal }: WaitOptions = {}): Promise<void> {
    await this.#whole('shutdown').shutdown(signal);
  }

  /**
   * Closes the socket after the system has taken all data that was sent. When `signal` is aborted before that, the rest
   * is dropped and the connection is reset. Every other waiting call rejects with CLOSED. Resolves when the file
   * descriptor is free, and never rejects. A TLS client first waits up to two seconds for the server's session tickets.
   * A peer that still sends gets a reset, and may then lose data that it has not read. To be sure that the peer has
   * everything, call `shutdown`, and then `recv` until `null`.
   */
  async close({ signal }: WaitOptions = {}): Promise<void> {
    if (!this.#isClosed()) this.#become('closed');
    this.#dialed?.destroy();
    await Promise.all([this.#listener?.close(), this.#connection?.close(signal)]);
  }

  /** Closes the socket at the end of an `await using`, as `close` does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #adopt = (socket: Socket, { scheme, path }: Endpoint): StreamSocket => {
    const accepted = new StreamSocket(this.#settings);
    accepted.#connected(socket, { scheme, host: '', port: 0, path }, false);
    return accepted;
  };

  #connected(socket: Socket, { scheme, path }: Endpoint, isDialed: boolean): void {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    this.#dialed = undefined;
    if (localAddress !== undefined && localPort !== undefined) {
      this.#local = endpointOf(scheme, localAddress, localPort);
    }
    this.#remote = endpointOf(scheme, remoteAddress ?? '', remotePort ?? 0, path);
    this.#connection = new StreamConnection(socket, this.#remote, this.#settings, isDialed);
    this.#become('connected');
  }

  /** The connection, for a verb that needs one. */
  #whole(verb: string): StreamConnection {
    if (this.#connection !== undefined) return this.#connection;
    if (this.#isClosed()) throw closedError(verb);
    throw stateError(verb, `the socket is ${this.#state}, but must be connected`);
  }

  #require(verb: string, states: readonly State[]): void {
    if (states.includes(this.#state)) return;
    if (this.#isClosed()) throw closedError(verb);
    throw stateError(verb, `the socket is ${this.#state}, but must be ${states.join(' or ')}`);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #become(state: State): void {
    assert(next[this.#state].includes(state), `a stream socket that is ${this.#state} does not become ${state}`);
    this.#state = state;
  }
}
