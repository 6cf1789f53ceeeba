/** The contract of endpoints: addresses that a server listens on, and further wires on its HTTP server. */
import type { Endpoint } from '../../base/endpoint.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { RequestTarget } from '../engine/attach.js';
import type { EngineServer } from '../engine/engine-server.js';
import type { ServerSettings } from '../options/options.js';
import type { TurnAsker } from './turns.js';

/** The parts of a server that every endpoint gets. */
export interface EndpointContext {
  /** Keeps the sessions. Endpoints open them with `openSession`. */
  readonly engine: EngineServer;
  readonly namespaces: NamespaceFinder;
  readonly settings: ServerSettings;
  /** Asks for the turn of an endpoint that processes cannot share. */
  readonly askForTurn: TurnAsker;
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

/** Opens an endpoint. */
export type EndpointOpener = (endpoint: Endpoint, context: EndpointContext) => ServerEndpoint;

/** A wire on the HTTP server, under a path of its own. */
export interface HttpEndpoint extends RequestTarget {
  /** Whether this endpoint answers requests for the URL. */
  takes(url: string): boolean;
  /** Stops accepting clients. */
  close(): void;
}
