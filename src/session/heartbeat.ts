/** Detects dead sessions: engine.io-protocol, "Heartbeat". A few timers serve all sessions. */
import type { Clock } from '../base/clock.js';
import { type DeadlineEntry, Deadlines } from '../base/deadlines.js';
import type { EngineProtocol } from '../transport/encoded-packet.js';

/** A session as its heartbeat sees it. */
export interface Beating extends DeadlineEntry {
  readonly protocol: EngineProtocol;
  /** Sends a ping packet. */
  ping(): void;
  /** Called when the peer has not answered in time. */
  onPingTimeout(): void;
}

/** The heartbeats of all sessions of an engine. In protocol 4 the server sends the pings, in protocol 3 the client. */
export class Heartbeats {
  readonly #idle: Deadlines<Beating>;
  readonly #awaited: Deadlines<Beating>;
  readonly #clientDriven: Deadlines<Beating>;

  /** The server pings `pingIntervalMs` after the last pong, and the next pong must arrive within `pingTimeoutMs`. */
  constructor(clock: Clock, pingIntervalMs: number, pingTimeoutMs: number) {
    this.#awaited = new Deadlines<Beating>(clock, pingTimeoutMs, (session) => session.onPingTimeout());
    this.#idle = new Deadlines<Beating>(clock, pingIntervalMs, (session) => {
      this.#awaited.add(session);
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

  /** Starts a new interval. Called when a session opens or has shown that it is alive. */
  renew(session: Beating): void {
    if (session.protocol === 3) this.#clientDriven.add(session);
    else this.#idle.add(session);
  }

  /** Stops watching a session. */
  stop(session: Beating): void {
    session.deadlineQueue?.remove(session as never);
  }
}
