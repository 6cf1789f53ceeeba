/**
 * Answers requests that would go on with HTTP/2 in the clear as if they had not asked for it. RFC 9110, section 7.8. Node hands every
 * upgrade to who listens to upgrades, where Java's HttpClient and `curl --http2` want an answer. Other protocols that nobody speaks are left
 * to the option `destroyUpgrade`.
 */
import { Buffer } from 'node:buffer';
import { Server as HttpServer, type IncomingMessage } from 'node:http';
import { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { nodeListener } from './upgrade-fast-path.js';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const webSocketListeners = new WeakSet<object>();
const ignored = new WeakSet<IncomingMessage>();

/** Says of a listener of `upgrade` that it knows nothing but WebSockets. */
export function knowsOnlyWebSockets(listener: UpgradeListener): UpgradeListener {
  webSocketListeners.add(listener);
  return listener;
}

/**
 * Gives an upgrade back to its server as a request without one, from where Node's parser reads it anew, its body included. `false`: it may
 * be one for somebody who listens, and nothing was done. Called by each listener, of which the first gives it back.
 */
export function ignoreUpgrade(server: object, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  if (ignored.has(request)) return true;
  if (nodeListener === undefined || !(server instanceof HttpServer) || !(socket instanceof NetSocket)) return false;
  if (!isForNobody(server, request)) return false;
  ignored.add(request);
  socket.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), head]));
  nodeListener.call(server, socket);
  return true;
}

/**
 * Has a server that asks before it makes an upgrade of a request (Node 22.21, 24.9 and newer) make none of these. The newest read the body
 * of such a request themselves, so that it could not be given back with it.
 */
export function declineUpgrades(server: object): void {
  const asking: AskingServer = server;
  const former = asking.shouldUpgradeCallback;
  if (typeof former !== 'function' || !(server instanceof HttpServer) || declining.has(server)) return;
  declining.add(server);
  asking.shouldUpgradeCallback = (request) => former.call(server, request) && !isForNobody(server, request);
}

interface AskingServer {
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
}

const declining = new WeakSet<object>();

function isForNobody(server: HttpServer, request: IncomingMessage): boolean {
  const { upgrade } = request.headers;
  if (!hasToken(upgrade, 'h2c') || hasToken(upgrade, 'websocket') || !hasAllHeaders(server, request)) return false;
  return server.listeners('upgrade').every((listener) => webSocketListeners.has(listener));
}

/** The head of a request as it came, without what asks for another protocol. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (!OF_UPGRADES.has(name.toLowerCase()) && kept !== undefined) head += `${name}: ${kept}\r\n`;
  }
  return `${head}\r\n`;
}

/** Whether Node shows all headers: one that it left out may say where the body ends, which must not be lost. */
function hasAllHeaders({ maxHeadersCount }: HttpServer, { rawHeaders }: IncomingMessage): boolean {
  const countMax = typeof maxHeadersCount === 'number' ? maxHeadersCount : HEADERS_MAX;
  return countMax === 0 || rawHeaders.length < 2 * countMax;
}

/** Headers that Node shows, where a server does not say. */
const HEADERS_MAX = 1_000;

const OF_UPGRADES: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

/** The options of a Connection header that are left; `undefined` for none. */
function withoutUpgrade(options: string): string | undefined {
  const left = tokensOf(options).filter((option) => !OF_UPGRADES.has(option.toLowerCase()));
  return left.join(', ') || undefined;
}

function hasToken(list: string | undefined, token: string): boolean {
  return tokensOf(list ?? '').some((each) => each.toLowerCase() === token);
}

function tokensOf(list: string): string[] {
  return list.match(/[^\s,]+/g) ?? [];
}
