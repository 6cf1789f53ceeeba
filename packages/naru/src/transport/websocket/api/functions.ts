/** The functions of `naru/websocket`: listen, accept and connect. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { join, readOptions } from '../../../base/options/table.js';
import { connectingTable, dialWebSocket } from '../dial.js';
import { type WebSocketSettings, webSocketSettings, webSocketTable } from '../settings.js';
import { type AcceptingOptions, acceptingTable, type ConnectOptions, type ListeningOptions } from './options.js';
import { Connection } from './public-connection.js';
import { acceptWith, type ListenTarget, WebSocketServer } from './server.js';

/** Starts a WebSocket server on a port or on an existing HTTP server. */
export function listen(target: ListenTarget, options?: ListeningOptions): WebSocketServer {
  return new WebSocketServer(target, options);
}

/**
 * Accepts the request of an `upgrade` event of Node's HTTP server. Answers an invalid handshake with 400, 405 or 426,
 * closes its socket and returns `undefined`. Pass the same options object each time, because each object is checked
 * once.
 */
export function accept(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: AcceptingOptions = NO_OPTIONS,
): Connection | undefined {
  return acceptWith(request, socket, head, settingsOf(options, ACCEPTING), options);
}

/**
 * Opens a WebSocket to a `ws:` or `wss:` URL, or to `ws+unix:/path/of.sock:/path`. Messages are delivered from the next
 * turn on, so a listener that you add right after the `await` receives all of them. Rejects with an
 * UpgradeRefusedError, an UnavailableError (TIMEOUT, CLOSED if aborted, CONNECT_FAILED) or a ProtocolError.
 */
export async function connect(url: string | URL, options: ConnectOptions = NO_OPTIONS): Promise<Connection> {
  const settings = settingsOf(options, CONNECTING);
  let connection: Connection | undefined;
  const dialed = await dialWebSocket(
    url,
    {
      ...readOptions(CONNECTING, options),
      onOpen(opened) {
        connection = new Connection(opened);
        // Data could arrive before the caller's `await` returns the connection.
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
const ACCEPTING = join(webSocketTable, acceptingTable);
const CONNECTING = join(webSocketTable, connectingTable);
const settingsByOptions = new WeakMap<object, WebSocketSettings>();

function settingsOf(options: object, table: typeof ACCEPTING | typeof CONNECTING): WebSocketSettings {
  let settings = settingsByOptions.get(options);
  if (settings === undefined) {
    settings = webSocketSettings(options, table);
    settingsByOptions.set(options, settings);
  }
  return settings;
}

function startDelivery(connection: Connection): void {
  if (!connection.isPaused) connection.resume();
}
