/** The engine: admits clients over HTTP and WebSocket, and keeps their sessions. engine.io-protocol 4 and 3. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { Emitter, type EventName } from '../../base/emitter.js';
import { markSessionId } from '../../base/node/socket-ids.js';
import { withoutUndefined } from '../../base/options/without-undefined.js';
import { nodeInternalsFor } from '../../node-internals/choose.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import type { UpgradeHead } from '../../protocol/http/upgrade-head.js';
import type { HeaderFields } from '../../protocol/websocket/handshake.js';
import { ClosingSessions } from '../../session/closing-sessions.js';
import { type EngineRequest, HandshakeRequest, parseQuery, withQuery } from '../../session/handshake-request.js';
import { Heartbeats } from '../../session/heartbeat.js';
import type { Outbox } from '../../session/outbox.js';
import { Session } from '../../session/session.js';
import type { SessionContext } from '../../session/session-context.js';
import type { Subprotocol } from '../../session/session-events.js';
import { tellOpened } from '../../session/session-taps.js';
import { sidOf } from '../../session/sid.js';
import type { SlowReport } from '../../session/slow-report.js';
import { printTaps } from '../../taps/debug.js';
import { handshakeForeign } from '../../taps/taps.js';
import { ClosingStreams } from '../../transport/closing-streams.js';
import type { PollingSettings } from '../../transport/polling/settings.js';
import { PollingTransport } from '../../transport/polling/transport.js';
import { SseTransport } from '../../transport/sse/transport.js';
import { NOBODY, type Transport } from '../../transport/transport.js';
import type { WebSocketSettings } from '../../transport/websocket/settings.js';
import { Admission, mismatch, protocolOf } from '../admission/admission.js';
import { HandshakeWaits } from '../admission/handshake-waits.js';
import { Refusals, refuse, tellTurnedAway } from '../admission/refusals.js';
import { type EngineOptions, type EngineSettings, readEngineOptions } from '../options/engine-options.js';
import { type AnyHttpServer, attachEngine, type RequestTarget, toPrefix } from './attach.js';
import { corsOf, mayRefuse } from './cors.js';
import { forgetHead, isGone } from './ended-requests.js';
import { type EngineHost, nobody } from './engine-host.js';
import { EngineMiddleware, type EngineMiddlewareFunction, type HeaderList } from './engine-middleware.js';
import { HandshakeText } from './handshake-text.js';
import { pollingSettingsOf } from './polling-settings.js';
import { ResponseHeaders } from './response-headers.js';
import { pickUpgradeHeaders } from './upgrade-headers.js';
import { Upgrades } from './upgrades.js';
import { acceptWebSocket, webSocketSettingsOf } from './websocket-acceptor.js';

/** An upgrade as Node passes it to a listener. */
interface Upgrade {
  readonly request: EngineRequest;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Optional details of a session that `openSession` opens. */
export interface OpenSessionOptions {
  /** Id of the session. It must be secret and unique. @default a random one */
  readonly id?: string;
  /** Subprotocol of the client. @default 'socket.io' */
  readonly subprotocol?: Subprotocol;
  /** Whether the client already has its Engine.IO handshake or needs none. @default whether the transport is plain */
  readonly isAnnounced?: boolean;
  /** Takes the session after it is opened. @default the engine's own `receiver`, Socket.IO */
  readonly receiver?: (session: Session) => unknown;
}

/**
 * A server of sessions. Emits `connection` (session), `connection_error` (details), `flush` (session, packets) and
 * `drain` (session). `initial_headers` and `headers` (headers, request) come before the engine's responses; their
 * listeners may add headers.
 */
export class EngineServer extends Emitter implements SessionContext<Session> {
  /** All options, with their defaults. */
  readonly opts: EngineSettings;
  /** The HTTP server that the engine was first attached to. */
  httpServer: unknown = undefined;
  readonly clock: Clock;
  /** The undocumented parts of Node that the engine uses. `parts` says which are on. */
  readonly nodeInternals: NodeInternals;
  /** Collects what sessions send. */
  outbox: Outbox;
  /** The connections that wait for the other side to close, for a wire that brings connections of its own. */
  readonly closing: ClosingStreams;
  /** The settings that all transports over HTTP requests share. @internal */
  readonly polling: PollingSettings;
  readonly heartbeats: Heartbeats;
  readonly closingSessions: ClosingSessions;
  readonly upgradeTimeout: number;
  readonly bufferedBytesMax: number;
  #host: EngineHost;
  readonly #sessions = new Map<string, Session>();
  /** Adds the headers of the option `cors` and calls `next`. A preflight may be answered here instead. @internal */
  readonly applyCors: EngineMiddlewareFunction;
  readonly #middleware = new EngineMiddleware();
  /** The middleware of upgrades, with the option `cors` before the others if it may refuse some. */
  readonly #upgradeMiddleware = new EngineMiddleware();
  readonly #webSockets: WebSocketSettings;
  readonly #upgrades: Upgrades;
  readonly #handshakeText: HandshakeText;
  readonly #headers: ResponseHeaders;
  /** Decides which clients may open a session, for a wire that brings connections of its own. */
  readonly admission: Admission;
  readonly #waits: HandshakeWaits;
  readonly #refusals = new Refusals((error) => this.tell('connection_error', error));
  readonly #detach: (() => void)[] = [];

  /** Throws ConfigError for invalid options. A server passes `opts`, which it has already checked, and itself. */
  constructor(options: EngineOptions = {}, opts = readEngineOptions(options), host = nobody(opts.clock)) {
    super();
    printTaps();
    this.opts = opts;
    this.clock = opts.clock;
    this.nodeInternals = nodeInternalsFor(opts.nodeInternals);
    this.#host = host;
    this.outbox = host.outbox;
    this.heartbeats = new Heartbeats(opts.clock, opts.pingInterval, opts.pingTimeout);
    this.closingSessions = new ClosingSessions(opts.clock, opts.closeTimeout);
    this.upgradeTimeout = opts.upgradeTimeout;
    this.bufferedBytesMax = opts.bufferedBytesMax;
    this.applyCors = corsOf(opts.cors);
    if (mayRefuse(opts.cors)) this.#upgradeMiddleware.use(this.applyCors);
    this.closing = new ClosingStreams(opts.clock, this.nodeInternals.takenBytes);
    this.#webSockets = webSocketSettingsOf(opts, this.closing);
    this.#headers = new ResponseHeaders(opts.cookie, this);
    this.polling = pollingSettingsOf(opts, this.nodeInternals, this.#headers, this.closing);
    this.#upgrades = new Upgrades(opts, this.polling);
    this.#handshakeText = new HandshakeText(opts);
    this.admission = new Admission(
      opts,
      this.#sessions,
      (request) => this.generateId(request),
      (id) => sidOf(id, this.#host.nodeCode()),
    );
    this.#waits = new HandshakeWaits(opts.clock, opts.handshakeTimeout);
  }

  /** Gives an engine that was made elsewhere to a server, before it opens sessions. @internal */
  giveTo(host: EngineHost): void {
    this.#host = host;
    this.outbox = host.outbox;
  }

  /** The parts that admit clients, for a wire that brings connections of its own. */
  get parts() {
    const { opts } = this;
    const parts = { middleware: this.#middleware, refusals: this.#refusals, upgrades: this.#upgrades };
    return { engine: this as EngineServer, opts, sessions: this.#sessions, ...parts };
  }

  /** Sessions that are open. */
  get clientsCount(): number {
    return this.#sessions.size;
  }

  /** The sessions by id. */
  get clients(): Record<string, Session> {
    return Object.fromEntries(this.#sessions);
  }

  /** Lists at most `limit` (100) slow sockets, those with the most waiting bytes first, and counts since the start. */
  slow(limit?: number): SlowReport {
    return this.#host.slow(limit);
  }

  /** Makes the id of a session. You may replace it, also by an async function. Ids must be secret and unique. */
  generateId(_request: IncomingMessage): string | Promise<string> {
    return markSessionId(this.opts.random.id());
  }

  /** Adds middleware in the form of Express. Each request of the engine passes it. */
  use(middleware: EngineMiddlewareFunction): this {
    for (const each of [this.#middleware, this.#upgradeMiddleware]) each.use(middleware);
    return this;
  }

  /** Passes the requests under the path of an HTTP server to `target`, by default the engine, and no others. */
  attach(server: AnyHttpServer, options: EngineOptions = {}, target: RequestTarget = this): this {
    readEngineOptions(options);
    const { path, addTrailingSlash, ...settings } = { ...this.opts, ...withoutUndefined(options) };
    this.httpServer ??= server;
    const { clock, nodeInternals } = this;
    const acceptsUpgrades = this.opts.transports.includes('websocket');
    const prefix = toPrefix(path, addTrailingSlash);
    const takes = (url: string): boolean => url.startsWith(prefix);
    this.#detach.push(attachEngine(server, target, { ...settings, takes, clock, nodeInternals, acceptsUpgrades }));
    return this;
  }

  /** Closes all sessions at once, with `forced close`, and refuses all later requests. The HTTP server stays open. */
  close(): this {
    this.admission.close();
    this.#waits.close();
    for (const session of [...this.#sessions.values()]) session.close(true);
    this.closing.hurry();
    for (const detach of this.#detach.splice(0)) detach();
    return this;
  }

  /** Answers a request for the engine. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const engineRequest = withQuery(request);
    if (this.#waits.isClosed) {
      this.#refusals.request(engineRequest, response, refuse('closed'));
      return;
    }
    const proceed = (error?: unknown): void => {
      if (error) this.#refusals.request(engineRequest, response, refuse('badRequest', { name: 'MIDDLEWARE_FAILURE' }));
      else if (!isGone(response)) this.#onRequest(engineRequest, response);
    };
    const pass = (error?: unknown): void => {
      if (error || this.#middleware.isEmpty) {
        proceed(error);
        return;
      }
      const isDue = this.#waits.begin(response, (why) => this.#refusals.request(engineRequest, response, refuse(why)));
      this.#middleware.run(request, response, (failure) => isDue() && proceed(failure));
    };
    this.applyCors(request, response, pass);
  }

  /** Answers an upgrade request for the engine. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const engineRequest = withQuery(request);
    if (this.#waits.isClosed) {
      this.#refusals.upgrade(engineRequest, socket, refuse('closed'));
      return;
    }
    if (this.#upgradeMiddleware.isEmpty) {
      this.#onUpgrade({ request: engineRequest, socket, head }, []);
      return;
    }
    const isDue = this.#waits.hold(socket, (why) => this.#refusals.upgrade(engineRequest, socket, refuse(why)));
    this.#upgradeMiddleware.runForUpgrade(request, socket, (error, headers) => {
      if (!isDue()) return;
      if (error) this.#refusals.upgrade(engineRequest, socket, refuse('badRequest', { name: 'MIDDLEWARE_FAILURE' }));
      else this.#onUpgrade({ request: engineRequest, socket, head }, headers);
    });
  }

  /** Opens a session for an upgrade that Node's parser has not read. Returns `false` if the program may look at it. */
  takeUpgrade(head: UpgradeHead, socket: NetSocket, rest: Buffer): boolean {
    if (this.#isRequestWanted()) return false;
    const _query = parseQuery(head.url);
    const request = { method: 'GET', httpVersion: '1.1', headers: head.fields, _query };
    if (_query.sid || !this.admission.takes(request, head.fields)) return false;
    const id = this.#createSid();
    const firstFrames = this.#handshakeText.encodeFrame(id);
    const options = { fields: head.fields, firstFrames };
    const transport = acceptWebSocket(request, socket, rest, this.#webSockets, options);
    if (transport)
      this.#open(this.#addSession(id, transport, HandshakeRequest.ofHead(head, socket)), firstFrames !== '');
    return true;
  }

  /** Opens a session for the GET of an event stream that was read without Node's parser, as `takeUpgrade` does. */
  takeStream(head: UpgradeHead, socket: NetSocket): boolean {
    if (this.opts.cors || this.opts.cookie || this.#isRequestWanted() || handshakeForeign.hasSubscribers) return false;
    const _query = parseQuery(head.url);
    if (_query.transport !== 'sse' || _query.sid) return false;
    if (!this.admission.takes({ method: 'GET', headers: head.fields, _query }, undefined)) return false;
    const transport = SseTransport.onSocket(this.polling, socket);
    return this.openSession(transport, HandshakeRequest.ofHead(head, socket)) !== undefined;
  }

  /** Opens a session for a client on another wire. Returns `undefined` when the engine is closing or full. */
  openSession(
    transport: Transport,
    handshake: HandshakeRequest,
    options: OpenSessionOptions = {},
  ): Session | undefined {
    const { hasRoom, isClosing } = this.admission;
    if (!hasRoom) return tellTurnedAway(isClosing ? 'closed' : 'overloaded', transport.name, handshake);
    const { id = this.#createSid(), subprotocol = 'socket.io', receiver } = options;
    // The application may have attached data to the request, so the session keeps the request itself.
    if (this.opts.allowRequest) handshake.pin();
    const session = this.#addSession(id, transport, handshake);
    session.subprotocol = subprotocol;
    this.#open(session, options.isAnnounced ?? transport.isPlain === true, receiver);
    return session;
  }

  handshakeOf(session: Session): string {
    return this.#handshakeText.encode(session.id, this.#upgrades.namesFor(session));
  }

  get isWatched(): boolean {
    return !this.isSilent && (this.hasListeners('flush') || this.hasListeners('drain'));
  }

  onEvent(name: 'flush' | 'drain', session: Session, ...args: unknown[]): void {
    this.tell(name, session, ...args);
  }

  onClosed(session: Session): void {
    this.#sessions.delete(session.id);
  }

  emit(name: EventName, ...args: unknown[]): boolean {
    return this.applyLocal(name, args);
  }

  #onRequest(request: EngineRequest, response: ServerResponse): void {
    const refusal = this.#waits.isClosed ? refuse('closed') : this.admission.check(request, undefined);
    if (refusal) {
      this.#refusals.request(request, response, refusal);
      return;
    }
    const session = this.#sessions.get(request._query.sid ?? '');
    const isServed = session && this.#upgrades.onRequest(session, request, response);
    if (session && !isServed) this.#refusals.request(request, response, mismatch(session, request._query.transport));
    if (session) return;
    const isDue = this.#waits.begin(response, (why) => this.#refusals.request(request, response, refuse(why)));
    this.admission.admit(request, (failure, id) => {
      // A response that has already closed would never report it to a session.
      if (!isDue() || isGone(response)) return;
      if (failure) return this.#refusals.request(request, response, failure);
      const isStream = request._query.transport === 'sse';
      const transport = isStream
        ? new SseTransport(this.polling, NOBODY, id)
        : new PollingTransport(this.polling, protocolOf(request), NOBODY, request, id);
      const opened = this.#createSession(request, transport, id);
      transport.onRequest(request, response);
      this.#open(opened, false);
      if (isStream && opened.handshake.release() && !this.#headers.isWatched) forgetHead(request);
    });
  }

  #onUpgrade(upgrade: Upgrade, headers: HeaderList): void {
    const { request, socket } = upgrade;
    const fields = pickUpgradeHeaders(request.rawHeaders);
    const refusal = this.admission.check(request, fields);
    if (refusal) this.#refusals.upgrade(request, socket, refusal);
    else if (request._query.sid) this.#accept(upgrade, fields, headers, undefined);
    else if (this.#isIdOurs() && this.admission.pace.tryBegin())
      this.#accept(upgrade, fields, headers, this.#createSid());
    else {
      const isDue = this.#waits.hold(socket, (why) => this.#refusals.upgrade(request, socket, refuse(why)));
      this.admission.admit(request, (failure, id) => {
        if (!isDue()) return;
        if (failure) this.#refusals.upgrade(request, socket, failure);
        else this.#accept(upgrade, fields, headers, id);
      });
    }
  }

  /** Accepts a WebSocket of a new session with an id, or of a session that moves to it. */
  #accept({ request, socket, head }: Upgrade, fields: HeaderFields, given: HeaderList, id: string | undefined): void {
    const firstFrames = id === undefined ? '' : this.#handshakeText.encodeFrame(id);
    const headers = this.#headers.listFor(given, request, id);
    const transport = acceptWebSocket(request, socket, head, this.#webSockets, { fields, headers, firstFrames });
    const session = this.#sessions.get(request._query.sid ?? '');
    if (transport && id !== undefined) this.#open(this.#createSession(request, transport, id), firstFrames !== '');
    else if (transport && session && this.#upgrades.canBegin(session, 'websocket')) session.beginUpgrade(transport);
    else if (transport) transport.close();
    else if (!socket.destroyed) tellTurnedAway('badRequest', 'websocket', request.socket);
  }

  #createSession(request: EngineRequest, transport: Transport, id: string): Session {
    const handshake = new HandshakeRequest(request);
    if (!this.#middleware.isEmpty || this.opts.allowRequest) handshake.pin();
    return this.#addSession(id, transport, handshake);
  }

  #addSession(id: string, transport: Transport, handshake: HandshakeRequest): Session {
    const session = new Session(this, id, transport, handshake);
    this.#sessions.set(id, session);
    return session;
  }

  #open(session: Session, isAnnounced: boolean, receiver?: OpenSessionOptions['receiver']): void {
    session.open(isAnnounced);
    tellOpened(session);
    if (this.opts.initialPacket !== undefined && !session.transport.isPlain) session.send(this.opts.initialPacket);
    // As in engine.io, the answer to the first poll has the handshake alone. Packets of listeners follow in the next.
    if (!isAnnounced) session.flush();
    if (receiver) receiver(session);
    else this.#host.onSession(session);
    this.tell('connection', session);
    session.handshake.release();
  }

  #createSid(): string {
    return sidOf(markSessionId(this.opts.random.id()), this.#host.nodeCode());
  }

  /** Whether the engine decides about handshakes alone, without `allowRequest` and with its own ids. */
  #isIdOurs(): boolean {
    return this.opts.allowRequest === undefined && this.generateId === EngineServer.prototype.generateId;
  }

  /** Whether the application may look at upgrade requests before they are answered. */
  #isRequestWanted(): boolean {
    return !this.#upgradeMiddleware.isEmpty || !this.#isIdOurs() || this.#headers.isWatched;
  }
}
