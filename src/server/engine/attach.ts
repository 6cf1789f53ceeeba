/** Lets an engine answer its part of the requests of an HTTP server, and leaves all others to whoever was there before. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { knowsOnlyWebSockets } from '../../node-internals/ignored-upgrade.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { UpgradeHead } from '../../protocol/http/upgrade-head.js';
import type { EngineSettings } from '../options/engine-options.js';

/** Node's servers that an engine can be attached to: http, https, and http2 with `allowHTTP1`. */
export type AnyHttpServer = Pick<HttpServer, 'on' | 'once' | 'listeners' | 'removeAllListeners' | 'off'>;

/** What answers. */
export interface RequestTarget {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Answers an upgrade that was read without Node's parser; `false`: it is for `handleUpgrade`, and nothing was done yet. */
  takeUpgrade?(head: UpgradeHead, socket: NetSocket, rest: Buffer): boolean;
  /** Answers a GET for an event stream that was read without Node's parser; `false`: it is for `handleRequest`. */
  takeStream?(head: UpgradeHead, socket: NetSocket): boolean;
}

/** Settings of `attachEngine`. */
export interface AttachSettings extends Pick<EngineSettings, 'clock' | 'destroyUpgrade' | 'destroyUpgradeTimeout'> {
  /** Whether requests for a URL are the target's. */
  readonly takes: (url: string) => boolean;
  readonly nodeInternals: NodeInternals;
  /** Whether WebSockets are accepted at all. */
  readonly acceptsUpgrades: boolean;
}

/** The sockets of upgrades that some target answers. */
const taken = new WeakSet<Duplex>();

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Puts the engine before the server's own request listeners. Gives a function that ends its upgrades; requests still come to the
 * target, which has to refuse them, because a client may send them on connections that outlive the engine.
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
    // No client may send an upgrade then: what is written now would be taken for the earlier answer. RFC 9110, section 7.8.
    const isLate = nodeInternals.hasUnanswered(socket);
    if (!isLate && nodeInternals.ignoreUpgrade(server, request, socket, head)) return;
    if (isDetached) {
      if (!isOurs(request)) return;
      outliveReset(socket);
      endLater(socket, settings);
    } else if (isOurs(request)) {
      // One that its target still thinks over is not to be ended by another that it does not concern.
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
    // Without any listener Node makes a request of an upgrade, which is refused; others may listen on, to whom ours mean nothing.
    if (settings.destroyUpgrade && server.listeners('upgrade').length > 0) server.on('upgrade', onUpgrade);
  };
}

/** The path as a prefix of URLs. */
export function toPrefix(path: string, addTrailingSlash: boolean): string {
  const bare = path.replace(/\/$/, '');
  return addTrailingSlash ? `${bare}/` : bare;
}

/** A socket with what Node's network sockets know besides. */
type Counted = Duplex & { readonly bytesWritten?: number };

/** Ends an upgrade to which nobody has written an answer when its time is over: its client would wait for ever. */
function endLater(socket: Counted, { clock, destroyUpgradeTimeout }: AttachSettings): void {
  // Earlier requests on the same connection may have been answered.
  const bytesBefore = socket.bytesWritten ?? 0;
  const endUnanswered = (): void => {
    if (!socket.writable || taken.has(socket) || (socket.bytesWritten ?? 0) > bytesBefore) return;
    // Nobody reads it any more, so that its peer's end would never be seen, and the server could not close.
    socket.end(() => socket.destroy());
  };
  clock.setTimeout(endUnanswered, destroyUpgradeTimeout, undefined);
}

/**
 * Node has taken its listeners off an upgrade, and whoever is to answer this one may take their time, or not be there at all. A peer that
 * resets the connection meanwhile would bring down the program: an error to which nobody listens is thrown.
 */
function outliveReset(socket: Duplex): void {
  if (!socket.listeners('error').includes(destroy)) socket.on('error', destroy);
}

function destroy(this: Duplex): void {
  this.destroy();
}
