/**
 * Decides whether a request may open or continue a session, by engine.io's checks, the application's checks and the
 * bounds.
 */
import type { IncomingMessage } from 'node:http';
import { ConfigError } from '../../base/errors.js';
import { callHook } from '../../base/uncaught.js';
import type { HeaderFields } from '../../protocol/websocket/handshake.js';
import type { EngineRequest } from '../../session/handshake-request.js';
import type { Session } from '../../session/session.js';
import type { EngineProtocol } from '../../transport/encoded-packet.js';
import type { TransportName } from '../../transport/transport.js';
import type { AllowRequestCallback, EngineSettings } from '../options/engine-options.js';
import { HandshakePace, type PacedCarrier } from './handshake-pace.js';
import type { Carrier } from './handshake-waits.js';
import { type Refusal, refuse } from './refusals.js';

/** Called with a refusal, or with the id of the session to open. */
export type Admitted = (refusal: Refusal | undefined, id: string) => void;

/** The parts of a request that the checks read. */
export type CheckedRequest = Pick<EngineRequest, 'method' | 'headers' | '_query'>;

/** Makes the id of a session. */
export type IdGenerator = (request: IncomingMessage) => string | Promise<string>;

const CONTROL_CHARACTER = /[^\t\x20-\x7e\x80-\xff]/;

/** Admits clients. Invariant: `pending` counts the handshakes that wait for the application. */
export class Admission {
  /** Spreads handshakes over time when many arrive at once. Endpoints ask it before they open a session. */
  readonly pace: HandshakePace;
  #hasWarned = false;
  readonly #settings: EngineSettings;
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #generateId: IdGenerator;
  readonly #sidOf: (id: string) => string;
  #sessionsMax: number;
  /** Whether new clients are refused. */
  isClosing = false;
  #pending = 0;

  /** `sidOf` makes a sid of what `generateId` returns. */
  constructor(
    settings: EngineSettings,
    sessions: ReadonlyMap<string, Session>,
    generateId: IdGenerator,
    sidOf: (id: string) => string,
  ) {
    this.#settings = settings;
    this.#sessionsMax = settings.sessionsMax;
    this.#sessions = sessions;
    this.#generateId = generateId;
    this.#sidOf = sidOf;
    this.pace = new HandshakePace(settings);
  }

  /**
   * Takes one of `count` equal parts of the bounds on sessions and handshakes, because as many engines have them
   * together.
   */
  share(count: number): void {
    this.#sessionsMax = Math.max(1, Math.floor(this.#settings.sessionsMax / count));
    this.pace.share(count);
  }

  /** Refuses new clients and those that wait for a permit, because the server shuts down. Open sessions stay. */
  close(): void {
    this.isClosing = true;
    this.pace.close();
  }

  /** Whether another session may be opened. */
  get hasRoom(): boolean {
    return !this.isClosing && this.#sessions.size < this.#sessionsMax;
  }

  /**
   * Runs the checks that need no waiting. `upgrade` has the headers of an upgrade request, and is `undefined` for other
   * requests.
   */
  check(request: CheckedRequest, upgrade: HeaderFields | undefined): Refusal | undefined {
    const { transport, sid } = request._query;
    const isUpgrade = upgrade !== undefined;
    const name = transport as TransportName;
    // Sessions of WebTransport come from `acceptWebTransport`, and never from a request of HTTP.
    const isKnown = name !== 'webtransport' && this.#settings.transports.includes(name);
    if (!isKnown) return refuse('unknownTransport', { transport });
    const { origin } = upgrade ?? request.headers;
    if (typeof origin === 'string' && CONTROL_CHARACTER.test(origin)) {
      return refuse('badRequest', { name: 'INVALID_ORIGIN', origin: '' });
    }
    if (sid) return this.#checkSid(request, sid, name, isUpgrade);
    if (request.method !== 'GET') return refuse('badMethod', { method: request.method });
    if ((name === 'websocket') !== isUpgrade) return refuse('badRequest', { name: 'TRANSPORT_HANDSHAKE_ERROR' });
    const isOldAllowed = this.#settings.allowEIO3 && name !== 'sse';
    if (protocolOf(request) === 3 && !isOldAllowed) {
      this.#warnOfOldClient();
      return refuse('unsupportedProtocol', { protocol: 3 });
    }
    return this.#pending >= this.#settings.handshakesMax ? refuse('overloaded') : this.#checkRoom();
  }

  #warnOfOldClient(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const what = 'A client of Socket.IO 2 was refused, because the option "allowEIO3" is not set.';
    process.emitWarning(`${what} docs/migration.md says what it means.`, { code: 'NARU_OLD_CLIENT' });
  }

  /** Takes a permit for a handshake that may begin at once. Returns whether it did. */
  takes(request: CheckedRequest, upgrade: HeaderFields | undefined): boolean {
    return !this.check(request, upgrade) && this.pace.tryBegin();
  }

  /**
   * Waits for a permit, asks the application and makes an id. Calls back synchronously when none of these takes time,
   * and not at all if `carrier` closes before.
   */
  admit(request: EngineRequest, admitted: Admitted, carrier: PacedCarrier | undefined = request.socket): void {
    this.pace.begin(
      {
        proceed: () => {
          const refusal = this.#checkRoom();
          if (refusal) admitted(refusal, '');
          else this.#decide(request, admitted, carrier);
        },
        refuse: (why, retryAfterMs) => admitted(refuse(why, { retryAfterMs }), ''),
      },
      carrier,
    );
  }

  #checkRoom(): Refusal | undefined {
    if (this.hasRoom) return undefined;
    return refuse(this.isClosing ? 'closed' : 'overloaded');
  }

  /**
   * Asks the application with `allowRequest`. Calls `decided` with the refusal, if there is one. A request beyond
   * `handshakesMax` is refused without a question. A request counts until it is decided or until `carrier`, which is
   * its response or socket, closes; `decided` is not called after that. Without the option, every request is allowed
   * at once.
   */
  ask(request: IncomingMessage, carrier: Carrier | undefined, decided: (refusal: Refusal | undefined) => void): void {
    const { allowRequest, handshakesMax } = this.#settings;
    if (!allowRequest || this.#pending >= handshakesMax) {
      decided(allowRequest && refuse('overloaded'));
      return;
    }
    const isDue = this.#await(carrier);
    const decide: AllowRequestCallback = (message, isAllowed) => {
      if (isDue()) decided(isAllowed ? undefined : refuse('forbidden', { message }, message ?? undefined));
    };
    callHook(
      () => allowRequest(request, decide),
      () => decide(undefined, false),
    );
  }

  #decide(request: EngineRequest, admitted: Admitted, carrier: Carrier | undefined): void {
    this.ask(request, carrier, (refusal) => {
      if (refusal) admitted(refusal, '');
      else this.#createId(request, admitted, carrier);
    });
  }

  /**
   * Counts a handshake as waiting until its carrier closes or the caller ends the wait with the returned function. That
   * function returns whether the handshake still waited.
   */
  #await(carrier: Carrier | undefined): () => boolean {
    let isWaiting = true;
    const settle = (): boolean => {
      if (!isWaiting) return false;
      isWaiting = false;
      this.#pending -= 1;
      carrier?.off('close', settle);
      return true;
    };
    this.#pending += 1;
    carrier?.once('close', settle);
    return settle;
  }

  #createId(request: EngineRequest, admitted: Admitted, carrier: Carrier | undefined): void {
    const failed = (error: unknown): void => admitted(refuse('badRequest', { name: 'ID_GENERATION_ERROR', error }), '');
    const created = (id: string): void => {
      const sid = typeof id === 'string' && id !== '' ? this.#sidOf(id) : undefined;
      if (sid === undefined) failed(new ConfigError('WRONG_STATE', 'generateId must return a non-empty string'));
      else if (this.#sessions.has(sid))
        failed(
          new ConfigError('WRONG_STATE', 'generateId must return a unique id, but returned the id of another session'),
        );
      // Other sessions may have opened, or the server begun to close, while the application took its time.
      else admitted(this.#checkRoom(), sid);
    };
    let id: string | Promise<string>;
    try {
      id = this.#generateId(request);
    } catch (error) {
      failed(error);
      return;
    }
    if (typeof id === 'string') {
      created(id);
      return;
    }
    const isDue = this.#await(carrier);
    Promise.resolve(id).then(
      (given) => isDue() && created(given),
      (error) => isDue() && failed(error),
    );
  }

  #checkSid(request: CheckedRequest, sid: string, name: TransportName, isUpgrade: boolean): Refusal | undefined {
    const session = this.#sessions.get(sid);
    if (!session) return refuse('unknownSid', { sid });
    // Ordinary requests may move a session from long-polling to HTTP streaming.
    const isUpgradeByRequest = name === 'sse' && session.transport.name === 'polling';
    if (!isUpgrade && !isUpgradeByRequest && session.transport.name !== name) return mismatch(session, name);
    if ((name === 'websocket') !== isUpgrade) return refuse('badRequest', { name: 'TRANSPORT_HANDSHAKE_ERROR' });
    const protocol = protocolOf(request);
    if (protocol === session.protocol) return undefined;
    return refuse('badRequest', { name: 'PROTOCOL_MISMATCH', protocol, previousProtocol: session.protocol });
  }
}

/** Returns the refusal of a request for another transport than the session's. */
export function mismatch(session: Session, transport: string | undefined): Refusal {
  return refuse('badRequest', { name: 'TRANSPORT_MISMATCH', transport, previousTransport: session.transport.name });
}

/** Returns the version of Engine.IO that a client speaks. It is 3 unless the client names 4. */
export function protocolOf(request: Pick<EngineRequest, '_query'>): EngineProtocol {
  return request._query.EIO === '4' ? 4 : 3;
}
