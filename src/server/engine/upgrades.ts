/** Which transports a session may move to, and the event streams that sessions are about to move to. engine.io-protocol, "Upgrade". */
import type { ServerResponse } from 'node:http';
import { type EngineRequest, parseQuery } from '../../session/handshake-request.js';
import type { Session } from '../../session/session.js';
import { PostTransport } from '../../transport/polling/posts.js';
import type { PollingSettings } from '../../transport/polling/settings.js';
import { SseTransport } from '../../transport/sse/transport.js';
import { NOBODY, type TransportName } from '../../transport/transport.js';
import type { EngineSettings } from '../options/engine-options.js';

/** From each transport to better ones, the best first: our client tries them in this order, those of others choose. */
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

  /** What the handshake of a session names. Only a client that says `sse=1` reads of HTTP streaming: others do not know the name. */
  namesFor(session: Session): TransportName[] {
    const names = this.#betterFor(session);
    const isKnown = !names.includes('sse') || parseQuery(session.handshake.url).sse === '1';
    return isKnown ? names : names.filter((name) => name !== 'sse');
  }

  /** Whether a session can begin to move to a transport now. */
  canBegin(session: Session, name: TransportName): boolean {
    return !session.upgrading && this.#betterFor(session).includes(name);
  }

  /**
   * Takes a request of an open session, for its transport or for the one that it moves to. When that is HTTP streaming, a GET opens a
   * stream beside the transport in use, and POSTs bring the probe and the change-over. `false`: there is no such upgrade, now or at all.
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
    // All but WebSocket came with protocol 4.
    return better.filter((name) => transports.includes(name) && (name === 'websocket' || session.protocol === 4));
  }
}
