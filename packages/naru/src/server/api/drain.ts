/** Sends the clients of a server away in waves, so that the servers that they reconnect to are not overloaded. */
import type { Clock } from '../../base/clock.js';
import { fraction, milliseconds } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions } from '../../base/options/table.js';
import { within } from '../../base/within.js';
import type { NamespaceCore } from '../../namespace/namespace-core.js';
import type { LeavingClient } from '../../namespace/socket/joining-client.js';
import { drainBegan, drainEnded } from '../../taps/taps.js';

/** Longest delay in milliseconds that Naru's client accepts from the server before it reconnects. */
const RETRY_AFTER_MS_MAX = 60_000;

/** The table of the options of `drain`. */
export const drainTable = options('drain', {
  /**
   * Sessions that are closed per second, and so the handshakes per second that other servers get.
   * @default the most handshakes that the server has taken in a second, at least 100; more if `withinMs` would be too
   * short; at most `handshakesPerSecondMax`
   */
  perSecond: fraction(undefined, { min: 1 }),
  /**
   * Time after which the first client of each wave comes back. The others follow one by one, at the pace of
   * `perSecond`.
   * @default 500 (number of milliseconds from 0 to 60000)
   */
  retryAfterMs: milliseconds(500, { min: 0, max: RETRY_AFTER_MS_MAX }),
  /**
   * Time for all sessions. Those that remain then are closed at once. @default 25000 (number of milliseconds, 0 or
   * more)
   */
  withinMs: milliseconds(25_000, { min: 0, max: Number.POSITIVE_INFINITY }),
});

/** Options of `drain`. */
export interface DrainOptions extends OptionsOf<typeof drainTable> {}

/** The part of a server that draining needs. */
export interface Drainable {
  readonly clock: Clock;
  /** The clients that are connected. */
  clients(): Iterable<LeavingClient>;
  /** The most handshakes that the server has taken in one second. */
  readonly measuredRate: number;
  /** Handshakes that the server allows per second. Its successor probably has the same limit. */
  readonly handshakesPerSecondMax: number;
}

const RATE_MIN = 100;
const WAVE_MS = 100;
/** Milliseconds that a client has which talks, or waits for answers, before it has to go. */
const ANSWERS_MS = 3_000;
/** Milliseconds that a client has to hear that it was sent away. Its events of this time are carried out. */
const LAST_WORDS_MS = 1_000;

/** A client that was asked to go, with times since the begin. */
interface Leaving {
  readonly retryAfterMs: number;
  readonly askedAt: number;
  toldAt: number | undefined;
}

/**
 * Closes all sessions in ten waves per second. A client that talks gets its answers first. Resolves when the last one
 * was told and closed. Throws ConfigError for invalid options.
 */
export function drain(server: Drainable, given: DrainOptions): Promise<void> {
  const { retryAfterMs, withinMs, ...chosen } = readOptions(drainTable, given);
  const perSecond = chosen.perSecond ?? rateFor(server, withinMs);
  const { clock } = server;
  if (drainBegan.hasSubscribers) drainBegan.publish({ clients: [...server.clients()].length, perSecond });
  let [lookedAt, passedMs] = [clock.now(), 0];
  const leaving = new Map<object, Leaving>();
  return new Promise((resolve) => {
    const wave = (): void => {
      const now = clock.now();
      // After the clock was set back, the difference is meaningless, but the timer has still waited.
      passedMs += now < lookedAt ? WAVE_MS : now - lookedAt;
      lookedAt = now;
      // A wave that is late, because the event loop was busy, closes more sessions.
      const isLate = passedMs >= withinMs;
      const due = isLate ? Number.POSITIVE_INFINITY : Math.floor(((passedMs + WAVE_MS) * perSecond) / 1_000);
      const clients = [...server.clients()];
      const next = clients.filter((client) => !leaving.has(client)).slice(0, Math.max(0, due - leaving.size));
      for (const [at, client] of next.entries())
        leaving.set(client, {
          retryAfterMs: Math.round(retryAfterMs + (at * 1_000) / perSecond),
          askedAt: passedMs,
          toldAt: undefined,
        });
      for (const client of clients) {
        const state = leaving.get(client);
        if (state) urge(client, state, passedMs, isLate);
      }
      const isOver = [...server.clients()].length === 0;
      if (isOver && drainEnded.hasSubscribers) drainEnded.publish({ clients: leaving.size });
      // The last clients are told at the end of the turn. A `close` before that would discard the message.
      if (isOver && leaving.size > 0) clock.defer(resolve, undefined);
      else if (isOver) resolve();
      else clock.setTimeout(wave, WAVE_MS, undefined);
    };
    wave();
  });
}

/** Asks a client again to go, or ends it. */
function urge(client: LeavingClient, state: Leaving, nowMs: number, isLate: boolean): void {
  const { retryAfterMs, askedAt, toldAt } = state;
  if (toldAt !== undefined) {
    if (nowMs >= toldAt + LAST_WORDS_MS) client.close('server shutting down');
  } else if (client.sendAway(retryAfterMs, isLate || nowMs >= askedAt + ANSWERS_MS)) state.toldAt = nowMs;
}

/**
 * Returns the default rate. It is high enough that no large last wave remains, which would overload the other servers.
 */
function rateFor({ clients, measuredRate, handshakesPerSecondMax }: Drainable, withinMs: number): number {
  const needed = withinMs === 0 ? 0 : Math.ceil(([...clients()].length * 1_000) / withinMs);
  return Math.min(handshakesPerSecondMax, Math.max(RATE_MIN, measuredRate, needed));
}

/** Counts handshakes per second. A rate that a server has handled once, it can handle again. */
export class HandshakeRate {
  /** The most handshakes in any second. */
  most = 0;
  readonly #clock: Clock;
  #second = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one handshake. */
  note(): void {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count > this.most) this.most = this.#count;
  }
}

/** Milliseconds for which the end of a server waits for a log that does not answer. */
const CLOSE_WAIT_MS = 5_000;

/**
 * Waits for the events that are on their way into logs, for `CLOSE_WAIT_MS` at most. Returns `undefined` without any,
 * and for a home that cannot be used for the reason `unusable`.
 */
export function whenDelivered(
  clock: Clock,
  namespaces: readonly NamespaceCore[],
  unusable?: Error,
): Promise<unknown> | undefined {
  if (unusable) return undefined;
  const open = namespaces.flatMap(({ log }) => log?.fences.whenDelivered() ?? []);
  return open.length === 0 ? undefined : within(clock, Promise.all(open), CLOSE_WAIT_MS);
}
