/** Sends the clients of a server away little by little, so that whoever takes them over is not overrun. */
import type { Clock } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';

/** How a server is drained. */
export interface DrainOptions {
  /**
   * Sessions that are closed in a second: as many handshakes come back in one. 1 or more.
   * @default the most handshakes that the server itself has taken in a second, 100 at least, and more where the time would not do;
   * no more than `handshakesPerSecondMax`
   */
  perSecond?: number;
  /**
   * Milliseconds after which the first client of each wave is asked to come back; the others follow one by one, as many in a second as are
   * sent away in one. 0 to 60000. @default 500
   */
  retryAfterMs?: number;
  /** Milliseconds for all of it; who is still here then is closed at once. 0 or more. @default 25000 */
  withinMs?: number;
}

/** A client, as far as it is to be sent away. */
export interface SessionClient {
  /** Ends its session, with `server shutting down`; where it can be told, it comes back after so many milliseconds. */
  sendAway(retryAfterMs: number): void;
}

/** What draining needs of a server. */
export interface Drainable {
  readonly clock: Clock;
  /** The clients that are here. */
  clients(): Iterable<SessionClient>;
  /** The most handshakes that it has taken in a second. */
  readonly measuredRate: number;
  /** Handshakes that it lets in in a second, as whoever comes after it may. */
  readonly handshakesPerSecondMax: number;
}

const RATE_MIN = 100;
const WAVE_MS = 100;
/** As long as a client of ours waits at the most, whatever it is told. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Closes all sessions in waves, ten in a second; resolves when the last has been told and closed. Throws ConfigError for options that cannot be. */
export function drain(server: Drainable, options: DrainOptions): Promise<void> {
  const { retryAfterMs = 500, withinMs = 25_000 } = options;
  const { perSecond = rateFor(server, withinMs) } = options;
  for (const [name, value, least] of [
    ['withinMs', withinMs, 0],
    ['perSecond', perSecond, 1],
    ['retryAfterMs', retryAfterMs, 0],
  ] as const)
    if (!(value >= least))
      throw new ConfigError('BAD_OPTION', `the option "${name}" is ${value}; give a number of ${least} or more`);
  if (retryAfterMs > RETRY_AFTER_MS_MAX)
    throw new ConfigError(
      'BAD_OPTION',
      `the option "retryAfterMs" is ${retryAfterMs}; give a number of ${RETRY_AFTER_MS_MAX} or less: no client of ours waits longer`,
    );
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
      let isOver = true;
      let at = 0;
      for (const client of server.clients()) {
        if (closed >= due) {
          isOver = false;
          break;
        }
        client.sendAway(Math.round(retryAfterMs + (at * 1_000) / perSecond));
        closed += 1;
        at += 1;
      }
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
  let count = 0;
  for (const _client of clients()) count += 1;
  const needed = withinMs === 0 ? 0 : Math.ceil((count * 1_000) / withinMs);
  return Math.min(handshakesPerSecondMax, Math.max(RATE_MIN, measuredRate, needed));
}
