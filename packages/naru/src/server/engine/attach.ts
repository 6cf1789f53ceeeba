/** Lets an engine answer its requests on an HTTP server, and leaves all others to the server's earlier listeners. */
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConfigError } from '../../base/errors.js';
import { knowsOnlyWebSockets } from '../../node-internals/ignored-upgrade.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { UpgradeHead } from '../../protocol/http/upgrade-head.js';
import type { EngineSettings } from '../options/engine-options.js';

/** Node's servers that an engine can be attached to: http, https, and http2 with `allowHTTP1`. */
export type AnyHttpServer = Pick<HttpServer, 'on' | 'once' | 'listeners' | 'removeAllListeners' | 'off'>;

/** The part of an engine or endpoint that answers requests. */
export interface RequestTarget {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Answers an upgrade that was read without Node's parser. Returns `false` and does nothing when it is for
   * `handleUpgrade`.
   */
  takeUpgrade?(head: UpgradeHead, socket: NetSocket, rest: Buffer): boolean;
  /**
   * Answers a GET for an event stream that was read without Node's parser. Returns `false` when it is for
   * `handleRequest`.
   */
  takeStream?(head: UpgradeHead, socket: NetSocket): boolean;
}

/** Settings of `attachEngine`. */
export interface AttachSettings extends Pick<EngineSettings, 'clock' | 'destroyUpgrade' | 'destroyUpgradeTimeout'> {
  /** Whether the target answers requests for a URL. */
  readonly takes: (url: string) => boolean;
  readonly nodeInternals: NodeInternals;
  /** Whether WebSockets are accepted at all. */
  readonly acceptsUpgrades: boolean;
}

/** The sockets of upgrades that a target answers. */
const taken = new WeakSet<Duplex>();

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Puts the engine before the server's own request listeners. Returns a function that detaches its upgrades. Requests
 * still reach the target, which must refuse them, because clients may send them on connections that outlive the engine.
 */
export function attachEngine(server: AnyHttpServer, target: RequestTarget, settings: AttachSettings): () => void {
  const { takes, nodeInternals } = settings;
  const isOurs = ({ url }: IncomingMessage): boolean => url !== undefined && takes(url);
  let isDetached = false;
  const former = server.listeners('request').slice() as RequestListener[];
  const onRequest: RequestListener = (request, response) => {
    nodeInternals.noteRequest(request, response);
    if (isOurs(request)) target.handleRequest(request, response);
    else for (const listener of former) listener.call(server, request, response);
  };
  const onUpgrade = knowsOnlyWebSockets((request, socket, head) => {
    // A client may not send an upgrade while an earlier answer is due, because it would mistake one response for the
    // other. RFC 9110, section 7.8.
    const isLate = nodeInternals.hasUnanswered(socket);
    if (!isLate && nodeInternals.ignoreUpgrade(server, request, socket, head)) return;
    if (isDetached) {
      if (!isOurs(request)) return;
      outliveReset(socket);
      endLater(socket, settings);
    } else if (isOurs(request)) {
      // Another engine on this server must not end a socket whose target has yet to decide.
      taken.add(socket);
      if (isLate) {
        outliveReset(socket);
        socket.destroy();
      } else target.handleUpgrade(request, socket, head);
    } else {
      outliveReset(socket);
      if (settings.destroyUpgrade) endLater(socket, settings);
    }
  });
  server.removeAllListeners('request');
  server.on('request', onRequest);
  if (!settings.acceptsUpgrades) return () => {};
  nodeInternals.declineUpgrades(server);
  server.on('upgrade', onUpgrade);
  const take = (head: UpgradeHead, socket: NetSocket, rest: Buffer): boolean =>
    target.takeUpgrade?.(head, socket, rest) === true;
  const takeStream = (head: UpgradeHead, socket: NetSocket): boolean => target.takeStream?.(head, socket) === true;
  const removeTaker = nodeInternals.addUpgradeTaker(server, { onUpgrade, onRequest, isOurs: takes, take, takeStream });
  return () => {
    isDetached = true;
    server.off('upgrade', onUpgrade);
    removeTaker();
    // Without listeners, Node treats an upgrade as a request, which is refused. If others still listen, they ignore
    // this engine's upgrades, so this listener ends them.
    if (settings.destroyUpgrade && server.listeners('upgrade').length > 0) server.on('upgrade', onUpgrade);
  };
}

/** Returns the path as a prefix of URLs. */
export function toPrefix(path: string, addTrailingSlash: boolean): string {
  const bare = path.replace(/\/$/, '');
  return addTrailingSlash ? `${bare}/` : bare;
}

/** A socket that may count its bytes, as Node's network sockets do. */
type Counted = Duplex & { readonly bytesWritten?: number };

/** Ends an upgrade that is still unanswered after `destroyUpgradeTimeout`, because its client would wait forever. */
function endLater(socket: Counted, { clock, destroyUpgradeTimeout }: AttachSettings): void {
  // Earlier requests on the same connection may have been answered.
  const bytesBefore = socket.bytesWritten ?? 0;
  const endUnanswered = (): void => {
    if (!socket.writable || taken.has(socket) || (socket.bytesWritten ?? 0) > bytesBefore) return;
    // Nothing reads the socket any more. The end of its peer would never be noticed, and the server could not close.
    socket.end(() => socket.destroy());
  };
  clock.setTimeout(endUnanswered, destroyUpgradeTimeout, undefined);
}

/**
 * Destroys an upgrade's socket when it fails. Node has removed its listeners, and the listener that should answer may
 * be slow or missing. Without this, a peer that resets the connection would end the program with an uncaught error.
 */
function outliveReset(socket: Duplex): void {
  if (!socket.listeners('error').includes(destroy)) socket.on('error', destroy);
}

function destroy(this: Duplex): void {
  this.destroy();
}

/** Returns an HTTP server that listens on a port and answers 404 to the requests that no engine takes. */
export function listenOn(port: number | string): HttpServer {
  const number = Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new ConfigError('BAD_ARGUMENT', `The port must be a whole number from 0 to 65535, got "${port}".`);
  }
  const server = createServer((_request, response) => void response.writeHead(404).end());
  server.listen(number);
  return server;
}
