/**
 * Takes WebTransport sessions from an HTTP/3 server, and opens sessions of the engine on them. engine.io-protocol,
 * "WebTransport".
 */
import { EventEmitter } from 'node:events';
import type { Timer } from 'naru/base';
import { waitsOf } from 'naru/base';
import { OPEN } from 'naru/protocol';
import type {
  Admission,
  EngineMiddleware,
  EngineServer,
  EngineSettings,
  Session,
  Transport,
  TransportHandler,
  Unit,
  Upgrades,
} from 'naru/wire';
import { type AdmissionRefusal, HandshakeRequest, type Refusals, refuse, toPrefix } from 'naru/wire';
import { type WebTransportSettings, WebTransportTransport } from './transport.js';
import type { WebTransportBidirectionalStream, WebTransportSession } from './w3c.js';

/** The request that opened a WebTransport session. A native server knows it, but the W3C interface does not show it. */
export interface WebTransportRequest {
  /** The target of the request with its query. @default the engine's path */
  url?: string;
  /** Its headers by name: `origin`, `cookie`. @default none */
  headers?: Readonly<Record<string, string>>;
  /** The address of the peer. @default '' */
  remoteAddress?: string;
}

/** A server, as `acceptWebTransport` sees it. */
interface WithEngine {
  readonly engine: EngineServer;
}

const acceptors = new WeakMap<EngineServer, WebTransportAcceptor>();

/**
 * Takes a W3C WebTransport session, on which a client opens a session of a server or an engine, or upgrades an existing
 * one. Resolves when that has succeeded or failed. docs/webtransport.md.
 */
export function acceptWebTransport(
  server: WithEngine | EngineServer,
  session: WebTransportSession,
  about?: WebTransportRequest,
): Promise<void> {
  const engine = 'engine' in server ? server.engine : server;
  let acceptor = acceptors.get(engine);
  if (!acceptor) {
    acceptor = new WebTransportAcceptor(engine.parts);
    acceptors.set(engine, acceptor);
  }
  return acceptor.accept(session, about);
}

/** The engine as the endpoint sees it, with the parts that admit clients. */
export interface WebTransportHost {
  readonly engine: {
    readonly admission: Admission;
    openSession(transport: Transport, handshake: HandshakeRequest, options: { id: string }): Session | undefined;
  };
  readonly opts: EngineSettings;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly middleware: EngineMiddleware;
  readonly refusals: Refusals;
  readonly upgrades: Upgrades;
}

/** The close codes of WebSockets. */
const PROTOCOL_ERROR = 1002;
const FORBIDDEN = 1008;
const TRY_AGAIN = 1013;

/**
 * The endpoint. Invariant: `#pendingCount` counts the sessions whose handshake is under way, and is at most
 * `handshakesMax`.
 */
export class WebTransportAcceptor {
  readonly host: WebTransportHost;
  readonly settings: WebTransportSettings;
  #pendingCount = 0;

  constructor(host: WebTransportHost) {
    this.host = host;
    const { clock, closeTimeout, maxHttpBufferSize: recordBytesMax } = host.opts;
    this.settings = { clock, recordBytesMax, closeDeadlines: waitsOf(clock, closeTimeout) };
  }

  /** Takes a session. Resolves when its handshake has succeeded or failed. */
  async accept(session: WebTransportSession, about: WebTransportRequest = {}): Promise<void> {
    // Readers and writers report this rejection too. Without a handler here, it would be an unhandled one.
    session.closed.catch(() => undefined);
    const opening = new Opening(this, session, about);
    if (this.#pendingCount >= this.host.opts.handshakesMax) {
      opening.refuse(refuse('overloaded'));
      return;
    }
    this.#pendingCount += 1;
    try {
      await opening.run();
    } finally {
      this.#pendingCount -= 1;
    }
  }
}

/**
 * The handshake of one session: ready, first stream, first packet, and the application's decision, all within
 * `upgradeTimeout`.
 */
class Opening implements TransportHandler {
  readonly #host: WebTransportHost;
  readonly #settings: WebTransportSettings;
  readonly #session: WebTransportSession;
  readonly #handshake: HandshakeRequest;
  /** Closes with the opening, in place of the socket of a request. */
  readonly #carrier: EventEmitter & { readonly remoteAddress: string };
  #transport: WebTransportTransport | undefined;
  #deadline: Timer | undefined;
  #isOver = false;
  #onOver: () => void = () => undefined;

  constructor({ host, settings }: WebTransportAcceptor, session: WebTransportSession, about: WebTransportRequest) {
    const {
      url = `${toPrefix(host.opts.path, true)}?EIO=4&transport=webtransport`,
      headers,
      remoteAddress = '',
    } = about;
    this.#host = host;
    this.#settings = settings;
    this.#session = session;
    this.#handshake = HandshakeRequest.of({ url, headers, remoteAddress, isSecure: true });
    this.#carrier = Object.assign(new EventEmitter(), { remoteAddress });
  }

  /** Runs the handshake. Resolves when it has succeeded or failed. */
  run(): Promise<void> {
    const { clock, upgradeTimeout } = this.#host.opts;
    const expire = (): void => this.#close(PROTOCOL_ERROR, 'no handshake in time');
    this.#deadline = clock.setTimeout(expire, upgradeTimeout, undefined);
    return new Promise((resolve) => {
      this.#onOver = resolve;
      this.#open().catch(() => this.#close(PROTOCOL_ERROR, 'no stream'));
    });
  }

  /** Reports a refusal and closes the WebTransport session. */
  refuse(refusal: AdmissionRefusal): void {
    this.#host.refusals.report(this.#handshake.request, refusal);
    const code = refusal.status === 503 ? TRY_AGAIN : refusal.status === 403 ? FORBIDDEN : PROTOCOL_ERROR;
    this.#close(code, refusal.reply);
  }

  onData(_transport: Transport, unit: Unit): void {
    if (unit === OPEN) this.#admit();
    else if (typeof unit === 'string' && unit.startsWith(OPEN)) this.#upgrade(unit.slice(1));
    else this.refuse(refuse('badRequest', { name: 'BAD_FIRST_PACKET' }));
  }

  onWritable(): void {}

  onClose(): void {
    this.#end();
  }

  async #open(): Promise<void> {
    await this.#session.ready;
    if (this.#isOver) return;
    const streams = this.#session.incomingBidirectionalStreams.getReader();
    let stream: WebTransportBidirectionalStream | undefined;
    try {
      ({ value: stream } = await streams.read());
    } finally {
      streams.releaseLock();
    }
    if (this.#isOver) return;
    if (stream) this.#transport = new WebTransportTransport(this.#session, stream, this.#settings, this);
    else this.#end();
  }

  /** Opens a new session. */
  #admit(): void {
    const { engine, opts, sessions, middleware } = this.#host;
    if (!middleware.isEmpty) {
      // Middleware needs a request and a response, which do not exist here. Skipping the middleware would let clients
      // evade its checks.
      this.refuse(refuse('badRequest', { name: 'MIDDLEWARE_FAILURE' }));
      return;
    }
    const transport = this.#transport as WebTransportTransport;
    // Data after the first packet waits until the application has decided.
    transport.pause();
    engine.admission.admit(
      this.#handshake.request,
      (refusal, id) => {
        if (this.#isOver) return;
        if (refusal) this.refuse(refusal);
        else if (engine.openSession(transport, this.#handshake, { id })) {
          this.#end();
          transport.resume();
        } else this.refuse(refuse(sessions.size >= opts.sessionsMax ? 'overloaded' : 'closed'));
      },
      this.#carrier,
    );
  }

  /** Moves an open session to this transport. */
  #upgrade(data: string): void {
    const { sessions, upgrades } = this.#host;
    const sid = sidOf(data);
    const session = sessions.get(sid ?? '');
    if (!session || !upgrades.canBegin(session, 'webtransport')) {
      this.refuse(refuse(session ? 'badRequest' : 'unknownSid', { sid }));
      return;
    }
    this.#end();
    session.beginUpgrade(this.#transport as WebTransportTransport);
  }

  #close(code: number, reason: string): void {
    this.#end();
    if (this.#transport) this.#transport.close(code, reason);
    else {
      try {
        this.#session.close({ closeCode: code, reason });
      } catch {
        // The WebTransport session was never established.
      }
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#deadline !== undefined) this.#host.opts.clock.clearTimeout(this.#deadline);
    this.#carrier.emit('close');
    this.#onOver();
  }
}

/** Returns the session id in the first packet of an upgrade, or `undefined` if it cannot be read. */
function sidOf(data: string): string | undefined {
  try {
    const { sid } = JSON.parse(data) as { sid?: unknown };
    return typeof sid === 'string' ? sid : undefined;
  } catch {
    return undefined;
  }
}
