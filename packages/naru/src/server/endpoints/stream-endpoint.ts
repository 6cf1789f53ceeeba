/** An endpoint of byte streams: listens at an address, with or without TLS, and passes the accepted streams on. */
import { createServer, type ListenOptions, type Server as NetServer, type Socket as NetSocket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { type Endpoint, formatEndpoint } from '../../base/node/endpoint.js';
import { nodeModule } from '../../base/node/modules.js';
import type { HandshakePace } from '../admission/handshake-pace.js';
import { holdSocket } from '../admission/handshake-waits.js';
import { tellTurnedAway } from '../admission/refusals.js';
import type { ServerEndpoint } from './endpoint.js';
import { removeStaleSocket } from './stale-socket.js';

// After this silence the system probes the peer, which finds connections that broke without a sign.
const KEEP_ALIVE_MS = 60_000;

/** Options of an endpoint, with the functions that take or refuse its streams. */
export interface StreamEndpointOptions {
  /** Options of node:tls; `undefined` for streams without encryption. */
  readonly tls: TlsOptions | undefined;
  /** Decides when a stream is taken if many arrive at once. */
  readonly pace: HandshakePace;
  /** Takes a new stream. It allows half-open connections. */
  take(stream: NetSocket): void;
  /** Tells a new stream that the server is full, and ends it. */
  refuse(stream: NetSocket): void;
  /** Called when the endpoint closes. */
  onClose?(): void;
}

/**
 * Returns the options of node:tls for an endpoint with the given scheme. Throws ConfigError if `tls`, the value of
 * `option`, is not set.
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
    `Option "${option}" must be set for "${scheme}://" endpoints. Give { key, cert } as for node:tls.`,
  );
}

/** The endpoint. It listens as soon as it is created. */
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
      this.#server = nodeModule('tls').createServer({ ...options.tls, ...settings });
      this.#server.on('secureConnection', (stream: NetSocket) => this.#receive(stream));
      // Node only reports a handshake that fails or takes too long. It leaves the connection open.
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
    // The address is free at once. The sessions end their connections themselves.
    this.#server.close();
    return Promise.resolve();
  }

  /** Passes a stream on when it has its permit. */
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
    const turnAway = (one: NetSocket): void => {
      tellTurnedAway('crowded', this.url.slice(0, this.url.indexOf(':')), one);
      refuse(one);
    };
    pace.begin({ proceed: settle(take), refuse: settle(turnAway) }, stream);
  }

  async #listen({ scheme, host, port, path }: Endpoint): Promise<void> {
    const where: ListenOptions = scheme === 'unix' ? { path } : host === '' ? { port } : { host, port };
    let failure = await this.#tryAt(where);
    const mayBeStale = scheme === 'unix' && failure?.code === 'EADDRINUSE';
    if (mayBeStale && (await removeStaleSocket(path)) && !this.#isClosed) failure = await this.#tryAt(where);
    if (failure?.code === 'EADDRINUSE')
      throw new UnavailableError('ADDRESS_IN_USE', `${this.url} is in use by another program`, failure);
    if (failure) throw new UnavailableError('IO_FAILED', `Cannot listen on ${this.url}: ${failure.message}`, failure);
  }

  /**
   * Resolves with the system's error if it refuses. Resolves with `undefined` when the endpoint listens, or closes
   * before that.
   */
  #tryAt(where: ListenOptions): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      const onClose = (): void => resolve(undefined);
      this.#server.once('error', resolve).once('close', onClose);
      this.#server.listen(where, () => {
        this.#server.off('error', resolve).off('close', onClose);
        // A later failure to accept, such as a lack of file descriptors, must not end the program. Other clients are
        // still served.
        this.#server.on('error', () => undefined);
        resolve(undefined);
      });
    });
  }
}
