/**
 * Plain events on the HTTP server: streams for `EventSource` and `curl`, POST to publish, and WebSockets without a
 * library.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ProtocolError } from '../../base/errors.js';
import { encodeRetry } from '../../protocol/event-stream/encode.js';
import { checkRequest } from '../../protocol/websocket/handshake.js';
import { HandshakeRequest, withQuery } from '../../session/handshake-request.js';
import type { Session } from '../../session/session.js';
import { handshakeRefused } from '../../taps/taps.js';
import { type AnswerableTransport, type HttpAnswer, sendAnswer } from '../../transport/plain-http/answer.js';
import { MessageTransport } from '../../transport/plain-http/message-transport.js';
import { RequestTransport } from '../../transport/plain-http/request-transport.js';
import { type EventStreamSettings, EventStreamTransport } from '../../transport/plain-http/stream-transport.js';
import { refuseUpgrade } from '../../transport/websocket/accept.js';
import type { WebSocketSettings } from '../../transport/websocket/settings.js';
import { parseAddress } from '../../wires/events/address.js';
import { readCredentials } from '../../wires/events/credentials.js';
import { EventStreamConnection } from '../../wires/events/event-stream-connection.js';
import type { EventsRequest } from '../../wires/events/events-connection.js';
import { MessageConnection } from '../../wires/events/message-connection.js';
import { whyUnreadable } from '../../wires/events/publication.js';
import { PublishConnection } from '../../wires/events/publish-connection.js';
import { refuseLate, refuseWith } from '../../wires/events/refusal.js';
import { chooseWire, EVENT_STREAM } from '../../wires/events/wire.js';
import { retryAfter } from '../admission/handshake-pace.js';
import { type Carrier, type GivenUp, HandshakeWaits } from '../admission/handshake-waits.js';
import { type REFUSALS, type Refusal, tellTurnedAway } from '../admission/refusals.js';
import { isGone } from '../engine/ended-requests.js';
import { pickUpgradeHeaders } from '../engine/upgrade-headers.js';
import { webSocketSettingsOf } from '../engine/websocket-acceptor.js';
import type { EventsSettings } from '../options/events-options.js';
import type { EndpointContext, HttpEndpoint, Wire } from './endpoint.js';

const METHODS = 'GET, HEAD, POST, OPTIONS';
const FOREIGN = refuseWith(403, {
  code: 'FOREIGN_ORIGIN',
  message: 'the option "cors" of the server does not allow this origin',
});
const CLOSED = refuseWith(503, { code: 'CLOSED', message: 'the server is shutting down' });
const TURNED_AWAY = refuseWith(503, { code: 'CLOSED', message: 'the server does not accept this client' });
const FULL = refuseWith(503, { code: 'FULL', message: 'the server is full; try again later' });

/** The contents of a request of any kind. */
type Asked = Omit<EventsRequest, 'transport'>;

/** Ends the wait of a request with a refusal, or opens the session that it asks for. Later calls do nothing. */
type Settle = (refusal?: HttpAnswer) => void;

/** Plain events as a wire of the server. The option `events` turns it on. */
export const eventsWire: Wire = {
  schemes: {},
  openOnHttp(context) {
    const { events } = context.settings;
    return events && new EventsEndpoint(context, events);
  },
};

/**
 * The endpoint. It answers each request exactly once, even if the application decides late or never, or the endpoint
 * closes meanwhile.
 */
class EventsEndpoint implements HttpEndpoint {
  readonly #context: EndpointContext;
  readonly #events: EventsSettings;
  readonly #webSocket: WebSocketSettings;
  readonly #streams: EventStreamSettings;
  readonly #waits: HandshakeWaits;

  constructor(context: EndpointContext, events: EventsSettings) {
    const { settings } = context;
    this.#context = context;
    this.#events = events;
    this.#webSocket = webSocketSettingsOf(settings, context.engine.closing);
    this.#streams = Object.freeze({
      ...context.engine.polling,
      turnAway: (request: IncomingMessage) => laterFor(request, TURNED_AWAY, events.retry),
    });
    this.#waits = new HandshakeWaits(settings.clock, settings.handshakeTimeout);
  }

  takes(url: string): boolean {
    const { path } = this.#events;
    return url.startsWith(path) && /^($|[/?])/.test(url.slice(path.length));
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    if (this.#waits.isClosed) {
      sendAnswer(response, told(request, laterFor(request, CLOSED, this.#events.retry)));
      return;
    }
    this.#context.engine.applyCors(request, response, (error) => {
      if (isGone(response)) return;
      if (error || !isFromAllowedOrigin(request, response)) sendAnswer(response, told(request, FOREIGN));
      else if (request.method === 'OPTIONS') response.writeHead(204, { Allow: METHODS }).end();
      else this.#onRequest(request, response);
    });
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const fields = pickUpgradeHeaders(request.rawHeaders);
    const key = checkRequest({ method: request.method, httpVersion: request.httpVersion, headers: fields });
    if (this.#waits.isClosed) {
      refuse(socket, told(request, CLOSED));
      return;
    }
    if (typeof key !== 'string') {
      tellTurnedAway('badRequest', WIRE, request.socket, key.reason);
      refuseUpgrade(socket, key.status, key.reason, key.headers);
      return;
    }
    const answer = (refusal: HttpAnswer): void => refuse(socket, told(request, refusal));
    const isDue = this.#waits.hold(socket, (why) => answer(this.#giveUp(request, why)));
    const settle: Settle = (refusal) => {
      if (!isDue()) return;
      const asked = refusal ?? this.#read(request);
      if ('status' in asked) answer(asked);
      else this.#openMessages(request, new MessageTransport({ request, socket, head, fields }, this.#webSocket), asked);
    };
    if (request.headers.origin === undefined) {
      this.#admit(request, socket, settle);
      return;
    }
    // An upgrade has no response that could hold the headers of `cors`.
    const response = new ServerResponse(request);
    this.#context.engine.applyCors(request, response, (error) => {
      if (error || !isFromAllowedOrigin(request, response)) settle(FOREIGN);
      else this.#admit(request, socket, settle);
    });
  }

  close(): void {
    this.#waits.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { method } = request;
    const isStream = method === 'GET' || method === 'HEAD';
    const answer = (refusal: HttpAnswer): void => sendAnswer(response, told(request, refusal));
    if (!isStream && method !== 'POST') {
      answer(refuseWith(405, { code: 'BAD_METHOD', message: `use one of the methods ${METHODS}` }, { Allow: METHODS }));
      return;
    }
    const isDue = this.#waits.begin(response, (why) => answer(this.#giveUp(request, why)));
    const settle: Settle = (refusal) => {
      if (!isDue()) return;
      const asked = refusal ?? this.#read(request);
      if ('status' in asked) answer(asked);
      else if (isStream) this.#openStream(request, response, asked);
      else this.#openPublication(request, response, asked);
    };
    // Only a GET opens a lasting session, so the pace of handshakes does not apply to the others.
    if (method === 'GET') this.#admit(request, response, settle);
    else this.#allow(request, response, settle);
  }

  #openMessages(request: IncomingMessage, transport: MessageTransport, asked: Asked): void {
    const { namespaces, settings } = this.#context;
    const about = { ...asked, transport, depthMax: settings.depthMax };
    this.#open(request, transport, (session) => new MessageConnection(namespaces, session, about));
  }

  #openStream(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
    const { query } = asked.address;
    const wire = chooseWire(request.headers.accept, query.get('form'));
    if (!wire) {
      const message = 'ask for "text/event-stream" or "application/x-ndjson" in the header Accept';
      sendAnswer(response, told(request, refuseWith(406, { code: 'NOT_ACCEPTABLE', message })));
      return;
    }
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'Content-Type': wire.contentType, 'Cache-Control': 'no-store' }).end();
      return;
    }
    const { namespaces } = this.#context;
    const transport = new EventStreamTransport(response, this.#streams);
    const about = { ...asked, transport, wire, retryMs: this.#events.retry };
    this.#open(request, transport, (session) => new EventStreamConnection(namespaces, session, about));
  }

  #openPublication(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
    const { rooms, query } = asked.address;
    const [room] = rooms;
    const { headers } = request;
    const unreadable = whyUnreadable(headers);
    const transport = new RequestTransport(request, response, this.#context.engine.polling);
    if (room === undefined || rooms.length > 1) {
      const message = `name one room to publish to: ${this.#events.path}/<room> or ${this.#events.path}/<namespace>/<room>`;
      transport.answer(told(request, refuseBad('BAD_ROOM', message)));
      return;
    }
    if (unreadable !== undefined) {
      const body = { code: 'BAD_TYPE', message: unreadable };
      transport.answer(told(request, refuseWith(415, body, { 'Accept-Encoding': 'identity' })));
      return;
    }
    const { namespaces, settings } = this.#context;
    const form = {
      contentType: headers['content-type'],
      event: query.get('event') ?? undefined,
      depthMax: settings.depthMax,
      eventsMax: this.#events.eventsPerRequestMax,
    };
    const about = { ...asked, transport, room, form };
    this.#open(request, transport, (session) => new PublishConnection(namespaces, session, about));
  }

  #open(request: IncomingMessage, transport: AnswerableTransport, receiver: (session: Session) => unknown): void {
    const handshake = new HandshakeRequest(withQuery(request));
    const { engine } = this.#context;
    const opened = engine.openSession(transport, handshake, { subprotocol: 'events', receiver });
    const refusal = engine.admission.isClosing ? CLOSED : FULL;
    if (!opened) transport.answer(laterFor(request, refusal, this.#events.retry));
  }

  /** Reads a request. Returns a refusal if the request is invalid. */
  #read(request: IncomingMessage): Asked | HttpAnswer {
    const address = parseAddress(this.#events.path, request.url ?? '');
    if (!address) {
      const message = 'the URL has a "%" that does not begin an escape sequence of UTF-8; write a literal "%" as %25';
      return refuseBad('BAD_ADDRESS', message);
    }
    const { roomsPerRequestMax } = this.#events;
    if (address.rooms.length > roomsPerRequestMax)
      return refuseBad(
        'TOO_MANY',
        `name at most ${roomsPerRequestMax} rooms in a request, got ${address.rooms.length}`,
      );
    const count = address.query.get('history');
    if (count !== null && !/^[1-9]\d{0,8}$/.test(count))
      return refuseBad('BAD_QUERY', '"history" in the query must be a whole number from 1 to 999999999');
    try {
      const header = request.headers['last-event-id'];
      const lastEventId = (Array.isArray(header) ? header[0] : header) || address.query.get('lastEventId') || undefined;
      return {
        address,
        auth: readCredentials(request.headers.authorization, address.query),
        lastEventId,
        history: count === null ? undefined : Number(count),
      };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return refuseBad(error.code, error.message);
    }
  }

  /** Returns the answer to a request that has waited in vain. */
  #giveUp(request: IncomingMessage, why: GivenUp): HttpAnswer {
    return laterFor(request, why === 'closed' ? CLOSED : refuseLate(), this.#events.retry);
  }

  /** Waits for a permit, then asks the application. */
  #admit(request: IncomingMessage, carrier: Carrier, settle: Settle): void {
    this.#context.engine.admission.pace.begin(
      {
        proceed: () => this.#allow(request, carrier, settle),
        refuse: (why, retryAfterMs) => settle(laterFor(request, why === 'closed' ? CLOSED : FULL, retryAfterMs)),
      },
      request.socket,
    );
  }

  /** Asks the application with `allowRequest`, as the engine does before each handshake. */
  #allow(request: IncomingMessage, carrier: Carrier, settle: Settle): void {
    this.#context.engine.admission.ask(request, carrier, (refusal) => {
      if (!refusal) settle();
      else if (refusal.status === 503) settle(laterFor(request, FULL, this.#events.retry));
      else settle(refuseWith(403, { code: 'REFUSED', message: messageOf(refusal) }));
    });
  }
}

/** Returns the message of the application for a client that it has refused, or the usual one. */
function messageOf({ context }: Refusal): string {
  return typeof context.message === 'string' ? context.message : 'the server does not allow this request';
}

function refuseBad(code: string, message: string): HttpAnswer {
  return refuseWith(400, { code, message });
}

/**
 * Refuses a client that may try again later. An `EventSource` never reconnects after a refusal, so it gets a stream
 * that contains the time to reconnect, and ends.
 */
function laterFor(request: IncomingMessage, refusal: HttpAnswer, retryAfterMs: number): HttpAnswer {
  const isStream = request.method === 'GET' && !request.headers.upgrade;
  if (isStream && request.headers.accept?.split(',')[0]?.trim() === EVENT_STREAM.contentType) {
    const headers = { 'Content-Type': EVENT_STREAM.contentType, 'Cache-Control': 'no-store' };
    return { status: 200, headers, body: encodeRetry(Math.max(1_000, Math.ceil(retryAfterMs))), cause: refusal };
  }
  return { ...refusal, headers: { ...refusal.headers, ...Object.fromEntries([retryAfter(retryAfterMs)]) } };
}

/** The name of plain events in taps. */
const WIRE = 'events';

/** The reasons in taps by the codes of answers. Any other code is that of a bad request. */
const TOLD: Readonly<Record<string, keyof typeof REFUSALS>> = {
  BAD_METHOD: 'badMethod',
  CLOSED: 'closed',
  FOREIGN_ORIGIN: 'forbidden',
  FULL: 'overloaded',
  REFUSED: 'forbidden',
  UNAVAILABLE: 'undecided',
};

/** Tells the taps of a refusal, and returns it. */
function told(request: IncomingMessage, refusal: HttpAnswer): HttpAnswer {
  if (!handshakeRefused.hasSubscribers) return refusal;
  // An event stream that may come back later has an answer of its own.
  const { error } = JSON.parse((refusal.cause ?? refusal).body) as { readonly error: { readonly code: string } };
  tellTurnedAway(TOLD[error.code] ?? 'badRequest', WIRE, request.socket, error.code);
  return refusal;
}

function refuse(socket: Duplex, { status, headers, body }: HttpAnswer): void {
  refuseUpgrade(socket, status, body.trimEnd(), Object.entries(headers ?? {}));
}

/**
 * Whether the origin of a request is allowed, after the headers of `cors` were set on its response. A request without
 * an origin does not come from a page. A page of any other host might have sent the rest: browsers open WebSockets and
 * send forms without a preflight.
 */
function isFromAllowedOrigin(request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = request.headers;
  // HTTP/2 sends the host as `:authority`.
  const host = request.headers.host ?? request.headers[':authority'];
  if (origin === undefined || request.headers['sec-fetch-site'] === 'same-origin') return true;
  const allowed = response.getHeader('access-control-allow-origin');
  if (allowed === '*' || allowed === origin) return true;
  const from = /^[a-z][a-z0-9+.-]*:\/\/([^/]+)$/i.exec(origin)?.[1];
  // A proxy names the requested host in this header. Pages cannot set it.
  return from !== undefined && (from === host || from === request.headers['x-forwarded-host']);
}
