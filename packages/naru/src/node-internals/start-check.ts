/**
 * The start-up check: whether this runtime has the undocumented parts of Node that are used, and whether they work as
 * expected.
 */
import { Buffer } from 'node:buffer';
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { FREE_PARSER, type HttpSocket, LISTENERS } from './detach.js';
import type { NodeInternalsParts } from './node-internals.js';
import { hasSharedReads } from './shared-reads.js';
import { isOrdinary, nodeListener } from './upgrade-fast-path.js';

/** Checks each part with one request to a server without a port. This takes about a millisecond. */
export function checkParts(): NodeInternalsParts {
  const exchange = attempt(exchangeOnce);
  return {
    fastUpgrades: exchange !== undefined && attempt(() => isOrdinary(new HttpServer())) === true,
    bareStreams: exchange !== undefined && attempt(() => canDetach(exchange)) === true,
    directWrites: hasStreamWrites(),
    ignoredUpgrades: exchange !== undefined,
    sharedReads: exchange !== undefined && attempt(hasSharedReads) === true,
  };
}

interface Exchange {
  readonly socket: Socket & HttpSocket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse & { _last?: unknown };
}

const REQUEST = Buffer.from('GET /naru-start-check HTTP/1.1\r\nHost: naru\r\n\r\n');

/**
 * Passes a first chunk to Node's listener, as the fast path does with connections that it does not take. Returns what
 * Node reads.
 */
function exchangeOnce(): Exchange | undefined {
  const server = new HttpServer();
  if (nodeListener === undefined || server.listenerCount('connection') !== 1) return undefined;
  const socket = new Socket();
  let exchange: Exchange | undefined;
  server.on('request', (request, response) => {
    exchange = { socket, request, response };
  });
  nodeListener.call(server, socket);
  for (const listener of socket.rawListeners('data')) listener.call(socket, REQUEST);
  return exchange?.request.url === '/naru-start-check' ? exchange : undefined;
}

/**
 * Whether Node's server adds to a connection and its response exactly the parts that `detachSocket` removes. The check
 * does not end the response. The first ended response makes every later read of the process slower, by 3 % of an
 * acknowledgement, and a WebSocket server may never end one.
 */
function canDetach({ socket, request, response }: Exchange): boolean {
  const isNoted = socket._httpMessage === response && socket.parser?.incoming === request;
  const hasParts = typeof response._last === 'boolean' && typeof response.chunkedEncoding === 'boolean';
  const canEnd = typeof response.detachSocket === 'function' && response.listenerCount('finish') > 0;
  const listeners = new Set(namesOf(socket));
  for (const name of [...LISTENERS, ...namesOf(new Socket())]) listeners.delete(name);
  const canFree = socket.rawListeners('close').some(({ name }) => name === FREE_PARSER);
  socket.destroy();
  return isNoted && hasParts && canEnd && canFree && listeners.size === 0;
}

/** Returns the names of the functions that listen to a connection. */
function namesOf(socket: Socket): string[] {
  return socket.eventNames().flatMap((event) => socket.rawListeners(event).map(({ name }) => name));
}

/**
 * Whether sockets have the methods with which Node's sockets write. The first write checks the rest
 * (`system-write.ts`).
 */
function hasStreamWrites(): boolean {
  const { prototype } = Socket as { prototype: { _write?: unknown; _writeGeneric?: unknown } };
  return typeof prototype._write === 'function' && typeof prototype._writeGeneric === 'function';
}

function attempt<Result>(check: () => Result): Result | undefined {
  try {
    return check();
  } catch {
    // A runtime that throws here does not work like Node.
    return undefined;
  }
}
