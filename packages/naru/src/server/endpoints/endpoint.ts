/** The contracts of wires and their endpoints: addresses that a server listens on, and paths on its HTTP server. */
import type { Endpoint } from '../../base/node/endpoint.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { RequestTarget } from '../engine/attach.js';
import type { EngineServer } from '../engine/engine-server.js';
import type { BaseServerSettings } from '../options/options.js';
import type { LockAsker } from './endpoint-lock.js';

/** How a server is, for the endpoint that answers load balancers. */
export interface HealthSource {
  /** Returns whether the server is ready for new clients, and why it is not. */
  read(): { readonly isReady: boolean; readonly reasons: readonly string[] };
  /** Looks at the event loop from now on. */
  begin(): void;
}

/** The parts of a server that every endpoint gets. */
export interface EndpointContext {
  /** Keeps the sessions. Endpoints open them with `openSession`. */
  readonly engine: EngineServer;
  readonly namespaces: NamespaceFinder;
  readonly settings: BaseServerSettings;
  /** Tells how the server is. */
  readonly health: HealthSource;
  /** Asks for the lock of an endpoint that processes cannot share. */
  readonly askForLock: LockAsker;
}

/** An address that the server listens on. `io.endpoints` lists them. */
export interface ServerEndpoint {
  /** The requested address, such as `tcp://0.0.0.0:4000`. */
  readonly url: string;
  /** The actual address after `ready` has resolved, in the form of node:net's `address()`. */
  readonly address: unknown;
  /** Resolves when the endpoint listens. Rejects with an UnavailableError that names the address when it cannot. */
  readonly ready: Promise<void>;
  /** Stops accepting clients. Resolves when the address is free. The engine closes the sessions. */
  close(): Promise<void>;
}

/** A further endpoint on the HTTP server, under a path of its own. */
export interface HttpEndpoint extends RequestTarget {
  /** Whether this endpoint answers requests for the URL. */
  takes(url: string): boolean;
  /** Stops accepting clients. */
  close(): void;
}

/**
 * A wire beside those of the engine's own path: a value that the program gives to a server, such as `stomp()`. It has
 * read its own options already.
 */
export interface Wire {
  /** The schemes of its endpoints, each with its default port, or with `undefined` if it has none. */
  readonly schemes: Readonly<Record<string, number | undefined>>;
  /** Opens an endpoint at an address with one of the schemes. */
  open?(endpoint: Endpoint, context: EndpointContext): ServerEndpoint;
  /** Opens its endpoint on the HTTP server. Returns `undefined` when it has none there. */
  openOnHttp?(context: EndpointContext): HttpEndpoint | undefined;
}
