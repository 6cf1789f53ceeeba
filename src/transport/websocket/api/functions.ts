/** The functions of `naru/websocket`: listen, accept and connect. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DialOptions, dialWebSocket } from '../dial.js';
import { type WebSocketOptions, type WebSocketSettings, webSocketSettings } from '../settings.js';
import { Connection } from './public-connection.js';
import {
  type AcceptingOptions,
  acceptWith,
  type ListeningOptions,
  type ListenTarget,
  WebSocketServer,
} from './server.js';

/** What can be set for one outgoing connection. */
export interface ConnectOptions extends WebSocketOptions, Omit<DialOptions, 'onOpen'> {}

/** Starts a WebSocket server on a port, or on an HTTP server that is there already. */
export function listen(target: ListenTarget, options?: ListeningOptions): WebSocketServer {
  return new WebSocketServer(target, options);
}

/**
 * Accepts the request of an `upgrade` event of Node's HTTP server. A request that is no valid handshake is answered with
 * 400, 405 or 426, its socket closed, and `undefined` returned. Pass the same options object each time: it is checked once.
 */
export function accept(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: AcceptingOptions = NO_OPTIONS,
): Connection | undefined {
  return acceptWith(request, socket, head, settingsOf(options), options);
}

/**
 * Opens a WebSocket to a `ws:` or `wss:` URL, or `ws+unix:/path/of.sock:/path`. Messages are delivered from the next turn on,
 * so a listener added where the promise is awaited gets them all. Rejects as `dialWebSocket` does.
 */
export async function connect(url: string | URL, options: ConnectOptions = NO_OPTIONS): Promise<Connection> {
  const settings = settingsOf(options);
  let connection: Connection | undefined;
  const dialed = await dialWebSocket(
    url,
    {
      ...options,
      onOpen(opened) {
        connection = new Connection(opened);
        // The one who awaits us gets the connection only after data could have come.
        opened.pause();
        settings.clock.defer(startDelivery, connection);
      },
    },
    settings,
    Connection.handler,
  );
  return connection ?? new Connection(dialed);
}

const NO_OPTIONS = Object.freeze({});
const settingsByOptions = new WeakMap<object, WebSocketSettings>();

function settingsOf(options: WebSocketOptions): WebSocketSettings {
  let settings = settingsByOptions.get(options);
  if (settings === undefined) {
    settings = webSocketSettings({ coalesce: true, ...options });
    settingsByOptions.set(options, settings);
  }
  return settings;
}

function startDelivery(connection: Connection): void {
  if (!connection.isPaused) connection.resume();
}
