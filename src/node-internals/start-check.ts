/** The start-up check: whether this runtime has the parts of Node that are used beyond its documentation, and whether they do as expected. */
import { Buffer } from 'node:buffer';
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { FREE_PARSER, type HttpSocket, LISTENERS } from './detach.js';
import type { NodeInternalsParts } from './node-internals.js';
import { isOrdinary, nodeListener } from './upgrade-fast-path.js';

/** Checks each part, with one request to a server without a port; takes about a millisecond. */
export function checkParts(): NodeInternalsParts {
  const exchange = attempt(exchangeOnce);
  return {
    fastUpgrades: exchange !== undefined && attempt(() => isOrdinary(new HttpServer())) === true,
    bareStreams: exchange !== undefined && attempt(() => canDetach(exchange)) === true,
    directWrites: hasStreamWrites(),
    ignoredUpgrades: exchange !== undefined,
  };
}

interface Exchange {
  readonly socket: Socket & HttpSocket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse & { _last?: unknown };
}

const REQUEST = Buffer.from('GET /naru-start-check HTTP/1.1\r\nHost: naru\r\n\r\n');

/** Has Node's listener read a request from a first chunk that it is handed, as the fast path hands over what is not for it. */
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
 * Whether Node's server hangs on a connection and its response what `detachSocket` takes off, and nothing else. No response ends here: the
 * first one that ends makes every later read of a process slower, by 3 % of an acknowledgement, and a server of WebSockets may never end one.
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

/** The names of the functions that listen to a connection. */
function namesOf(socket: Socket): string[] {
  return socket.eventNames().flatMap((event) => socket.rawListeners(event).map(({ name }) => name));
}

/** Whether sockets write as Node's do. The first write checks what the system is given (`system-write.ts`). */
function hasStreamWrites(): boolean {
  const { prototype } = Socket as { prototype: { _write?: unknown; _writeGeneric?: unknown } };
  return typeof prototype._write === 'function' && typeof prototype._writeGeneric === 'function';
}

function attempt<Result>(check: () => Result): Result | undefined {
  try {
    return check();
  } catch {
    // A runtime that throws here is another one.
    return undefined;
  }
}
