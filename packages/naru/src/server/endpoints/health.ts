/** Tells how a server is: to its program by `io.health()`, and to load balancers by two routes on its HTTP server. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Backplane, BackplaneState } from '../../backplane/backplane.js';
import { ConfigError } from '../../base/errors.js';
import { LoopDelay } from '../../base/loop-delay.js';
import { refuseUpgrade } from '../../transport/websocket/accept.js';
import type { EngineServer } from '../engine/engine-server.js';
import { DELAY_MAX_MS, type HealthSettings } from '../options/health-options.js';
import type { HealthSource, HttpEndpoint, Wire } from './endpoint.js';

/**
 * Why a server is not ready for new clients. `backplane`: the home of its log is not `up`. `delay`: its event loop is
 * late. `closing`: it sends its clients away, or is closed.
 */
export type Unready = 'backplane' | 'delay' | 'closing';

/** How a server is. */
export interface Health {
  /** Whether the server can serve clients. One that is full can: it keeps those that it has. */
  readonly isReady: boolean;
  /** Why it is not ready. Empty if it is. */
  readonly reasons: readonly Unready[];
  /** The state of the backplane. `undefined` without one. */
  readonly backplane: BackplaneState | undefined;
  /** The delay of the event loop in milliseconds, as the average of a second. 0 at the first call. */
  readonly delayMs: number;
  /** The sessions that are open. */
  readonly sessions: number;
}

/** The parts of a server that its health depends on. */
export interface HealthContext {
  readonly engine: Pick<EngineServer, 'clock' | 'clientsCount'> & { readonly admission: { isClosing: boolean } };
  readonly backplane: Pick<Backplane, 'state'> | undefined;
  readonly settings: { readonly health: HealthSettings | undefined };
}

/** The health of one server. It looks at the event loop from the first question on. */
export class ServerHealth implements HealthSource {
  readonly #context: () => HealthContext;
  #delay: LoopDelay | undefined;

  /** `context` returns the parts of the server, of which the engine may not be there from the start. */
  constructor(context: () => HealthContext) {
    this.#context = context;
  }

  /** Returns how the server is now. */
  read(): Health {
    const { engine, backplane, settings } = this.#context();
    this.begin();
    const delayMs = this.#delay?.ms ?? 0;
    const state = backplane && (backplane.state ?? 'up');
    const reasons: Unready[] = [];
    if (state !== undefined && state !== 'up') reasons.push('backplane');
    if (delayMs > (settings.health?.delayMax ?? DELAY_MAX_MS)) reasons.push('delay');
    if (engine.admission.isClosing) reasons.push('closing');
    return { isReady: reasons.length === 0, reasons, backplane: state, delayMs, sessions: engine.clientsCount };
  }

  /** Looks at the event loop from now on. */
  begin(): void {
    this.#delay ??= new LoopDelay(this.#context().engine.clock);
    this.#delay.begin();
  }

  /** Looks no longer, until the next question. */
  end(): void {
    this.#delay?.end();
  }
}

/** The routes as a wire of the server. The option `health` turns them on. */
export const healthWire: Wire = {
  schemes: {},
  openOnHttp({ settings, health }) {
    if (settings.health) health.begin();
    if (settings.health && settings.health.live === settings.health.ready)
      throw new ConfigError('BAD_OPTION', 'Options "health.live" and "health.ready" must be two paths.');
    return settings.health && new HealthEndpoint(settings.health, health);
  },
};

/** Answers the two routes, also while the server closes. The body is JSON without addresses and texts of errors. */
class HealthEndpoint implements HttpEndpoint {
  readonly #settings: HealthSettings;
  readonly #health: HealthSource;

  constructor(settings: HealthSettings, health: HealthSource) {
    this.#settings = settings;
    this.#health = health;
  }

  takes(url: string): boolean {
    const path = url.split('?', 1)[0];
    return path === this.#settings.live || path === this.#settings.ready;
  }

  handleRequest({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const { isReady, reasons } = this.#health.read();
    const isLive = url.split('?', 1)[0] === this.#settings.live;
    const body = isLive ? { isLive } : { isReady, reasons };
    response.writeHead(isLive || isReady ? 200 : 503, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
    });
    response.end(`${JSON.stringify(body)}\n`);
  }

  handleUpgrade(_request: IncomingMessage, socket: Duplex): void {
    refuseUpgrade(socket, 400, 'this path has no WebSocket');
  }

  close(): void {}
}
