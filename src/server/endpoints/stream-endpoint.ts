/** An endpoint of byte streams: listens at an address, with TLS or without, and hands on what it accepts. */
import { createServer, type ListenOptions, type Server as NetServer, type Socket as NetSocket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import type { HandshakePace } from '../admission/handshake-pace.js';
import { holdSocket } from '../admission/handshake-waits.js';
import type { ServerEndpoint } from './endpoint.js';
import { removeStaleSocket } from './stale-socket.js';

// The system asks after a peer that has been silent for so long, which finds cables that were pulled.
const KEEP_ALIVE_MS = 60_000;

/** What an endpoint does with its streams. */
export interface StreamEndpointOptions {
  /** Options of node:tls, where streams are encrypted. */
  readonly tls: TlsOptions | undefined;
  /** Whose turn it is, where many streams come at once. */
  readonly pace: HandshakePace;
  /** Takes a new stream, which allows half-open connections. */
  take(stream: NetSocket): void;
  /** Says to a new stream that there is no place for it, and ends it. */
  refuse(stream: NetSocket): void;
  /** The endpoint closes. */
  onClose?(): void;
}

/**
 * The options of node:tls for an endpoint with the given scheme, out of the value of `option`. Throws ConfigError where that is not set.
 */
export function tlsOf(
  scheme: string,
  option: string,
  tls: TlsOptions | undefined,
  handshakeTimeout: number,
): TlsOptions {
  if (tls) return { handshakeTimeout, ...tls };
  throw new ConfigError(
    'BAD_OPTION',
    `the option "${option}" is not set, and "${scheme}://" needs it; give { key, cert } as node:tls takes them`,
  );
}

/** Listens from its making on. */
export class StreamEndpoint implements ServerEndpoint {
  readonly url: string;
  readonly ready: Promise<void>;
  readonly #server: NetServer;
  readonly #options: StreamEndpointOptions;
  #isClosed = false;

  constructor(endpoint: Endpoint, options: StreamEndpointOptions) {
    this.url = formatEndpoint(endpoint);
    this.#options = options;
    const settings = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    if (options.tls) {
      this.#server = createTlsServer({ ...options.tls, ...settings });
      this.#server.on('secureConnection', (stream: NetSocket) => this.#receive(stream));
      // Node only tells of a handshake that takes too long, and leaves the connection open.
      this.#server.on('tlsClientError', (_error: Error, stream: NetSocket) => stream.destroy());
    } else {
      this.#server = createServer(settings, (stream) => this.#receive(stream));
    }
    this.ready = this.#listen(endpoint);
  }

  get address(): unknown {
    return this.#server.address();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#options.onClose?.();
    // The endpoint is free at once; that connections end is a matter of their sessions.
    this.#server.close();
    return Promise.resolve();
  }

  /** Hands a stream on when it is its turn. */
  #receive(stream: NetSocket): void {
    const { pace, take, refuse } = this.#options;
    if (pace.tryBegin()) {
      take(stream);
      return;
    }
    const release = holdSocket(stream);
    const settle = (next: (stream: NetSocket) => void) => (): void => {
      release();
      next(stream);
    };
    pace.begin({ proceed: settle(take), refuse: settle(refuse) }, stream);
  }

  async #listen({ scheme, host, port, path }: Endpoint): Promise<void> {
    const where: ListenOptions = scheme === 'unix' ? { path } : host === '' ? { port } : { host, port };
    let failure = await this.#tryAt(where);
    const mayBeStale = scheme === 'unix' && failure?.code === 'EADDRINUSE';
    if (mayBeStale && (await removeStaleSocket(path)) && !this.#isClosed) failure = await this.#tryAt(where);
    if (failure) throw this.#failure(failure);
  }

  /** Resolves with why the system refuses, where it does; with nothing as well when the endpoint is closed before it listens. */
  #tryAt(where: ListenOptions): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      const onClose = (): void => resolve(undefined);
      this.#server.once('error', resolve).once('close', onClose);
      this.#server.listen(where, () => {
        this.#server.off('error', resolve).off('close', onClose);
        // What goes wrong with accepting later, no more file descriptors say, ends no program: others are still served.
        this.#server.on('error', () => undefined);
        resolve(undefined);
      });
    });
  }

  #failure(cause: NodeJS.ErrnoException): UnavailableError {
    return cause.code === 'EADDRINUSE'
      ? new UnavailableError('ADDRESS_IN_USE', `${this.url} is in use by another program`, cause)
      : new UnavailableError('IO_FAILED', `${this.url} cannot be listened at: ${cause.message}`, cause);
  }
}
