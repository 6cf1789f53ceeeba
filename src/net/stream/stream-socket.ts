/** Stream sockets: TCP, TLS and Unix sockets with the verbs that Berkeley gave them, as promises. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { assert } from '../../base/assert.js';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.js';
import { readOptions } from '../../base/options/table.js';
import { type Sendable, toBuffer } from '../data.js';
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

/** What can be set for one `recv`. */
export interface RecvOptions extends WaitOptions {
  /** The most bytes to take; the rest is for the next. 1 or more. @default what has come in one chunk */
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
 * A stream socket. Its verbs reject with an UnavailableError when the world is the reason, and with a ConfigError when the caller is: a
 * bad argument, or a verb in the wrong state (WRONG_STATE). Bytes arrive complete and in order, or the connection fails. After
 * `close`, or when the peer or the network has ended the connection, it stays closed; make a new one.
 */
export class StreamSocket implements AsyncIterable<Buffer>, AsyncDisposable {
  readonly #settings: StreamSettings;
  #state: State = 'new';
  #listener: StreamListener<StreamSocket> | undefined;
  /** The socket of a connect that is not decided. */
  #dialed: Socket | undefined;
  #connection: StreamConnection | undefined;
  #local: Endpoint | undefined;
  #remote: Endpoint | undefined;

  constructor(options?: StreamOptions) {
    this.#settings = readOptions(streamTable, options);
  }

  /** Where it is bound or connected from, also after the end; `undefined` before, and for a Unix socket that has connected. */
  get localEndpoint(): Endpoint | undefined {
    return this.#listener?.localEndpoint ?? this.#local;
  }

  /** Whom it is connected to, by address, also after the end; `undefined` before. For a Unix socket the path of the listener, on both ends. */
  get remoteEndpoint(): Endpoint | undefined {
    return this.#remote;
  }

  /** Bytes that have come and wait for `recv`. */
  get recvBytesWaiting(): number {
    return this.#connection?.recvBytesWaiting ?? 0;
  }

  /** Bytes of sends that the system has not begun to take. */
  get sendBytesWaiting(): number {
    return this.#connection?.sendBytesWaiting ?? 0;
  }

  /** Node's own socket, for what is not here, such as the peer's certificate. Whoever reads from it or writes to it is on their own. */
  get stream(): Socket | undefined {
    return this.#connection?.socket;
  }

  /**
   * Takes a local address: `tcp://127.0.0.1:8000`, `tls://:443` (any address, IPv6 and IPv4), `unix:/path`; port 0 for any that is free.
   * It is held from then on. Rejects with ADDRESS_IN_USE, IO_FAILED (not allowed, no address of this machine), TIMEOUT or ABORTED.
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
   * Takes connections at the address that it is bound to. Resolves with the listener, for `accept` and `for await`. With TLS, the
   * option `tls` has to have a key and a certificate.
   */
  async listen(options: number | ListenOptions = {}): Promise<StreamListener<StreamSocket>> {
    this.#require('listen', ['bound']);
    const listener = this.#listener;
    if (listener === undefined) throw stateError('listen', 'bind it first');
    listener.start(typeof options === 'number' ? { backlog: options } : options);
    this.#become('listening');
    return listener;
  }

  /** The next connection of the listener; see `StreamListener.accept`. */
  async accept(options?: WaitOptions): Promise<StreamSocket> {
    this.#require('accept', ['listening']);
    if (this.#listener === undefined) throw stateError('accept', 'listen first');
    return this.#listener.accept(options);
  }

  /**
   * Connects to an endpoint; without a host, to this machine. Resolves when the peer's system has accepted, with TLS when its certificate
   * was found good too. Rejects with CONNECT_FAILED (refused, unreachable, an unknown name, a bad certificate), TIMEOUT (nobody
   * answered in the system's time or that of `signal`), ABORTED, NO_DESCRIPTORS; the system's own code is in `cause.code`. The
   * socket is closed after that.
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
      // Node binds and connects in one; the address was held until here.
      await this.#listener?.close();
      this.#listener = undefined;
      if (this.#isClosed()) throw closedError(`connect to ${formatEndpoint(peer)}`);
      const socket = await dial(peer, { settings: this.#settings, from, signal, onSocket });
      // Closed in the same turn: the socket is destroyed already.
      if (this.#isClosed()) throw closedError(`connect to ${formatEndpoint(peer)}`);
      this.#connected(socket, peer, true);
    } catch (error) {
      if (!this.#isClosed()) this.#become('closed');
      throw error;
    }
  }

  /**
   * Sends data behind all that was sent before. Resolves when the system has taken it, so who awaits it goes as fast as the peer reads;
   * that the peer has it, only the peer can say. `data` must not be changed until then. Given up before its turn, nothing of it goes;
   * given up in the middle, the connection is reset, as nobody knows how much has gone. Rejects with DISCONNECTED, TIMEOUT, ABORTED,
   * CLOSED or BUFFER_FULL.
   */
  send(data: Sendable, { signal }: WaitOptions = {}): Promise<void> {
    // Not async: a promise of a promise costs as much as the send.
    try {
      return this.#whole('send').send(toBuffer(data), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves with bytes as soon as there are some, in the pieces they come in; `null` when the peer has ended its direction. Several
   * callers are served in order. What comes is read ahead only up to `recvBytesMax`, and not before the first `recv`. Rejects with
   * TIMEOUT or ABORTED when `signal` says so, and no byte is lost by that; with DISCONNECTED, or TIMEOUT from keep-alive, when the
   * connection has failed and all that came before is taken; with CLOSED.
   */
  recv({ bytesMax, signal }: RecvOptions = {}): Promise<Buffer | null> {
    try {
      if (bytesMax !== undefined) checkRange('bytesMax', bytesMax, 1);
      return this.#whole('recv').recv(bytesMax, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Gives what comes, until the peer ends its direction or this side closes the socket. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return iterate(() => this.recv());
  }

  /**
   * Ends this direction behind all that was sent, and keeps the other: the peer gets `null`, and may still send. Resolves when the system
   * has taken that. Giving up only ends the waiting.
   */
  async shutdown({ signal }: WaitOptions = {}): Promise<void> {
    await this.#whole('shutdown').shutdown(signal);
  }

  /**
   * Gives the socket back. What was sent goes first; when `signal` is aborted before the system has taken it, it is dropped, and the
   * connection is reset. Everybody who waits in another verb is rejected with CLOSED. Resolves when the file descriptor is
   * free, and never rejects; a client of TLS waits up to two seconds for the server's tickets before. As everywhere, a peer that still sends gets a reset, which may overtake what it has not read: to be
   * sure that it has all, `shutdown`, and `recv` until `null`.
   */
  async close({ signal }: WaitOptions = {}): Promise<void> {
    if (!this.#isClosed()) this.#become('closed');
    this.#dialed?.destroy();
    await Promise.all([this.#listener?.close(), this.#connection?.close(signal)]);
  }

  /** For `await using`: the same as `close`. */
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
    throw stateError(verb, `the socket is ${this.#state}, and has to be connected`);
  }

  #require(verb: string, states: readonly State[]): void {
    if (states.includes(this.#state)) return;
    if (this.#isClosed()) throw closedError(verb);
    throw stateError(verb, `the socket is ${this.#state}, and has to be ${states.join(' or ')}`);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #become(state: State): void {
    assert(next[this.#state].includes(state), `a stream socket that is ${this.#state} does not become ${state}`);
    this.#state = state;
  }
}
