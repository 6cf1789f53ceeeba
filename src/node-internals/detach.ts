/**
 * Takes a connection away from Node's HTTP server. A response that never ends keeps its request, its parser and itself alive, some
 * 8 KiB for each client, and every write passes through all of it; a bare socket is a third of that.
 */
import { channel } from 'node:diagnostics_channel';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What Node's HTTP server hangs on a socket; no part of its documented interface. */
export interface HttpSocket {
  _httpMessage?: unknown;
  parser?: { incoming?: unknown } | null;
}

/** The listeners that Node's HTTP server adds to a socket; those which it takes off itself when a connection is upgraded. */
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

/** The listener of `close` that frees the parser. */
export const FREE_PARSER = 'bound socketOnClose';

/**
 * The bare socket of a request, with none of the response written: the caller writes the head, and whatever follows, up to the end of
 * the connection. `undefined` where that is not possible: HTTP/2, a response that has begun or waits for others, a further request behind
 * it, or a Node that does this differently. Call it in a turn of its own, not while a request is being parsed.
 */
export function detachSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined {
  const { socket } = response;
  if (!socket || response.headersSent || !isAlone(request, response, socket)) return undefined;
  return release(response, socket);
}

/**
 * The same for a response whose head was written, and whatever else of it reached the socket: the caller goes on behind that, in the
 * transfer coding of the head, and closes the connection at the end. `undefined` also where others wait for the end of the response,
 * to whom it would seem to have come.
 */
export function detachBegunSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined {
  const { socket } = response;
  const hasBegun = response.headersSent && !response.writableEnded;
  if (!socket || !hasBegun || !isAlone(request, response, socket) || isWatched(response)) return undefined;
  // What the response keeps back would be lost.
  if (response.writableCorked > 0 || response.writableLength !== socket.writableLength) return undefined;
  // Else the server would close the connection behind the response, which it takes for complete.
  (response as ServerResponse & { _last?: boolean })._last = false;
  return release(response, socket);
}

/** The connection of a response that has begun: its body is written there in the transfer coding of the head. */
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
  // As far as the server can tell, the response is complete: it lets go of it and of the request.
  response.emit('finish');
  socket.setTimeout(0);
  // A listener for data has the parser give back the reading of the socket, and this one has it freed.
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

/** Whether nothing but this request was said on the connection since the last response, and nothing else is due on it. */
function isAlone(request: IncomingMessage, response: ServerResponse, socket: Socket & HttpSocket): boolean {
  const { parser } = socket;
  return (
    response instanceof ServerResponse &&
    // Other streams can be given to a server as connections, and have less than this takes.
    socket instanceof Socket &&
    request.complete &&
    !socket.destroyed &&
    !socket.readableEnded &&
    // Whoever paused it, as Node does with who sends requests ahead, would not find it again to resume it.
    !socket.isPaused() &&
    socket._httpMessage === response &&
    // The parser's newest request is this one, so that no other waits behind it.
    (parser?.incoming === request || parser?.incoming === null)
  );
}

/** Whether somebody besides the server and one listener of ours waits for the end of a response, or put an end of his own in its place. */
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

/** Where Node tells of responses that are complete. */
const finished = channel('http.server.response.finish');

function ignore(): void {}
