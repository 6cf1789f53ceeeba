/** Takes the requests that other workers pass on, on a Unix socket that is named after the node. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { UnavailableError } from '../../base/errors.js';
import { refuseUpgrade } from '../../transport/websocket/accept.js';
import { restoreFacts } from './client-facts.js';

/** The part of an engine that answers the requests for its sessions. */
export interface SessionTarget {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Bytes of a head. The worker that took the request has checked them by the limit of its own server. */
const HEAD_BYTES_MAX = 1024 * 1024;
/** Links that wait for this worker. The system may allow fewer. */
const BACKLOG = 4_096;

/** Returns the path of a node's socket in the folder of the links. */
export function linkPath(folder: string, node: NodeCode): string {
  return join(folder, `${node}.sock`);
}

/** The socket of one worker. It exists as soon as the constructor returns. */
export class LinkServer {
  readonly #path: string;
  readonly #server: HttpServer;
  /** The connections of clients that other workers have given away. The others on this server are links. */
  readonly #direct = new WeakSet<Duplex>();

  /** Throws the error of the system if no socket can be made at `path`. `target` returns the engine that has the sessions now. */
  constructor(path: string, target: () => SessionTarget) {
    this.#path = path;
    // The worker that took the request has such limits for the client's own connection. A link that ended by itself could cost a request.
    const limits = { maxHeaderSize: HEAD_BYTES_MAX, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
    this.#server = createServer(limits);
    this.#server.maxHeadersCount = 0;
    this.#server.on('request', (request, response) => {
      // A connection that was given away has one upgrade, and no requests.
      if (restoreFacts(request) && !this.#direct.has(request.socket)) target().handleRequest(request, response);
      else response.writeHead(400).end();
    });
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (this.#direct.has(socket) || restoreFacts(request)) target().handleUpgrade(request, socket, head);
      else refuseUpgrade(socket, 400, 'Bad request');
    });
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

  /** Takes the connection of an upgrade that another worker has given away. */
  take(socket: Socket): void {
    this.#direct.add(socket);
    // Node documents this event as the way to pass a connection to an HTTP server.
    this.#server.emit('connection', socket);
  }

  /** Ends all links, and removes the socket. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#path, { force: true });
  }
}
