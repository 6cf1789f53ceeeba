/**
 * Takes the requests that other nodes pass on: on a Unix socket from other workers, with a key from other machines, or
 * as bytes by talk.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Bytes } from '../../base/bytes.js';
import { UnavailableError } from '../../base/errors.js';
import { nodeModule } from '../../base/node/modules.js';
import { refuseUpgrade } from '../../transport/websocket/accept.js';
import type { RequestTarget } from '../engine/attach.js';
import type { LinkAddress } from '../options/links-options.js';
import { restoreFacts } from './client-facts.js';
import { SILENCE_MS } from './dial.js';
import { MemoryConnection } from './memory-connection.js';
import { type LinkKeys, listeningOptions } from './pre-shared-key.js';

/** The place at which a server takes links from other machines. */
export interface MachineEnd extends LinkAddress {
  /** The keys that the other machines may have. */
  readonly keys: LinkKeys;
}

/** Bytes of a head. The node that took the request has checked them by the limit of its own server. */
const HEAD_BYTES_MAX = 1024 * 1024;
/** Links that wait for this node. The system may allow fewer. */
const BACKLOG = 4_096;
/** Links from other machines. Beyond that, they are closed, and the requests are refused where they came in. */
const LINKS_MAX = 100_000;
/** Milliseconds in which another machine must prove that it has a key. */
const PROOF_MS = 5_000;

/**
 * The node that took the request has such limits for the client's own connection. A link that ended by itself could
 * cost a request.
 */
const LIMITS = { maxHeaderSize: HEAD_BYTES_MAX, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 } as const;

/** Returns the path of a node's socket in the folder of the links. */
export function linkPath(folder: string, node: NodeCode): string {
  return join(folder, `${node}.sock`);
}

/** The end of the links to one node. A Unix socket exists as soon as the constructor returns. */
export class LinkServer {
  /** Resolves when it listens. Rejects with UnavailableError if it cannot. */
  readonly ready: Promise<void>;
  readonly #path: string | undefined;
  readonly #server: HttpServer;
  readonly #isForMachines: boolean;
  /**
   * The connections of clients that other workers have given away, until their upgrade. The others on this server are
   * links.
   */
  readonly #direct = new WeakSet<Duplex>();
  /** The connections of requests that came as bytes, by the names of the requests. */
  readonly #named = new Map<string, MemoryConnection>();
  /** The requests that have not been answered. */
  readonly #responses = new Set<ServerResponse>();
  #isStopping = false;

  /**
   * Throws UnavailableError if no Unix socket can be made at a path. Without a place, requests come as bytes only.
   * `target` returns the engine that has the sessions now. `onRefused` is told of connections from other machines that
   * do not prove that they have a key.
   */
  constructor(
    place: { readonly path: string } | MachineEnd | undefined,
    target: () => RequestTarget,
    onRefused?: (error: Error, from: string) => void,
  ) {
    this.#path = place && 'path' in place ? place.path : undefined;
    const machine = place && !('path' in place) ? place : undefined;
    this.#isForMachines = machine !== undefined;
    this.#server = machine ? createForMachines(machine, onRefused) : createServer(LIMITS);
    this.#server.maxHeadersCount = 0;
    this.#server.on('request', (request, response) => {
      this.#responses.add(response);
      response.once('close', () => this.#responses.delete(response));
      if (this.#isStopping) response.shouldKeepAlive = false;
      // The bytes of the answer are complete then.
      if (request.socket instanceof MemoryConnection) response.once('finish', () => request.socket.end());
      // A connection that was given away has one upgrade, and no requests.
      if (restoreFacts(request) && !this.#direct.has(request.socket)) target().handleRequest(request, response);
      else response.writeHead(400).end();
    });
    this.#server.on('upgrade', (request, socket, head) => {
      // One function for all, because it stays as long as the session.
      socket.on('error', destroy);
      if (this.#direct.delete(socket) || restoreFacts(request)) target().handleUpgrade(request, socket, head);
      else refuseUpgrade(socket, 400, 'Bad request');
    });
    if (place && 'path' in place) this.#listenAt(place.path);
    this.ready = place && !('path' in place) ? this.#listenOn(place) : Promise.resolve();
  }

  /**
   * Answers a request that came as bytes. Calls back once, with the bytes of the answer, or with `undefined` without a
   * whole one. `name` is another one for each request.
   */
  answer(name: string, request: Bytes, answered: (answer: Bytes | undefined) => void): void {
    const connection = new MemoryConnection();
    this.#named.set(name, connection);
    connection.once('finish', () => connection.destroy());
    connection.once('close', () => {
      this.#named.delete(name);
      answered(connection.writableFinished ? connection.written : undefined);
    });
    connection.push(request);
    // A server with keys would begin an encrypted connection with the other event.
    this.#server.emit(this.#isForMachines ? 'secureConnection' : 'connection', connection);
  }

  /** Ends a request that came as bytes, because its client has gone. */
  drop(name: string): void {
    this.#named.get(name)?.destroy();
  }

  /** Takes the connection of an upgrade that another worker has given away. */
  take(socket: Socket): void {
    this.#direct.add(socket);
    // Node documents this event as the way to pass a connection to an HTTP server.
    this.#server.emit('connection', socket);
  }

  /** Takes no new links any more. Those that are open end with the next answer. */
  stopListening(): void {
    this.#isStopping = true;
    for (const response of this.#responses) response.shouldKeepAlive = false;
    // The method of HTTP would cut idle links, on which a request may be on its way.
    NetServer.prototype.close.call(this.#server);
  }

  /** Ends all links, and removes the socket. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const connection of this.#named.values()) connection.destroy();
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }

  #listenAt(path: string): void {
    let failure: Error | undefined;
    this.#server.on('error', (error) => {
      failure = error;
    });
    // Without `exclusive`, the primary would listen instead of this worker, and each worker would get the links of all.
    this.#server.listen({ path, exclusive: true, backlog: BACKLOG });
    if (!this.#server.listening) {
      throw new UnavailableError(
        'IO_FAILED',
        `the worker has no link, because no socket can be made at ${path}`,
        failure,
      );
    }
    chmodSync(path, 0o600);
  }

  #listenOn({ host, port }: MachineEnd): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.on('error', (error) => {
        const what = `the server cannot listen for links at ${host}, port ${port}`;
        reject(new UnavailableError('IO_FAILED', `${what}: ${error.message}`, error));
      });
      this.#server.listen({ host, port, backlog: BACKLOG }, resolve);
    });
  }
}

function createForMachines({ keys }: MachineEnd, onRefused?: (error: Error, from: string) => void): HttpServer {
  const isAlive = { noDelay: true, keepAlive: true, keepAliveInitialDelay: SILENCE_MS };
  const server = nodeModule('https').createServer({
    ...LIMITS,
    ...isAlive,
    ...listeningOptions(keys),
    handshakeTimeout: PROOF_MS,
  });
  server.maxConnections = LINKS_MAX;
  server.on('tlsClientError', (error, socket) => onRefused?.(error, socket.remoteAddress ?? 'an unknown address'));
  return server;
}

function destroy(this: Duplex): void {
  this.destroy();
}
