/** A WebSocket server for applications, which listens on a port of its own or on an existing HTTP server. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, ListenOptions as NetListenOptions } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Bytes, checkedBytes } from '../../../base/bytes.js';
import { Emitter, type NoEvents } from '../../../base/emitter.js';
import { UnavailableError } from '../../../base/errors.js';
import { type Sendable, toBuffer } from '../../../base/node/buffer.js';
import { join } from '../../../base/options/table.js';
import { FIN, OPCODE } from '../../../protocol/websocket/frame.js';
import { parseProtocols } from '../../../protocol/websocket/handshake.js';
import { encodeServerFrame, encodeTextFrame } from '../../frames.js';
import { acceptUpgrade, refuseUpgrade } from '../accept.js';
import { type WebSocketSettings, webSocketSettings, webSocketTable } from '../settings.js';
import {
  type AcceptingOptions,
  acceptingTable,
  type ListeningOptions,
  listeningTable,
  type Refused,
} from './options.js';
import { Connection, type MessageOptions } from './public-connection.js';

/**
 * The target of `listen`: a port, Node's listen options, or an existing HTTP server. `path` is the same as in the
 * options.
 */
export type ListenTarget =
  | number
  | (NetListenOptions & { server?: undefined })
  | HttpServer
  | HttpsServer
  | { server: HttpServer | HttpsServer; path?: string };

/** The events of a server, with the arguments of their listeners. */
export interface ServerEvents {
  /** A connection is open. Its messages are delivered after this turn. */
  connection: (connection: Connection, request: IncomingMessage) => void;
  /** The server listens. */
  listening: () => void;
  /** The server cannot listen, or `verify` threw an error. */
  error: (error: Error) => void;
  /** The server has stopped accepting connections. */
  close: () => void;
}

const LISTENING = join(join(webSocketTable, acceptingTable), listeningTable);

/** The paths of servers by their `upgrade` listeners. They tell which requests such a listener leaves to others. */
const pathOfListener = new WeakMap<object, string>();

/** Accepts connections on an HTTP server. Invariant: `clients` contains exactly the connections that are not over. */
export class WebSocketServer extends Emitter<NoEvents, ServerEvents> {
  readonly #options: ListeningOptions;
  readonly #settings: WebSocketSettings;
  readonly #http: HttpServer | HttpsServer;
  readonly #isOwn: boolean;
  readonly #path: string | undefined;
  readonly #clients = new Set<Connection>();
  /** The sockets about which `verify` decides. */
  readonly #verifying = new Set<Duplex>();
  #isClosed = false;

  constructor(target: ListenTarget, options: ListeningOptions = {}) {
    super();
    this.#options = options;
    this.#settings = webSocketSettings(options, LISTENING);
    const existing = serverOf(target);
    this.#isOwn = existing === undefined;
    this.#http = existing ?? createServer(requireUpgrade);
    const inTarget = typeof target === 'object' && 'path' in target && existing !== undefined ? target.path : undefined;
    this.#path = options.path ?? inTarget;
    if (this.#path !== undefined) pathOfListener.set(this.#onUpgrade, this.#path);
    this.#http.on('upgrade', this.#onUpgrade).on('listening', this.#onListening);
    this.#http.on('error', this.#onError).on('close', this.#onClose);
    if (this.#isOwn) this.#http.listen(typeof target === 'number' ? { port: target } : (target as NetListenOptions));
  }

  /** The connections that are not over. */
  get clients(): ReadonlySet<Connection> {
    return this.#clients;
  }

  /** The number of connections that are not over. */
  get clientsCount(): number {
    return this.#clients.size;
  }

  /** Returns the address that the server listens on: a string for a pipe, `null` if it does not listen. */
  address(): AddressInfo | string | null {
    return this.#http.address();
  }

  /** Resolves when the server listens. Rejects with an UnavailableError if it cannot. */
  async ready(): Promise<void> {
    if (this.#http.listening) return;
    await once(this.#http, 'listening').catch((cause: NodeJS.ErrnoException) => {
      throw listenError(cause);
    });
  }

  /**
   * Sends one message, encoded once, to all open connections except those in `except`. Throws the errors of a
   * connection's `send`.
   */
  broadcast(message: Sendable, options?: MessageOptions & { except?: Connection | ReadonlySet<Connection> }): void {
    const except = options?.except;
    // Invalid data is an error even without connections.
    const data = typeof message === 'string' ? message : checkedBytes(message);
    const isBinary = options?.binary ?? typeof data !== 'string';
    let frame: Buffer | undefined;
    for (const client of this.#clients) {
      if (client === except || (except instanceof Set && except.has(client))) continue;
      // A compressed message depends on the connection's earlier messages, so it cannot be shared.
      if (client.compresses && options?.compress !== false) client.send(data, options);
      else {
        frame ??= encodeFor(data, isBinary);
        client.sendEncoded(frame);
      }
    }
  }

  /**
   * Accepts the request of an `upgrade` event as if it had arrived at this server. For applications that route requests
   * themselves.
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): Connection | undefined {
    if (this.#isClosed || this.#clients.size >= (this.#options.connectionsMax ?? Number.POSITIVE_INFINITY)) {
      refuseUpgrade(socket, 503, 'no more connections are accepted');
      return undefined;
    }
    const connection = acceptWith(request, socket, head, this.#settings, this.#options, this.#onGone);
    if (connection === undefined) return undefined;
    this.#clients.add(connection);
    this.emitLocal('connection', connection, request);
    return connection;
  }

  /**
   * Stops accepting connections. Open ones stay open. Resolves and calls `callback` after its own HTTP server, if any,
   * has stopped.
   */
  close(callback?: () => void): Promise<void> {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    const http = this.#http;
    http.off('upgrade', this.#onUpgrade).off('listening', this.#onListening);
    return new Promise((resolve) => {
      const onClosed = (): void => {
        http.off('error', this.#onError).off('close', this.#onClose);
        if (!wasClosed) this.emitLocal('close');
        callback?.();
        resolve();
      };
      if (this.#isOwn && http.listening) http.close(onClosed);
      else onClosed();
    });
  }

  /** Stops accepting connections, and closes the open ones with this code. Resolves when all are over. */
  async shutdown(code = 1001, reason = ''): Promise<void> {
    const closed = this.close();
    const clients = [...this.#clients];
    const gone = clients.map((client) => new Promise<void>((resolve) => client.once('close', () => resolve())));
    for (const client of clients) client.close(code, reason);
    await Promise.all(gone);
    await closed;
  }

  override off<Name extends keyof ServerEvents>(name?: Name, listener?: ServerEvents[Name]): this {
    return super.off(name, listener);
  }

  readonly #onGone = (connection: Connection): void => void this.#clients.delete(connection);

  readonly #onListening = (): void => void this.emitLocal('listening');

  readonly #onError = (cause: NodeJS.ErrnoException): void => {
    const error = listenError(cause);
    // As in Node, the error is thrown when nothing listens for it: neither here, nor on the HTTP server, nor in
    // `ready`.
    if (!this.emitLocal('error', error) && this.#http.listenerCount('error') === 1) throw error;
  };

  readonly #onClose = (): void => {
    if (!this.#isOwn) void this.close();
  };

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (this.#path !== undefined && pathOf(request) !== this.#path) {
      if (this.#answersForAll(request)) refuseUpgrade(socket, 404, 'there is no WebSocket at this path');
      // Another listener may answer later. Until then, an error of the socket must not end the program.
      else socket.on('error', destroy);
      return;
    }
    const { verify, connectionsMax = Number.POSITIVE_INFINITY } = this.#options;
    if (verify === undefined) this.accept(request, socket, head);
    else if (this.#verifying.size + this.#clients.size >= connectionsMax) {
      refuseUpgrade(socket, 503, 'no more connections are accepted');
    } else void this.#verify(verify, request, socket, head);
  };

  /**
   * Whether this server has to refuse a request: its listener is the first of the HTTP server, and all others have a
   * different path.
   */
  #answersForAll(request: IncomingMessage): boolean {
    const [first, ...others] = this.#http.listeners('upgrade');
    if (first !== this.#onUpgrade) return false;
    // A listener of other code may know any path.
    return others.every((listener) => pathOfListener.has(listener) && pathOfListener.get(listener) !== pathOf(request));
  }

  async #verify(
    verify: NonNullable<ListeningOptions['verify']>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    // Without a listener, an error of the socket would end the program while `verify` decides.
    // A client that leaves meanwhile makes room for others, even if `verify` never decides.
    const forget = (): void => void this.#verifying.delete(socket);
    socket.on('error', destroy).on('end', destroy).on('close', forget);
    this.#verifying.add(socket);
    let verdict: boolean | Refused;
    try {
      verdict = await verify(request);
    } catch (error) {
      verdict = { status: 500 };
      this.emitLocal('error', error);
    }
    forget();
    socket.off('error', destroy).off('end', destroy).off('close', forget);
    if (socket.destroyed) return;
    if (verdict === true) this.accept(request, socket, head);
    else {
      const { status, reason = 'the request was refused', headers } = verdict === false ? { status: 401 } : verdict;
      refuseUpgrade(socket, status, reason, headers);
    }
  }
}

/** Accepts a request like `acceptUpgrade`, and returns a Connection. */
export function acceptWith(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  settings: WebSocketSettings,
  options: AcceptingOptions,
  onClosed?: (connection: Connection) => void,
): Connection | undefined {
  let { protocols } = options;
  const offer = request.headers['sec-websocket-protocol'];
  if (options.selectProtocol !== undefined && offer !== undefined) {
    const selected = options.selectProtocol(parseProtocols(offer) ?? [], request);
    protocols = selected === undefined ? undefined : [selected];
  }
  const { headers } = options;
  const accepted = acceptUpgrade(request, socket, head, settings, Connection.handler, { protocols, headers });
  return accepted === undefined ? undefined : new Connection(accepted, onClosed);
}

function requireUpgrade(_request: IncomingMessage, response: ServerResponse): void {
  const body = 'this is a WebSocket server\n';
  const upgrade = { Upgrade: 'websocket', Connection: 'Upgrade' };
  response.writeHead(426, { 'Content-Type': 'text/plain', 'Content-Length': body.length, ...upgrade });
  response.end(body);
}

function serverOf(target: ListenTarget): HttpServer | HttpsServer | undefined {
  if (typeof target === 'number') return undefined;
  if ('server' in target && target.server !== undefined) return target.server;
  return 'on' in target && typeof target.on === 'function' ? (target as HttpServer) : undefined;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] as string;
}

function encodeFor(data: string | Bytes, isBinary: boolean): Buffer {
  if (typeof data === 'string' && !isBinary) return encodeTextFrame(data);
  return encodeServerFrame(FIN | (isBinary ? OPCODE.binary : OPCODE.text), toBuffer(data));
}

function listenError(cause: NodeJS.ErrnoException): UnavailableError {
  const code = cause.code === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'IO_FAILED';
  return new UnavailableError(code, `the server cannot listen: ${cause.message}`, cause);
}

function destroy(this: Duplex): void {
  this.destroy();
}
