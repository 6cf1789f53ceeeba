/**
 * Takes a connection away from Node's HTTP server. A response that never ends keeps its request, its parser and itself alive, some
 * 8 KiB for each client, and every write passes through all of it; a bare socket is a third of that.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's HTTP server hangs on a socket; no part of its documented interface. */
interface HttpSocket {
  _httpMessage?: unknown;
  parser?: { incoming?: unknown } | null;
}

/** The listeners that Node's HTTP server adds to a socket; those which it takes off itself when a connection is upgraded. */
const LISTENERS: ReadonlySet<string> = new Set([
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

const RELEASE = 'bound socketOnClose';

/**
 * The bare socket of a request, with none of the response written: the caller writes the head, and whatever follows, up to the end of
 * the connection. `undefined` where that is not possible: HTTP/2, a response that has begun or waits for others, a further request behind
 * it, or a Node that does this differently. Call it in a turn of its own, not while a request is being parsed.
 */
export function detachSocket(request: IncomingMessage, response: ServerResponse): Socket | undefined {
  const { socket } = response;
  if (!socket || !isAlone(request, response, socket as HttpSocket)) return undefined;
  const release = socket.rawListeners('close').find(({ name }) => name === RELEASE);
  if (!release || response.listenerCount('finish') === 0) return undefined;
  // As far as the server can tell, the response is complete: it lets go of it and of the request.
  response.emit('finish');
  socket.setTimeout(0);
  // A listener for data has the parser give back the reading of the socket, and this one has it freed.
  socket.on('data', ignore);
  release.call(socket);
  for (const name of socket.eventNames()) {
    for (const listener of socket.rawListeners(name)) {
      if (LISTENERS.has(listener.name)) socket.off(name, listener as () => void);
    }
  }
  socket.off('data', ignore);
  return socket;
}

/** Whether nothing was said on the connection yet but for this request, and nothing else is due on it. */
function isAlone(request: IncomingMessage, response: ServerResponse, socket: HttpSocket): boolean {
  const { parser } = socket;
  return (
    response instanceof ServerResponse &&
    request.complete &&
    !response.headersSent &&
    socket._httpMessage === response &&
    parser !== undefined &&
    parser !== null &&
    // The parser's newest request is this one, so that no other waits behind it.
    (parser.incoming === request || parser.incoming === null)
  );
}

function ignore(): void {}
