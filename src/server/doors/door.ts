/** The doors by which clients come in besides the engine's own requests: what each is, and what it is given. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../../base/endpoint.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { NamespaceContext } from '../../namespace/context.js';
import type { EngineServer } from '../engine-server.js';
import type { ServerSettings } from '../options.js';

/** What every door is given. */
export interface DoorContext {
  /** Keeps the sessions: `openSession`. */
  readonly engine: EngineServer;
  readonly context: NamespaceContext;
  readonly namespaces: NamespaceFinder;
  readonly settings: ServerSettings;
}

/** A door with an endpoint of its own. */
export interface Door {
  /** The endpoint as it was asked for. */
  readonly endpoint: string;
  /** Where it listens, once `ready` has resolved: as node:net's `address()` has it. */
  readonly address: unknown;
  /** Resolves when it listens; rejects with UnavailableError that names the endpoint when it cannot. */
  readonly ready: Promise<void>;
  /** Takes no more clients; resolves when the endpoint is free. The sessions are the engine's to close. */
  close(): Promise<void>;
}

/** Opens a door. */
export type DoorOpener = (endpoint: Endpoint, context: DoorContext) => Door;

/** A door on the HTTP server, under a path. */
export interface HttpDoor {
  /** Whether a request of this target is the door's. */
  takes(url: string): boolean;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes no more clients. */
  close(): void;
}

/** Makes a door on the HTTP server where the options ask for it. */
export type HttpDoorOpener = (context: DoorContext) => HttpDoor | undefined;
