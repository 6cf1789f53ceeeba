/** The listening end of stream sockets: holds an address, and delivers the connections that arrive there. */
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { devNull } from 'node:os';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import {
  ConfigError,
  count,
  type Endpoint,
  fn,
  formatEndpoint,
  isNaruError,
  type OptionsOf,
  options,
  readOptions,
  UnavailableError,
} from 'naru/base';
import { Inbox } from '../datagram/inbox.js';
import { abortError, closedError, failureOf } from '../failures.js';
import { iterate } from '../iterate.js';
import type { StreamSettings, WaitOptions } from '../options.js';
import { endpointOf } from '../places.js';
import { reset } from './reset.js';

/** The table of the options for listening. */
export const listenTable = options('', {
  /**
   * Connections that may wait for `accept`, including those in a TLS handshake. One more is closed at once.
   * @default 511 (positive whole number, at most 65535)
   */
  backlog: count(511, { max: 65_535 }),
  /**
   * Called for each connection that is lost before `accept` takes it: with BUFFER_FULL (the backlog was full),
   * NO_DESCRIPTORS, or CONNECT_FAILED (its TLS handshake failed). @default not reported
   */
  onLost: fn<(error: UnavailableError) => void>(),
});

/** Options for listening. */
export interface ListenOptions extends OptionsOf<typeof listenTable> {}

/** Makes the result of `accept` from one of Node's connected sockets. */
type Adopt<Accepted> = (socket: Socket, endpoint: Endpoint) => Accepted;

/**
 * Accepts connections at one address, from `listen` until `close`. Before `listen` it only holds the address, and
 * resets new connections. A connection that fails does not stop the others. The listener closes a connection that would
 * take the last file descriptor, and `accept` rejects once with NO_DESCRIPTORS. This way the system drops no connection
 * silently, as far as this process can see.
 */
export class StreamListener<Accepted> implements AsyncIterable<Accepted>, AsyncDisposable {
  readonly #server: Server;
  readonly #endpoint: Endpoint;
  readonly #adopt: Adopt<Accepted>;
  readonly #inbox = new Inbox<Socket>();
  readonly #settings: StreamSettings;
  #tls: TlsServer | undefined;
  #shakingCount = 0;
  #backlog = 0;
  #onLost: ListenOptions['onLost'];

  private constructor(server: Server, given: Endpoint, settings: StreamSettings, adopt: Adopt<Accepted>) {
    this.#server = server;
    this.#endpoint = boundEndpoint(server, given);
    this.#adopt = adopt;
    this.#settings = settings;
    server.on('connection', (socket: Socket) => this.#onConnection(socket));
    server.on('error', (cause) => this.#lose(failureOf('accept', this.#where, cause)));
  }

  /** Holds an address for a listener, or for a socket that will connect from there. For `StreamSocket.bind`. */
  static async hold<Accepted>(
    given: Endpoint,
    settings: StreamSettings,
    adopt: Adopt<Accepted>,
    signal?: AbortSignal,
  ): Promise<StreamListener<Accepted>> {
    const { noDelay, keepAliveMs } = settings;
    const server = createServer({
      allowHalfOpen: true,
      noDelay,
      keepAlive: keepAliveMs > 0,
      keepAliveInitialDelay: keepAliveMs,
    });
    await listenAt(server, given, signal);
    return new StreamListener(server, given, settings, adopt);
  }

  /** The address of the listener, with the actual port if 0 was given. */
  get localEndpoint(): Endpoint {
    return this.#endpoint;
  }

  /** Starts to accept connections. For `StreamSocket.listen`. */
  start(given?: ListenOptions): void {
    const { backlog, onLost } = readOptions(listenTable, given);
    if (this.#endpoint.scheme === 'tls') this.#tls = this.#createTls(this.#settings);
    this.#backlog = backlog;
    this.#onLost = onLost;
  }

  /**
   * Resolves with the next connection; several callers are served in order. Rejects with NO_DESCRIPTORS when a
   * connection found no file descriptor, with TIMEOUT or ABORTED when `signal` is aborted (no connection is lost by
   * that), and with CLOSED after `close`.
   */
  async accept({ signal }: WaitOptions = {}): Promise<Accepted> {
    const socket = await this.#inbox.take(`accept at ${this.#where}`, signal);
    if (socket === null) throw closedError(`accept at ${this.#where}`);
    socket.off('error', ignore);
    return this.#adopt(socket, this.#endpoint);
  }

  /**
   * Iterates over the connections until the listener is closed. A lost connection does not end the loop; `onLost`
   * reports it.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Accepted> {
    const next = (): Promise<Accepted> =>
      this.accept().catch((error: unknown) => {
        if (isNaruError(error, 'UnavailableError') && error.code === 'NO_DESCRIPTORS') return next();
        throw error;
      });
    return iterate(next);
  }

  /** Releases the address at once and closes the connections that wait for `accept`. Accepted connections stay open. */
  async close(): Promise<void> {
    this.#server.close();
    this.#tls?.close();
    for (const socket of this.#inbox.abandon(closedError(`accept at ${this.#where}`))) socket.destroy();
  }

  /** Closes the listener at the end of an `await using`, as `close` does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #where(): string {
    return formatEndpoint(this.#endpoint);
  }

  #onConnection(socket: Socket): void {
    // Before `accept`, nobody else listens for errors. The first call on the accepted socket reports them.
    socket.on('error', ignore);
    const full = `${this.#where}: ${this.#backlog} connections already wait for accept`;
    if (this.#backlog === 0 || this.#inbox.isOver) reset(socket);
    else if (this.#inbox.count + this.#shakingCount >= this.#backlog + this.#inbox.waiterCount) {
      reset(socket);
      this.#onLost?.(new UnavailableError('BUFFER_FULL', full));
    } else {
      const shortage = findShortage(this.#where);
      if (shortage === undefined) this.#admit(socket);
      else {
        reset(socket);
        this.#lose(shortage);
      }
    }
  }

  #admit(socket: Socket): void {
    if (this.#tls === undefined) this.#inbox.put(socket);
    else {
      this.#shakingCount += 1;
      // Node documents this event as the way to pass a connection to its TLS server.
      this.#tls.emit('connection', socket);
    }
  }

  #lose(error: UnavailableError): void {
    if (this.#inbox.isOver) return;
    this.#inbox.trouble(error);
    this.#onLost?.(error);
  }

  #createTls(settings: StreamSettings): TlsServer {
    const server = createTls(this.#endpoint, settings);
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#shakingCount -= 1;
      socket.on('error', ignore);
      if (this.#inbox.isOver) socket.destroy();
      else this.#inbox.put(socket);
    });
    server.on('tlsClientError', (cause: Error, socket: TLSSocket) => {
      this.#shakingCount -= 1;
      socket.destroy();
      const text = `a TLS handshake at ${this.#where} failed (${cause.message})`;
      if (!this.#inbox.isOver) this.#onLost?.(new UnavailableError('CONNECT_FAILED', text, cause));
    });
    return server;
  }
}

async function listenAt(server: Server, given: Endpoint, signal: AbortSignal | undefined): Promise<void> {
  const where = formatEndpoint(given);
  const { host, port, path } = given;
  const at = given.scheme === 'unix' ? { path } : { host: host === '' ? undefined : host, port };
  try {
    signal?.throwIfAborted();
    const listening = once(server, 'listening', { signal });
    server.listen({ ...at, backlog: SYSTEM_BACKLOG, exclusive: true });
    await listening;
  } catch (cause) {
    if (!signal?.aborted) throw failureOf('bind', where, cause);
    server.close();
    throw abortError(`bind to ${where}`, signal);
  }
}

function boundEndpoint(server: Server, given: Endpoint): Endpoint {
  const address = server.address();
  if (address === null || typeof address === 'string') return given;
  return endpointOf(given.scheme, given.host === '' ? '' : address.address, address.port);
}

/**
 * Returns an error when a connection has taken the last file descriptor. Without this check nobody would know: when
 * none is left, libuv accepts new connections and closes them silently. The check costs 3 µs.
 */
function findShortage(where: string): UnavailableError | undefined {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (cause) {
    return failureOf('accept', where, cause);
  }
}

/**
 * Creates Node's TLS server for a listener. Throws a ConfigError when the option `tls` lacks a certificate or is
 * invalid.
 */
function createTls(endpoint: Endpoint, { tls }: StreamSettings): TlsServer {
  const where = formatEndpoint(endpoint);
  const { key, cert, pfx, SNICallback } = tls;
  if ((key === undefined || cert === undefined) && (pfx ?? SNICallback) === undefined) {
    const fix = 'give tls: { key, cert } or { pfx }';
    throw new ConfigError('BAD_OPTION', `option "tls" has no certificate for the listener at ${where}: ${fix}`);
  }
  try {
    return createTlsServer({ handshakeTimeout: HANDSHAKE_TIMEOUT_MS, ...tls });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ConfigError('BAD_OPTION', `option "tls" is invalid at ${where}: ${said}`);
  }
}

function ignore(): void {}

/** Connections that the system queues before this process sees them. */
const SYSTEM_BACKLOG = 511;

/** Milliseconds for a TLS handshake, unless the option `tls` sets its own. Node's default is two minutes. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
