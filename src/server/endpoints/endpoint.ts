/** The contract of endpoints: the addresses that a server listens on, and the wires beside Engine.IO on its HTTP server. */
import type { Endpoint } from '../../base/endpoint.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { RequestTarget } from '../engine/attach.js';
import type { EngineServer } from '../engine/engine-server.js';
import type { ServerSettings } from '../options/options.js';

/** What every endpoint is given. */
export interface EndpointContext {
  /** Keeps the sessions: `openSession`. */
  readonly engine: EngineServer;
  readonly namespaces: NamespaceFinder;
  readonly settings: ServerSettings;
}

/** An address that the server listens on. `io.endpoints` lists them. */
export interface ServerEndpoint {
  /** The address as it was asked for, such as `tcp://0.0.0.0:4000`. */
  readonly url: string;
  /** Where it listens, once `ready` has resolved: as node:net's `address()` has it. */
  readonly address: unknown;
  /** Resolves when it listens; rejects with an UnavailableError that names the address when it cannot. */
  readonly ready: Promise<void>;
  /** Takes no more clients; resolves when the address is free. The engine closes the sessions. */
  close(): Promise<void>;
}

/** Opens an endpoint. */
export type EndpointOpener = (endpoint: Endpoint, context: EndpointContext) => ServerEndpoint;

/** A wire that is served on the HTTP server, under a path of its own. */
export interface HttpEndpoint extends RequestTarget {
  /** Whether this endpoint answers requests for the URL. */
  takes(url: string): boolean;
  /** Takes no more clients. */
  close(): void;
}
