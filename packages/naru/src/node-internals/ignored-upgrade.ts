/**
 * Answers requests that offer an upgrade to unencrypted HTTP/2 as ordinary requests. RFC 9110, section 7.8. Node passes
 * every upgrade to the listeners of `upgrade`, but Java's HttpClient and `curl --http2` expect an ordinary answer.
 * Upgrades to other unknown protocols are left to the option `destroyUpgrade`.
 */
import { Buffer } from 'node:buffer';
import { Server as HttpServer, type IncomingMessage } from 'node:http';
import { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { nodeListener } from './upgrade-fast-path.js';

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const webSocketListeners = new WeakSet<object>();
const ignored = new WeakSet<IncomingMessage>();

/** Marks a listener of `upgrade` that accepts nothing but WebSockets. */
export function knowsOnlyWebSockets(listener: UpgradeListener): UpgradeListener {
  webSocketListeners.add(listener);
  return listener;
}

/**
 * Passes an upgrade back to its server as an ordinary request, which Node's parser reads again with its body. Returns
 * `false` and does nothing when the upgrade may be for another listener. Each listener calls it; the first call passes
 * the request back.
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
 * Makes a server treat these requests as ordinary ones from the start, if it has `shouldUpgradeCallback` (Node 22.21,
 * 24.9 and newer). The newest versions read the body of an upgrade themselves, so `ignoreUpgrade` could not pass it
 * back.
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

/** Returns the head of a request without the headers that ask for another protocol. */
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

/**
 * Whether Node shows all headers. A header that it left out may be the length of the body, without which the body would
 * be lost.
 */
function hasAllHeaders({ maxHeadersCount }: HttpServer, { rawHeaders }: IncomingMessage): boolean {
  const countMax = typeof maxHeadersCount === 'number' ? maxHeadersCount : HEADERS_MAX;
  return countMax === 0 || rawHeaders.length < 2 * countMax;
}

/** Number of headers that Node shows by default. */
const HEADERS_MAX = 1_000;

const OF_UPGRADES: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

/** Returns a `Connection` header without the options of upgrades, or `undefined` if nothing is left. */
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
