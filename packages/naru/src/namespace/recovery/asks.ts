/**
 * Tells the connections apart that ask for one session. A client may have several, and only it knows which of them are
 * dead.
 */
import type { Clock } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import type { Answer } from '../../base/steps/answer.js';
import { within } from '../../base/within.js';
import type { Session } from '../../session/session.js';
import { ORDER_WAIT_MS } from '../log/fences.js';
import { type KeptSession, type ProbedConnection, RECOVERY_WAIT_MS } from './kept-session.js';

/** The connection of a client that asks for its session. */
export type AskingConnection = Pick<Session, 'readyState' | 'on' | 'off'> & ProbedConnection;

/** The wish of one connection for a session. */
export interface Ask {
  readonly pid: string;
  /** Later asks in this process have higher numbers. */
  readonly number: number;
  readonly at: number;
  readonly connection: AskingConnection | undefined;
  /** Whether another process has taken the session since. */
  isContested: boolean;
}

/** The reason why an older connection gets no session. Its client tries again if it is still there. */
export const OUTDATED = new UnavailableError('DISCONNECTED', 'the client has another connection');

/** The asks of one namespace. */
export class Asks {
  readonly #clock: Clock;
  readonly #sessions: ReadonlyMap<string, Pick<KeptSession, 'ask'>>;
  /** The newest ask of each session while it waits for its answer. */
  readonly #newest = new Map<string, number>();
  #count = 0;

  /** `sessions` are those of this process, by their secrets. */
  constructor(clock: Clock, sessions: ReadonlyMap<string, Pick<KeptSession, 'ask'>>) {
    this.#clock = clock;
    this.#sessions = sessions;
  }

  begin(pid: string, connection: AskingConnection | undefined): Ask {
    this.#count += 1;
    this.#newest.set(pid, this.#count);
    return { pid, number: this.#count, at: this.#clock.now(), connection, isContested: false };
  }

  /** The ask was answered. */
  end({ pid, number }: Ask): void {
    if (this.#newest.get(pid) === number) this.#newest.delete(pid);
  }

  /** Throws `OUTDATED` if a later ask waits here, or has got the session. */
  check({ pid, number }: Pick<Ask, 'pid' | 'number'>): void {
    const newest = this.#newest.get(pid) ?? 0;
    const served = this.#sessions.get(pid)?.ask ?? 0;
    if (newest > number || served > number) throw OUTDATED;
  }

  /**
   * Returns whether the client is still there. After a long wait, or when another process has taken the session
   * meanwhile, the client has to show it:
   * it may be at another server by now.
   */
  isThere({ at, connection, isContested }: Ask): Answer<boolean> {
    if (!connection) return true;
    if (connection.readyState !== 'open') return false;
    if (!isContested && this.#clock.now() - at < ORDER_WAIT_MS) return true;
    const shown = new Promise<void>((resolve) => {
      // A client that cannot be asked counts as there.
      if (!connection.probe(resolve)) resolve();
    });
    return within(this.#clock, shown, RECOVERY_WAIT_MS, connection).then((outcome) => outcome !== undefined);
  }
}
