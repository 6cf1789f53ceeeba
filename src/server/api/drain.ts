/** Sends the clients of a server away little by little, so that whoever takes them over is not overrun. */
import type { Clock } from '../../base/clock.js';
import { fraction, milliseconds } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions } from '../../base/options/table.js';
import type { JoiningClient } from '../../namespace/namespace-core.js';

/** Longest time that our client waits before it comes back, whatever the server says. */
const RETRY_AFTER_MS_MAX = 60_000;

/** The table of the options of `drain`. */
export const drainTable = options('drain', {
  /**
   * Sessions that are closed in one second, so that as many handshakes arrive in one.
   * @default the most handshakes that the server has taken in a second, at least 100; more where `withinMs` would be too short; at most `handshakesPerSecondMax`
   */
  perSecond: fraction(undefined, { min: 1 }),
  /**
   * Time after which the first client of each wave comes back. The others follow one by one, at the pace of `perSecond`.
   * @default 500 (number of milliseconds from 0 to 60000)
   */
  retryAfterMs: milliseconds(500, { min: 0, max: RETRY_AFTER_MS_MAX }),
  /** Time for all sessions. Those that remain then are closed at once. @default 25000 (number of milliseconds, 0 or more) */
  withinMs: milliseconds(25_000, { min: 0, max: Number.POSITIVE_INFINITY }),
});

/** Options of `drain`. */
export interface DrainOptions extends OptionsOf<typeof drainTable> {}

/** What draining needs of a server. */
export interface Drainable {
  readonly clock: Clock;
  /** The clients that are here. */
  clients(): Iterable<Pick<JoiningClient, 'sendAway'>>;
  /** The most handshakes that it has taken in a second. */
  readonly measuredRate: number;
  /** Handshakes that it lets in in a second, as whoever comes after it may. */
  readonly handshakesPerSecondMax: number;
}

const RATE_MIN = 100;
const WAVE_MS = 100;
/** Closes all sessions in waves, ten in a second; resolves when the last has been told and closed. Throws ConfigError for options that cannot be. */
export function drain(server: Drainable, given: DrainOptions): Promise<void> {
  const { retryAfterMs, withinMs, ...chosen } = readOptions(drainTable, given);
  const perSecond = chosen.perSecond ?? rateFor(server, withinMs);
  const { clock } = server;
  let [lookedAt, passedMs] = [clock.now(), 0];
  let closed = 0;
  return new Promise((resolve) => {
    const wave = (): void => {
      const now = clock.now();
      // A clock that was set back says nothing, and its timer has waited all the same.
      passedMs += now < lookedAt ? WAVE_MS : now - lookedAt;
      lookedAt = now;
      // One that is late, because the event loop was, makes up for it.
      const due =
        passedMs >= withinMs ? Number.POSITIVE_INFINITY : Math.floor(((passedMs + WAVE_MS) * perSecond) / 1_000);
      const clients = [...server.clients()];
      const leaving = clients.slice(0, Math.max(0, due - closed));
      for (const [at, client] of leaving.entries())
        client.sendAway(Math.round(retryAfterMs + (at * 1_000) / perSecond));
      closed += leaving.length;
      const isOver = leaving.length === clients.length;
      // What the last of them are told goes out at the end of the turn; `close`, if it came before, would take it back.
      if (isOver && closed > 0) clock.defer(resolve, undefined);
      else if (isOver) resolve();
      else clock.setTimeout(wave, WAVE_MS, undefined);
    };
    wave();
  });
}

/** The rate where none is asked for. A last wave of all who are left would be the storm that draining is against. */
function rateFor({ clients, measuredRate, handshakesPerSecondMax }: Drainable, withinMs: number): number {
  const needed = withinMs === 0 ? 0 : Math.ceil(([...clients()].length * 1_000) / withinMs);
  return Math.min(handshakesPerSecondMax, Math.max(RATE_MIN, measuredRate, needed));
}

/** Counts handshakes by the second: as many as a server has taken in one, it can take again. */
export class HandshakeRate {
  /** The most of any second. */
  most = 0;
  readonly #clock: Clock;
  #second = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One more. */
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
