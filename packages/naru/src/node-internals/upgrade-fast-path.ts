/**
 * Accepts WebSockets and event streams of an HTTP server from the first chunk of their connections, without Node's
 * parser and request. Those are a tenth of the cost of a connect. All but the simplest cases go to Node's own listener
 * unchanged.
 */
import { Buffer } from 'node:buffer';
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { Server as HttpServer, IncomingMessage, maxHeaderSize } from 'node:http';
import { Socket as NetSocket } from 'node:net';
import { nativeTimers, type Timer } from '../base/clock.js';
import { readGetHead, readUpgradeHead, type UpgradeHead } from '../protocol/http/upgrade-head.js';

/** A listener of a server's upgrades that can also take some of them on the fast path. */
export interface UpgradeTaker {
  /** The listener of `upgrade` that takes the others. */
  readonly onUpgrade: (...args: never[]) => void;
  /** Whether an upgrade to this URL is for the taker. */
  isOurs(url: string): boolean;
  /**
   * Takes an upgrade. `rest` are the bytes after its head. Returns `false` and does nothing to leave the upgrade to
   * Node.
   */
  take(head: UpgradeHead, socket: NetSocket, rest: Buffer): boolean;
  /** The listener of `request` that answers other event streams. */
  readonly onRequest?: (...args: never[]) => void;
  /** Takes a GET for an event stream, on the same terms. No bytes follow its head. */
  takeStream?(head: UpgradeHead, socket: NetSocket): boolean;
}

type ConnectionListener = (this: HttpServer, socket: NetSocket) => void;
type AnyListener = (...args: unknown[]) => void;

/**
 * Milliseconds after which a silent connection goes to Node, or twice as many. The timeouts of Node then count from
 * there. A client sends its request right after it has opened the connection, but it may be busy with many others.
 */
const SILENCE_MS = 500;

const paths = new WeakMap<HttpServer, UpgradeFastPath>();

const blankServer = new HttpServer();

/** Node's listener of `connection`, which all its servers share. `undefined` in a runtime that works differently. */
export const nodeListener = blankServer.listeners('connection')[0] as ConnectionListener | undefined;

/**
 * Adds a taker to a server whose connections the fast path can read, and does nothing for others. Returns a function
 * that removes it.
 */
export function addUpgradeTaker(server: object, taker: UpgradeTaker): () => void {
  const path = pathOf(server);
  path?.add(taker);
  return () => path?.remove(taker);
}

function pathOf(server: object): UpgradeFastPath | undefined {
  if (nodeListener === undefined || Object.getPrototypeOf(server) !== HttpServer.prototype) return undefined;
  const httpServer = server as HttpServer;
  const known = paths.get(httpServer);
  if (known !== undefined) return known;
  const listeners = httpServer.rawListeners('connection');
  // Other listeners may read from the connection, and a custom class for requests must see all of them.
  if (listeners.length !== 1 || listeners[0] !== nodeListener || !isOrdinary(httpServer)) return undefined;
  const path = new UpgradeFastPath(httpServer, nodeListener);
  paths.set(httpServer, path);
  return path;
}

/**
 * The fast path of one server. Invariant: a connection that waits here for its first chunk has listeners of the fast
 * path and none of Node's. A connection that was passed to Node has no listeners of the fast path.
 */
class UpgradeFastPath {
  readonly #server: HttpServer;
  readonly #nodeListener: ConnectionListener;
  readonly #shouldUpgrade: unknown;
  readonly #onConnection: ConnectionListener = (socket) => this.#receive(socket);
  readonly #onData: (this: NetSocket, chunk: Buffer) => void;
  readonly #onEnd: (this: NetSocket) => void;
  readonly #onError: (this: NetSocket, error: Error) => void;
  readonly #closeAll: () => void;
  #takers: readonly UpgradeTaker[] = [];
  /** The connections of this span of time. At its end, those of the previous span, in `#waitingLonger`, go to Node. */
  #waiting = new Set<NetSocket>();
  #waitingLonger = new Set<NetSocket>();
  #timer: Timer | undefined;

  /** Replaces Node's listener. */
  constructor(server: HttpServer, listener: ConnectionListener) {
    const path = this;
    this.#server = server;
    this.#nodeListener = listener;
    this.#shouldUpgrade = shouldUpgradeOf(server);
    this.#onData = function (chunk) {
      path.#release(this);
      if (!path.#take(this, chunk)) path.#giveAway(this, 'data', chunk);
    };
    this.#onEnd = function () {
      path.#release(this);
      path.#giveAway(this, 'end');
    };
    this.#onError = function (error) {
      path.#release(this);
      path.#giveAway(this, 'error', error);
    };
    // With this property, `server.listeners('connection')` shows Node's listener and `server.off` accepts it.
    Object.assign(this.#onConnection, { listener });
    replaceListener(server, listener, this.#onConnection);
    // Node closes only the connections that it knows, so it gets all of them first.
    const { closeAllConnections } = server;
    this.#closeAll = () => {
      this.#giveAllAway();
      closeAllConnections.call(server);
    };
    Object.defineProperty(server, 'closeAllConnections', { value: this.#closeAll, configurable: true, writable: true });
  }

  add(taker: UpgradeTaker): void {
    this.#takers = [...this.#takers, taker];
  }

  /** Removes a taker. After the last one, Node's listener is put back. */
  remove(taker: UpgradeTaker): void {
    this.#takers = this.#takers.filter((other) => other !== taker);
    if (this.#takers.length > 0 || paths.get(this.#server) !== this) return;
    paths.delete(this.#server);
    this.#giveAllAway();
    replaceListener(this.#server, this.#onConnection, this.#nodeListener);
    if (this.#server.closeAllConnections === this.#closeAll)
      delete (this.#server as { closeAllConnections?: unknown }).closeAllConnections;
  }

  #receive(socket: NetSocket): void {
    if (!this.#mayLook(socket)) {
      this.#nodeListener.call(this.#server, socket);
      return;
    }
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError);
    this.#waiting.add(socket);
    this.#arm();
  }

  /**
   * Whether a connection is new from the port and used by no other code. Applications may emit `connection` with any
   * stream.
   */
  #mayLook(socket: NetSocket): boolean {
    const server = this.#server;
    return (
      server.listenerCount('connection') === 1 &&
      // Code that replaces `emit` wants to see all events.
      server.emit === EventEmitter.prototype.emit &&
      !server.timeout &&
      this.#takers.length > 0 &&
      socket instanceof NetSocket &&
      (socket as { server?: unknown }).server === server &&
      socket.readableFlowing === null &&
      socket.readableLength === 0 &&
      socket.listenerCount('data') === 0
    );
  }

  #release(socket: NetSocket): void {
    if (!this.#waiting.delete(socket)) this.#waitingLonger.delete(socket);
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError);
  }

  /**
   * Passes an upgrade in a first chunk to a taker. Returns `false` if the chunk is not an upgrade or must go to Node.
   */
  #take(socket: NetSocket, chunk: Buffer): boolean {
    const server = this.#server as HttpServer & { maxHeaderSize?: number; joinDuplicateHeaders?: boolean };
    const bytesMax = server.maxHeaderSize || maxHeaderSize;
    if (chunk[0] !== LETTER_G || socket.listenerCount('data') > 0) return false;
    if (typeof server.maxHeadersCount === 'number' || server.joinDuplicateHeaders) return false;
    // A few frames may follow the head. The text is bounded by the size of a head, so that the search below stays fast.
    const text = chunk.toString('latin1', 0, Math.min(chunk.length, bytesMax - 1));
    if (text.includes(STREAM) && text.length === chunk.length) return this.#takeStream(socket, text);
    const head = readUpgradeHead(text);
    const taker = head && this.#takerOf(head.url);
    if (head === undefined || taker === undefined) return false;
    const size = head.text.length;
    return taker.take(head, socket, size === chunk.length ? NOTHING : chunk.subarray(size));
  }

  /** Passes a GET for an event stream in a first chunk to a taker. */
  #takeStream(socket: NetSocket, text: string): boolean {
    const server = this.#server;
    const head = readGetHead(text);
    if (head?.text.length !== text.length || started.hasSubscribers) return false;
    const taker = this.#takerOf(head.url);
    // Other listeners of `request` must see the request too.
    if (taker?.onRequest === undefined || server.listenerCount('request') !== 1) return false;
    if (server.listenerCount('request', taker.onRequest) !== 1) return false;
    return taker.takeStream?.(head, socket) === true;
  }

  /**
   * Returns the only taker of an upgrade, or `undefined` when several take it or other code listens to upgrades or
   * decides about them.
   */
  #takerOf(url: string): UpgradeTaker | undefined {
    const server = this.#server;
    if (server.listenerCount('upgrade') !== this.#takers.length) return undefined;
    if (shouldUpgradeOf(server) !== this.#shouldUpgrade) return undefined;
    let found: UpgradeTaker | undefined;
    for (const taker of this.#takers) {
      if (server.listenerCount('upgrade', taker.onUpgrade) !== 1) return undefined;
      if (!taker.isOurs(url)) continue;
      if (found !== undefined) return undefined;
      found = taker;
    }
    return found;
  }

  /** Passes a connection to Node's listener, and the event that arrived to the listeners that Node adds. */
  #giveAway(socket: NetSocket, event?: 'data' | 'end' | 'error', argument?: unknown): void {
    const former = event === undefined ? [] : socket.rawListeners(event);
    this.#nodeListener.call(this.#server, socket);
    if (event === undefined) return;
    for (const listener of socket.rawListeners(event) as AnyListener[])
      if (!former.includes(listener)) listener.call(socket, argument);
  }

  #giveAllAway(): void {
    for (const sockets of [this.#waitingLonger, this.#waiting])
      for (const socket of sockets) this.#giveSilentAway(socket);
  }

  #giveSilentAway(socket: NetSocket): void {
    this.#release(socket);
    if (!socket.destroyed) this.#giveAway(socket);
  }

  /** Ends a span of time. The timer calls it. */
  static #endSpan(path: UpgradeFastPath): void {
    path.#timer = undefined;
    for (const socket of path.#waitingLonger) path.#giveSilentAway(socket);
    const emptied = path.#waitingLonger;
    path.#waitingLonger = path.#waiting;
    path.#waiting = emptied;
    if (path.#waitingLonger.size > 0) path.#arm();
  }

  #arm(): void {
    this.#timer ??= nativeTimers.setTimeout(UpgradeFastPath.#endSpan, SILENCE_MS, this);
  }
}

const LETTER_G = 0x47;
const NOTHING = Buffer.alloc(0);
const STREAM = 'transport=sse';

/** The channel on which Node reports requests. */
const started = channel('http.server.request.start');

/** Replaces a listener of `connection`, and keeps its position. */
function replaceListener(server: HttpServer, former: AnyListener | ConnectionListener, next: ConnectionListener): void {
  const listeners = server.rawListeners('connection');
  if (!listeners.includes(former)) return;
  server.removeAllListeners('connection');
  for (const listener of listeners)
    server.on('connection', listener === former ? next : (listener as (socket: NetSocket) => void));
}

/** Whether the server has Node's own class for its requests and Node's own function that decides about upgrades. */
export function isOrdinary(server: HttpServer): boolean {
  const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'IncomingMessage');
  if (symbol === undefined || (server as unknown as Record<symbol, unknown>)[symbol] !== IncomingMessage) return false;
  // Each server has its own copy of this function, so only the source text can be compared.
  return String(shouldUpgradeOf(server)) === String(shouldUpgradeOf(blankServer));
}

/** Returns the function that decides about upgrades, in versions of Node that have this option. */
function shouldUpgradeOf(server: HttpServer): unknown {
  return (server as { shouldUpgradeCallback?: unknown }).shouldUpgradeCallback;
}
