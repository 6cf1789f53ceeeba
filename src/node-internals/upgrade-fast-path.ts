/**
 * Accepts the WebSockets of a plain HTTP server from the first chunk of their connections, without a parser and a request of Node's,
 * which are a tenth of what a connect costs. Whatever is not the plainest case goes to Node's own listener, as if nobody had looked.
 */
import { Buffer } from 'node:buffer';
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { Server as HttpServer, IncomingMessage, maxHeaderSize } from 'node:http';
import { Socket as NetSocket } from 'node:net';
import { nativeTimers, type Timer } from '../base/clock.js';
import { readGetHead, readUpgradeHead, type UpgradeHead } from '../protocol/http/upgrade-head.js';

/** Who listens to a server's upgrades, and takes some of them by the short way. */
export interface UpgradeTaker {
  /** The listener of `upgrade` that does the same by the long way. */
  readonly onUpgrade: (...args: never[]) => void;
  /** Whether an upgrade to this target is the taker's. */
  isOurs(url: string): boolean;
  /** Takes an upgrade; `rest` came behind its head. `false`: it is for the long way, and nothing was done yet. */
  take(head: UpgradeHead, socket: NetSocket, rest: Buffer): boolean;
  /** The listener of `request` that answers streams by the long way. */
  readonly onRequest?: (...args: never[]) => void;
  /** Takes a GET for an event stream, on the same terms; it is all that came. */
  takeStream?(head: UpgradeHead, socket: NetSocket): boolean;
}

type ConnectionListener = (this: HttpServer, socket: NetSocket) => void;
type AnyListener = (...args: unknown[]) => void;

// A client sends its request with the packet that opens the connection, or right behind it. Who is silent for longer comes under Node's
// time limits, which then count from here.
const SILENCE_MS = 50;

const paths = new WeakMap<HttpServer, UpgradeFastPath>();

const blankServer = new HttpServer();

/** Node's listener of `connection`, one for all its servers; nothing in a runtime that does it in another way. */
export const nodeListener = blankServer.listeners('connection')[0] as ConnectionListener | undefined;

/** Adds a taker to a server whose connections can be looked at; on others nothing happens. Gives a function that takes it away. */
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
  // Who else listens may read what comes, and a class of one's own for requests has to see them all.
  if (listeners.length !== 1 || listeners[0] !== nodeListener || !isOrdinary(httpServer)) return undefined;
  const path = new UpgradeFastPath(httpServer, nodeListener);
  paths.set(httpServer, path);
  return path;
}

/**
 * The fast path of one server. Invariant: a connection either waits here for its first chunk, with listeners of ours and none of Node's,
 * or it was given away and nothing of ours is left on it.
 */
class UpgradeFastPath {
  readonly #server: HttpServer;
  readonly #nodeListener: ConnectionListener;
  readonly #shouldUpgrade: unknown;
  readonly #onConnection: ConnectionListener;
  readonly #onData: (this: NetSocket, chunk: Buffer) => void;
  readonly #onEnd: (this: NetSocket) => void;
  readonly #onError: (this: NetSocket, error: Error) => void;
  readonly #closeAll: () => void;
  #takers: readonly UpgradeTaker[] = [];
  /** Those who wait, of this span of time and of the one before: a span's end gives the latter away. */
  #waiting = new Set<NetSocket>();
  #waitingLonger = new Set<NetSocket>();
  #timer: Timer | undefined;

  /** Takes the place of Node's listener. */
  constructor(server: HttpServer, listener: ConnectionListener) {
    const path = this;
    this.#server = server;
    this.#nodeListener = listener;
    this.#shouldUpgrade = shouldUpgradeOf(server);
    this.#onConnection = (socket) => this.#receive(socket);
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
    // So `server.listeners('connection')` shows Node's, and `server.off` takes it.
    Object.assign(this.#onConnection, { listener });
    replaceListener(server, listener, this.#onConnection);
    // Node closes the connections that it knows of, so first it has to know all.
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

  /** Removes a taker; with the last one Node's listener comes back. */
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
    this.#timer ??= nativeTimers.setTimeout(endSpan, SILENCE_MS, this);
  }

  /** Whether a connection is fresh from the port and nobody's but ours. Applications may emit `connection` with any stream. */
  #mayLook(socket: NetSocket): boolean {
    const server = this.#server;
    return (
      server.listenerCount('connection') === 1 &&
      // Who puts a function of its own there wants to see all events.
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

  /** Has a taker take the upgrade that a first chunk is; `false` when it is none, or one for the long way. */
  #take(socket: NetSocket, chunk: Buffer): boolean {
    const server = this.#server as HttpServer & { maxHeaderSize?: number; joinDuplicateHeaders?: boolean };
    const bytesMax = server.maxHeaderSize || maxHeaderSize;
    if (chunk[0] !== LETTER_G || socket.listenerCount('data') > 0) return false;
    if (typeof server.maxHeadersCount === 'number' || server.joinDuplicateHeaders) return false;
    // Frames may follow the head, but only few: the rest of this is quick for a head's size.
    const text = chunk.toString('latin1', 0, Math.min(chunk.length, bytesMax - 1));
    if (text.includes(STREAM) && text.length === chunk.length) return this.#takeStream(socket, text);
    const head = readUpgradeHead(text);
    const taker = head && this.#takerOf(head.url);
    if (head === undefined || taker === undefined) return false;
    const size = head.text.length;
    return taker.take(head, socket, size === chunk.length ? NOTHING : chunk.subarray(size));
  }

  /** Has a taker take the stream that a first chunk asks for. */
  #takeStream(socket: NetSocket, text: string): boolean {
    const server = this.#server;
    const head = readGetHead(text);
    if (head?.text.length !== text.length || started.hasSubscribers) return false;
    const taker = this.#takerOf(head.url);
    // Other listeners of requests want to see this one too.
    if (taker?.onRequest === undefined || server.listenerCount('request') !== 1) return false;
    if (server.listenerCount('request', taker.onRequest) !== 1) return false;
    return taker.takeStream?.(head, socket) === true;
  }

  /** The one taker of an upgrade; `undefined` when there are more, or when anybody else listens to upgrades or decides over them. */
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

  /** Gives a connection to Node's listener, and to the listeners that this adds the event that came. */
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

  /** Ends a span of time. Called by the timer. */
  endSpan(): void {
    this.#timer = undefined;
    for (const socket of this.#waitingLonger) this.#giveSilentAway(socket);
    const emptied = this.#waitingLonger;
    this.#waitingLonger = this.#waiting;
    this.#waiting = emptied;
    if (this.#waitingLonger.size > 0) this.#timer = nativeTimers.setTimeout(endSpan, SILENCE_MS, this);
  }
}

const LETTER_G = 0x47;
const NOTHING = Buffer.alloc(0);
const STREAM = 'transport=sse';

/** Where Node tells of requests. */
const started = channel('http.server.request.start');

function endSpan(path: UpgradeFastPath): void {
  path.endSpan();
}

/** Puts a listener of `connection` in the place of another. */
function replaceListener(server: HttpServer, former: AnyListener | ConnectionListener, next: ConnectionListener): void {
  const listeners = server.rawListeners('connection');
  if (!listeners.includes(former)) return;
  server.removeAllListeners('connection');
  for (const listener of listeners)
    server.on('connection', listener === former ? next : (listener as (socket: NetSocket) => void));
}

/** Whether the server has Node's class for its requests, and Node's answer to which upgrades are wanted. */
export function isOrdinary(server: HttpServer): boolean {
  const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'IncomingMessage');
  if (symbol === undefined || (server as unknown as Record<symbol, unknown>)[symbol] !== IncomingMessage) return false;
  // Each server has a function of its own here, so only its text can tell.
  return String(shouldUpgradeOf(server)) === String(shouldUpgradeOf(blankServer));
}

/** Who decides over upgrades, in versions of Node that have this option. */
function shouldUpgradeOf(server: HttpServer): unknown {
  return (server as { shouldUpgradeCallback?: unknown }).shouldUpgradeCallback;
}
