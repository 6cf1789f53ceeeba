/** Accepts the WebSockets of an engine, and makes a transport for each. */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { nodeInternalsFor } from '../../node-internals/choose.js';
import { parseProtocols } from '../../protocol/websocket/handshake.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { ClosingStreams } from '../../transport/closing-streams.js';
import { NOBODY } from '../../transport/transport.js';
import { type AcceptOptions, acceptUpgrade, type OpeningRequest } from '../../transport/websocket/accept.js';
import { type WebSocketSettings, webSocketSettings, webSocketTable } from '../../transport/websocket/settings.js';
import { WEBSOCKET_HANDLER, WebSocketTransport } from '../../transport/websocket/transport.js';
import { protocolOf } from '../admission/admission.js';
import type { EngineSettings } from '../options/engine-options.js';

/** Answers an upgrade that was admitted. Returns `undefined` after it has refused an invalid handshake. */
export function acceptWebSocket(
  request: OpeningRequest & Pick<EngineRequest, '_query'>,
  socket: Duplex,
  head: Buffer,
  settings: WebSocketSettings,
  options: AcceptOptions,
): WebSocketTransport | undefined {
  try {
    const agreed = agreeToFirst(request, options);
    const connection = acceptUpgrade(request, socket, head, settings, WEBSOCKET_HANDLER, agreed);
    return connection && new WebSocketTransport(connection, protocolOf(request), NOBODY, !request._query.b64);
  } catch (error) {
    // A listener added an invalid header.
    socket.destroy();
    throw error;
  }
}

/**
 * Agrees to the first subprotocol that a client offers, as Socket.IO's servers do. The engine speaks none of them, but
 * pages put data there that they cannot send in a header, and a client gives up when none is agreed. The handshake
 * refuses malformed offers.
 */
function agreeToFirst({ headers }: OpeningRequest, options: AcceptOptions): AcceptOptions {
  const offered = (options.fields ?? headers)['sec-websocket-protocol'];
  return offered === undefined ? options : { ...options, protocols: parseProtocols(offered) ?? [] };
}

/** Returns the settings of WebSockets that carry sessions of an engine or of another endpoint on its HTTP server. */
export function webSocketSettingsOf(
  settings: EngineSettings,
  closing: ClosingStreams,
  messageBytesMax = settings.maxHttpBufferSize,
  limitName = 'maxHttpBufferSize',
): WebSocketSettings {
  const options = {
    messageBytesMax,
    fragmentsMax: settings.fragmentsMax,
    closeTimeoutMs: settings.closeTimeout,
    // The session bounds the waiting bytes, and allows one message of any size.
    bufferedBytesMax: Number.POSITIVE_INFINITY,
    clock: settings.clock,
    random: settings.random,
    perMessageDeflate: settings.perMessageDeflate,
  };
  return webSocketSettings(options, webSocketTable, closing, nodeInternalsFor(settings.nodeInternals), limitName);
}
