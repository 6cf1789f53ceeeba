/**
 * Decides which transports a session may move to, and keeps the event streams of moves in progress. engine.io-protocol,
 * "Upgrade".
 */
import type { ServerResponse } from 'node:http';
import { type EngineRequest, parseQuery } from '../../session/handshake-request.js';
import type { Session } from '../../session/session.js';
import { PostTransport } from '../../transport/polling/posts.js';
import type { PollingSettings } from '../../transport/polling/settings.js';
import { SseTransport } from '../../transport/sse/transport.js';
import { NOBODY, type TransportName } from '../../transport/transport.js';
import type { EngineSettings } from '../options/engine-options.js';

/**
 * The better transports for each transport, the best first. Naru's client tries them in this order; other clients
 * choose themselves.
 */
const BETTER: Readonly<Partial<Record<TransportName, readonly TransportName[]>>> = {
  polling: ['webtransport', 'websocket', 'sse'],
  sse: ['webtransport', 'websocket'],
};

/** The upgrades of one engine's sessions. */
export class Upgrades {
  readonly #settings: Pick<EngineSettings, 'transports' | 'allowUpgrades'>;
  readonly #polling: PollingSettings;
  readonly #streams = new WeakMap<Session, SseTransport>();

  constructor(settings: Pick<EngineSettings, 'transports' | 'allowUpgrades'>, polling: PollingSettings) {
    this.#settings = settings;
    this.#polling = polling;
  }

  /**
   * The upgrades that a session's handshake names. `sse` is named only to clients that send `sse=1`, because others do
   * not know it.
   */
  namesFor(session: Session): TransportName[] {
    const names = this.#betterFor(session);
    const isKnown = !names.includes('sse') || parseQuery(session.handshake.url).sse === '1';
    return isKnown ? names : names.filter((name) => name !== 'sse');
  }

  /** Whether a session can start to move to a transport now. */
  canBegin(session: Session, name: TransportName): boolean {
    return !session.upgrading && this.#betterFor(session).includes(name);
  }

  /**
   * Passes a request of an open session to its transport, or to the transport that it moves to. For HTTP streaming, a
   * GET opens a stream beside the transport in use, and POSTs carry the probe and the upgrade packet. Returns `false`
   * when the session cannot move there now.
   */
  onRequest(session: Session, request: EngineRequest, response: ServerResponse): boolean {
    const { transport } = session;
    if (transport.name === request._query.transport && transport instanceof PostTransport) {
      transport.onRequest(request, response);
      return true;
    }
    if (request._query.transport !== 'sse') return false;
    let stream = session.upgrading ? this.#streams.get(session) : undefined;
    if (!stream) {
      if (request.method !== 'GET' || !this.canBegin(session, 'sse')) return false;
      stream = new SseTransport(this.#polling, NOBODY, undefined);
      this.#streams.set(session, stream);
      session.beginUpgrade(stream);
    }
    stream.onRequest(request, response);
    return true;
  }

  #betterFor(session: Session): TransportName[] {
    const { allowUpgrades, transports } = this.#settings;
    const better = (allowUpgrades && BETTER[session.transport.name]) || [];
    // Clients of protocol 3 can upgrade to WebSocket only.
    return better.filter((name) => transports.includes(name) && (name === 'websocket' || session.protocol === 4));
  }
}
