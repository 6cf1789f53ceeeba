/**
 * Takes a connection away from Node's HTTP server. A response that never ends keeps itself, its request and its parser
 * alive: some 8 KiB for each client. Every write passes through all of them. A bare socket needs a third of that.
 */
import { channel } from 'node:diagnostics_channel';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The undocumented properties that Node's HTTP server adds to a socket. */
export interface HttpSocket {
  _httpMessage?: unknown;
  parser?: { incoming?: unknown } | null;
}

/**
 * The names of the listeners that Node's HTTP server adds to a socket. Node itself removes them when a connection is
 * upgraded.
 */
export const LISTENERS: ReadonlySet<string> = new Set([
  'bound socketOnClose',
  'bound socketOnData',
  'bound socketOnDrain',
  'bound socketOnEnd',
  'onServerResponseClose',
  'onSocketPause',
  'onSocketResume',
  'socketOnError',
  'socketOnTimeout',
]);

/** The name of the `close` listener that frees the parser. */
export const FREE_PARSER = 'bound socketOnClose';

/**
 * Returns the bare socket of a request before any of the response is written. The caller writes the head and all that
 * follows, until the connection ends. Returns `undefined` for HTTP/2, for a response that has begun or waits for
 * earlier ones, when another request has arrived, and in a version of Node that works differently. Call it in a turn of
 * its own, not while a request is being parsed.
 */
export function detachSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined {
  const { socket } = response;
  if (!socket || response.headersSent || !isAlone(request, response, socket)) return undefined;
  return release(response, socket);
}

/**
 * Takes a connection away from Node's HTTP server after the head of its response was written. The caller continues the
 * body in the transfer coding of the head, and closes the connection at the end. Returns `undefined` as `detachSocket`
 * does, and also when other code waits for the end of the response, which this call would fake.
 */
export function detachBegunSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined {
  const { socket } = response;
  const hasBegun = response.headersSent && !response.writableEnded;
  if (!socket || !hasBegun || !isAlone(request, response, socket) || isWatched(response)) return undefined;
  // Data that the response still buffers would be lost.
  if (response.writableCorked > 0 || response.writableLength !== socket.writableLength) return undefined;
  // Otherwise the server would close the connection after the response, which it considers complete.
  (response as ServerResponse & { _last?: boolean })._last = false;
  return release(response, socket);
}

/**
 * Returns the connection of a response that has begun. The caller writes the body to it in the transfer coding of the
 * head.
 */
export function socketOf({ socket }: ServerResponse): Socket | undefined {
  return socket ?? undefined;
}

/** Whether an earlier request on the connection still waits for its answer. */
export function hasUnanswered(socket: Duplex & HttpSocket): boolean {
  return socket._httpMessage !== undefined && socket._httpMessage !== null;
}

function release(response: ServerResponse, socket: Socket): Socket | undefined {
  const freeParser = socket.rawListeners('close').find(({ name }) => name === FREE_PARSER);
  if (!freeParser || response.listenerCount('finish') === 0) return undefined;
  // This event tells the server that the response is complete, so it frees the response and the request.
  response.emit('finish');
  socket.setTimeout(0);
  // A `data` listener makes the parser stop reading the socket itself, and the `close` listener frees the parser.
  socket.on('data', ignore);
  freeParser.call(socket);
  for (const name of socket.eventNames()) {
    for (const listener of socket.rawListeners(name)) {
      if (LISTENERS.has(listener.name)) socket.off(name, listener as () => void);
    }
  }
  socket.off('data', ignore);
  return socket;
}

/** Whether this request is the only one on the connection since the last response, and no other response is due. */
function isAlone(request: IncomingMessage, response: ServerResponse, socket: Socket & HttpSocket): boolean {
  const { parser } = socket;
  return (
    response instanceof ServerResponse &&
    // Applications can pass other streams to a server as connections. They lack the properties that this needs.
    socket instanceof Socket &&
    request.complete &&
    !socket.destroyed &&
    !socket.readableEnded &&
    // The code that paused a socket could not resume it later. Node itself pauses clients that send many requests
    // ahead.
    !socket.isPaused() &&
    socket._httpMessage === response &&
    // The newest request of the parser is this one, so no further request waits.
    (parser?.incoming === request || parser?.incoming === null)
  );
}

/**
 * Whether other code than the server and one listener of Naru waits for the end of a response, or has replaced its
 * methods.
 */
function isWatched(response: ServerResponse): boolean {
  const { write, end } = ServerResponse.prototype;
  return (
    response.write !== write ||
    response.end !== end ||
    response.listenerCount('finish') > 1 ||
    response.listenerCount('close') > 1 ||
    finished.hasSubscribers
  );
}

/** The channel on which Node reports complete responses. */
const finished = channel('http.server.response.finish');

function ignore(): void {}
