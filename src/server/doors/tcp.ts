/** The doors of byte streams: `tcp://`, `tls://` and `unix:` endpoints, each for programs and people on one port. */
import { createServer, type ListenOptions, type Server as NetServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Endpoint, formatEndpoint } from '../../base/endpoint.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import type { Door, DoorContext } from './door.js';
import { removeStaleSocket } from './stale-socket.js';
import { StreamAcceptor } from './stream-acceptor.js';
import type { TcpOptions } from './tcp-options.js';

// The system asks after a peer that has been silent for so long, which finds cables that were pulled.
const KEEP_ALIVE_MS = 60_000;

/** Opens a door at an endpoint. Throws ConfigError for `tls://` without a key. */
export function openTcpDoor(endpoint: Endpoint, options: TcpOptions | undefined, context: DoorContext): Door {
  return new TcpDoor(endpoint, options?.tls, context);
}

class TcpDoor implements Door {
  readonly endpoint: string;
  readonly ready: Promise<void>;
  readonly #server: NetServer;
  readonly #acceptor: StreamAcceptor;
  #isClosed = false;

  constructor(endpoint: Endpoint, tls: TcpOptions['tls'], context: DoorContext) {
    this.endpoint = formatEndpoint(endpoint);
    this.#acceptor = new StreamAcceptor(context);
    const settings = {
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    };
    if (endpoint.scheme === 'tls') {
      if (!tls) {
        throw new ConfigError(
          'BAD_OPTION',
          'the option "tcp.tls" is not set, and "tls://" needs it; give { key, cert } as node:tls takes them',
        );
      }
      const { handshakeTimeout } = context.settings;
      this.#server = createTlsServer({ handshakeTimeout, ...tls, ...settings });
      this.#server.on('secureConnection', (stream) => this.#acceptor.take(stream));
    } else {
      this.#server = createServer(settings, (stream) => this.#acceptor.take(stream));
    }
    this.ready = this.#listen(endpoint);
  }

  get address(): unknown {
    return this.#server.address();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#acceptor.close();
    // The endpoint is free at once; that connections end is a matter of their sessions.
    this.#server.close();
    return Promise.resolve();
  }

  async #listen({ scheme, host, port, path }: Endpoint): Promise<void> {
    const where: ListenOptions = scheme === 'unix' ? { path } : host === '' ? { port } : { host, port };
    let failure = await this.#tryAt(where);
    const mayBeStale = scheme === 'unix' && failure?.code === 'EADDRINUSE';
    if (mayBeStale && (await removeStaleSocket(path)) && !this.#isClosed) failure = await this.#tryAt(where);
    if (failure) throw this.#failure(failure);
  }

  /** Resolves with why the system refuses, where it does. */
  #tryAt(where: ListenOptions): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      this.#server.once('error', resolve);
      this.#server.listen(where, () => {
        this.#server.off('error', resolve);
        // What goes wrong with accepting later, no more file descriptors say, ends no program: others are still served.
        this.#server.on('error', () => undefined);
        resolve(undefined);
      });
    });
  }

  #failure(cause: NodeJS.ErrnoException): UnavailableError {
    return cause.code === 'EADDRINUSE'
      ? new UnavailableError('ADDRESS_IN_USE', `${this.endpoint} is in use by another program`, cause)
      : new UnavailableError('IO_FAILED', `${this.endpoint} cannot be listened at: ${cause.message}`, cause);
  }
}
