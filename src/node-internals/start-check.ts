/** The start-up check: whether this runtime has the parts of Node that are used beyond its documentation, and whether they do as expected. */
import { Buffer } from 'node:buffer';
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { detachSocket } from './detach.js';
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
  readonly socket: Socket;
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

/** Whether a connection that is taken away from Node's server keeps nothing of it. */
function canDetach({ socket, request, response }: Exchange): boolean {
  if (typeof response._last !== 'boolean' || typeof response.chunkedEncoding !== 'boolean') return false;
  const bare = detachSocket(request, response) as (Socket & { parser?: unknown; _httpMessage?: unknown }) | undefined;
  const isBare = bare === socket && response.socket === null && !bare.parser && !bare._httpMessage;
  const left = socket.eventNames().filter((name) => new Socket().listenerCount(name) < socket.listenerCount(name));
  socket.destroy();
  return isBare && left.length === 0;
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
