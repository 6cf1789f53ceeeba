/**
 * The endpoints of STOMP: `stomp://` and `stomps://` addresses, and WebSockets on the HTTP server. STOMP 1.2, 1.1 and
 * 1.0.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from 'naru/base';
import { readOptions } from 'naru/base';
import { parseProtocols } from 'naru/protocol';
import type {
  EndpointContext,
  HttpEndpoint,
  ServerEndpoint,
  Session,
  StreamSettings,
  WebSocketSettings,
  Wire,
} from 'naru/wire';
import {
  acceptUpgrade,
  EncodedPacket,
  HandshakeRequest,
  HandshakeWaits,
  NOBODY,
  type PaceRefusal,
  PacketList,
  PLAIN_WEBSOCKET_HANDLER,
  PlainWebSocketTransport,
  pickUpgradeHeaders,
  RawStreamTransport,
  refuseUpgrade,
  retryAfter,
  StreamEndpoint,
  type Transport,
  tellTurnedAway,
  tlsOf,
  webSocketSettingsOf,
  withQuery,
} from 'naru/wire';
import { encodeError } from './error-frame.js';
import { completeStomp, type StompOptions, type StompSettings, stompTable } from './options.js';
import { STOMP_PORTS } from './protocol/ports.js';
import { StompScope } from './scope.js';
import { type Flow, StompConnection } from './stomp-connection.js';

/** The WebSocket subprotocols of STOMP, the preferred first. */
export const STOMP_SUBPROTOCOLS: readonly string[] = Object.freeze(['v12.stomp', 'v11.stomp', 'v10.stomp']);

/** The parts of the server, and the settings of STOMP. */
interface StompContext extends EndpointContext {
  readonly stomp: StompSettings;
}

/** The name of this wire in taps. */
const WIRE = 'stomp';
const FULL = 'the server is full; try again later';
const CLOSED = 'the server is shutting down';
const TRY_AGAIN_LATER = 1013;

/**
 * STOMP as a wire of a server: `new Server({ wires: [stomp()] })`. The wire opens `stomp://` and `stomps://` endpoints,
 * and WebSockets under a path of the HTTP server. docs/stomp.md has the options. Throws ConfigError for invalid ones.
 */
export function stomp(options: StompOptions = {}): Wire {
  const given = readOptions(stompTable, options);
  const withStomp = (context: EndpointContext): StompContext => ({
    ...context,
    stomp: completeStomp(given, context.settings.maxHttpBufferSize),
  });
  return {
    schemes: STOMP_PORTS,
    open: (endpoint, context) => openEndpoint(endpoint, withStomp(context)),
    openOnHttp: (context) => (given.path === false ? undefined : new StompHttpEndpoint(withStomp(context), given.path)),
  };
}

/** Opens an endpoint at an address. Throws ConfigError for `stomps://` without the option `tls` or `tcp.tls`. */
function openEndpoint(endpoint: Endpoint, context: StompContext): ServerEndpoint {
  const { settings, engine, stomp } = context;
  const { clock, closeTimeout: closeTimeoutMs, handshakeTimeout } = settings;
  const tls = stomp.tls ?? settings.tcp.tls;
  const streams: StreamSettings = Object.freeze({ clock, closeTimeoutMs, closing: engine.closing });
  return new StreamEndpoint(endpoint, {
    tls: endpoint.scheme === 'stomps' ? tlsOf('stomps', 'stomp.tls', tls, handshakeTimeout) : undefined,
    pace: engine.admission.pace,
    take: (stream: NetSocket & { encrypted?: boolean }) => {
      const { remoteAddress = '', encrypted } = stream;
      const handshake = HandshakeRequest.of({ url: '/', remoteAddress, isSecure: encrypted === true });
      openSession(context, new RawStreamTransport(stream, streams, NOBODY), handshake);
    },
    refuse: (stream) => sayFull(new RawStreamTransport(stream, streams, NOBODY)),
  });
}

/** Opens a session on a transport of either kind. If the server is full, the client gets an ERROR frame. */
function openSession(context: StompContext, transport: Transport & Flow, handshake: HandshakeRequest): void {
  const { engine, namespaces, settings, stomp } = context;
  const scope = StompScope.of(namespaces, stomp, settings.depthMax);
  const receiver = (session: Session) => new StompConnection(scope, session, transport);
  if (!engine.openSession(transport, handshake, { subprotocol: 'stomp', receiver })) sayFull(transport);
}

function sayFull(transport: Transport): void {
  transport.send(PacketList.of(new EncodedPacket(encodeError({ message: FULL, code: 'FULL' }, '1.0'))));
  transport.close(TRY_AGAIN_LATER, 'full');
}

class StompHttpEndpoint implements HttpEndpoint {
  readonly #context: StompContext;
  readonly #path: string;
  readonly #webSocket: WebSocketSettings;
  readonly #waits: HandshakeWaits;

  constructor(context: StompContext, path: string) {
    const { settings, stomp } = context;
    this.#context = context;
    this.#path = path;
    // A message may contain several frames or a part of one.
    const messageBytesMax = stomp.bodyBytesMax + stomp.headerBytesMax + FRAME_REST;
    this.#webSocket = webSocketSettingsOf(settings, context.engine.closing, messageBytesMax, 'stomp.bodyBytesMax');
    this.#waits = new HandshakeWaits(settings.clock, settings.handshakeTimeout);
  }

  takes(url: string): boolean {
    return url.startsWith(this.#path) && /^\/?($|\?)/.test(url.slice(this.#path.length));
  }

  handleRequest({ httpVersionMajor }: IncomingMessage, response: ServerResponse): void {
    const text = `Connect with a WebSocket and one of the subprotocols ${STOMP_SUBPROTOCOLS.join(', ')}.\n`;
    // HTTP/2 has no upgrades, and Node throws for their headers. RFC 9113, section 8.2.2.
    // The header replaces Node's own. Without `close`, a client that asked to close the connection would wait.
    const upgrade = httpVersionMajor < 2 ? { Upgrade: 'websocket', Connection: 'Upgrade, close' } : {};
    response.writeHead(httpVersionMajor < 2 ? 426 : 400, { 'Content-Type': 'text/plain', ...upgrade });
    response.end(text);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const fields = pickUpgradeHeaders(request.rawHeaders);
    const offered = parseProtocols(fields['sec-websocket-protocol'] ?? '') ?? [];
    if (this.#waits.isClosed) {
      tellTurnedAway('closed', WIRE, request.socket);
      refuseUpgrade(socket, 503, CLOSED);
    } else if (offered.length > 0 && !offered.some((name) => STOMP_SUBPROTOCOLS.includes(name))) {
      tellTurnedAway('badRequest', WIRE, request.socket, 'no subprotocol of STOMP');
      refuseUpgrade(socket, 400, `offer one of the subprotocols ${STOMP_SUBPROTOCOLS.join(', ')}`);
    } else {
      this.#ask(request, socket, () => {
        const options = { fields, protocols: STOMP_SUBPROTOCOLS };
        const connection = acceptUpgrade(request, socket, head, this.#webSocket, PLAIN_WEBSOCKET_HANDLER, options);
        if (!connection) {
          if (!socket.destroyed) tellTurnedAway('badRequest', WIRE, request.socket);
          return;
        }
        const handshake = new HandshakeRequest(withQuery(request));
        openSession(this.#context, new PlainWebSocketTransport(connection, NOBODY), handshake);
      });
    }
  }

  close(): void {
    this.#waits.close();
  }

  /** Waits for a permit and asks `allowRequest`, as the engine does for its own handshakes. */
  #ask(request: IncomingMessage, socket: Duplex, proceed: () => void): void {
    const { admission } = this.#context.engine;
    if (!this.#context.settings.allowRequest && admission.pace.tryBegin()) {
      proceed();
      return;
    }
    const isDue = this.#waits.hold(socket, () => {
      tellTurnedAway('undecided', WIRE, request.socket);
      refuseUpgrade(socket, 503, 'the server could not decide about the request');
    });
    const refuse = (why: PaceRefusal, retryAfterMs: number): void => {
      if (!isDue()) return;
      tellTurnedAway(why, WIRE, request.socket);
      refuseUpgrade(socket, 503, why === 'closed' ? CLOSED : FULL, [retryAfter(retryAfterMs)]);
    };
    const ask = (): void =>
      admission.ask(request, socket, (refusal) => {
        if (refusal?.status === 503) refuse('crowded', 0);
        else if (!isDue()) return;
        else if (refusal) {
          tellTurnedAway('forbidden', WIRE, request.socket);
          refuseUpgrade(socket, 403, refusal.reply);
        } else proceed();
      });
    admission.pace.begin({ proceed: ask, refuse }, socket);
  }
}

/** Bytes for the command, the line ends and the NUL. */
const FRAME_REST = 64;
