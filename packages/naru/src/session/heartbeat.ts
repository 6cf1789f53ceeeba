/** Detects dead sessions: engine.io-protocol, "Heartbeat". A few timers serve all sessions. */
import type { Clock } from '../base/clock.js';
import { type DeadlineEntry, Deadlines } from '../base/deadlines.js';
import { sessionBeat } from '../taps/taps.js';
import type { EngineProtocol } from '../transport/encoded-packet.js';

/** A session as its heartbeat sees it. */
export interface Beating extends DeadlineEntry {
  readonly protocol: EngineProtocol;
  /** The number of the session in its process. */
  readonly number: number;
  /** Sends a ping packet. */
  ping(): void;
  /** Called when the peer has not answered in time. */
  onPingTimeout(): void;
}

/**
 * The pings of a session that wait for their pong, oldest first. `undefined` stands for a ping of the heartbeat itself.
 */
type Pings = ((() => void) | undefined)[];

/** The most pings of a session that wait for their pong. Beyond it, `probe` sends none. */
const PINGS_MAX = 8;

/** The heartbeats of all sessions of an engine. In protocol 4 the server sends the pings, in protocol 3 the client. */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #idle: Deadlines<Beating>;
  readonly #awaited: Deadlines<Beating>;
  readonly #clientDriven: Deadlines<Beating>;
  /** The sessions with a probe under way. */
  readonly #pings = new Map<Beating, Pings>();

  /** The server pings `pingIntervalMs` after the last pong, and the next pong must arrive within `pingTimeoutMs`. */
  constructor(clock: Clock, pingIntervalMs: number, pingTimeoutMs: number) {
    this.#clock = clock;
    this.#awaited = new Deadlines<Beating>(clock, pingTimeoutMs, (session) => session.onPingTimeout());
    this.#idle = new Deadlines<Beating>(clock, pingIntervalMs, (session) => {
      this.#awaited.add(session);
      this.#pings.get(session)?.push(undefined);
      session.ping();
    });
    this.#clientDriven = new Deadlines<Beating>(clock, pingIntervalMs + pingTimeoutMs, (session) =>
      session.onPingTimeout(),
    );
  }

  /** The number of watched sessions. */
  get count(): number {
    return this.#idle.count + this.#awaited.count + this.#clientDriven.count;
  }

  /**
   * Sends a ping beside the heartbeat, and calls `onPong` with its pong. A peer answers pings in order, so it has then
   * received everything that was sent before. Returns `false`, and sends nothing, while too many pings wait. The peer
   * must answer each ping with one pong.
   */
  probe(session: Beating, onPong: () => void): boolean {
    // A ping of the heartbeat may be on its way already.
    const pings = this.#pings.get(session) ?? (session.deadlineQueue === (this.#awaited as unknown) ? [undefined] : []);
    if (pings.length >= PINGS_MAX) return false;
    pings.push(onPong);
    this.#pings.set(session, pings);
    session.ping();
    return true;
  }

  /** Called with each pong, or with each ping of a client that sends them. */
  onBeat(session: Beating): void {
    if (sessionBeat.hasSubscribers && session.deadlineQueue === (this.#awaited as unknown)) this.#tell(session);
    this.renew(session);
    const pings = this.#pings.get(session);
    if (!pings) return;
    const onPong = pings.shift();
    if (pings.length === 0) this.#pings.delete(session);
    onPong?.();
  }

  #tell({ number: connection, deadlineAt }: Beating): void {
    const askedAt = deadlineAt - this.#awaited.durationMs;
    sessionBeat.publish({ connection, ms: Math.max(0, this.#clock.now() - askedAt) });
  }

  /** Returns when a session was heard last, in milliseconds of the clock. Returns 0 for one that is not watched. */
  heardAt({ deadlineAt, deadlineQueue }: Beating): number {
    const [idle, awaited, driven] = [this.#idle.durationMs, this.#awaited.durationMs, this.#clientDriven.durationMs];
    if (deadlineQueue === (this.#idle as unknown)) return deadlineAt - idle;
    if (deadlineQueue === (this.#awaited as unknown)) return deadlineAt - awaited - idle;
    return deadlineQueue === (this.#clientDriven as unknown) ? deadlineAt - driven : 0;
  }

  /** Starts a new interval. Called when a session opens or has shown that it is alive. */
  renew(session: Beating): void {
    if (session.protocol === 3) this.#clientDriven.add(session);
    else this.#idle.add(session);
  }

  /** Stops watching a session. */
  stop(session: Beating): void {
    this.#pings.delete(session);
    session.deadlineQueue?.remove(session as never);
  }
}
