/** Tells the other processes which sessions this one has taken, and learns which ones others have taken. */
import { whenResolved } from '../../backplane/backplane.js';
import { throwLater } from '../../base/uncaught.js';
import type { NamespaceLog } from '../log/namespace-log.js';

/** The first word of the message. */
const TAKEN = 'taken';

/**
 * Sessions that move between processes. Guarantee: if several processes take a session at the same moment, the one whose message stands last in
 * the log keeps it, and all others lose it.
 */
export class Takeovers {
  readonly #owner: string;
  readonly #log: Pick<NamespaceLog, 'tell'>;
  readonly #onLost: (pid: string) => void;
  #untold: string[] = [];
  /** The sessions whose message this process has not read in the log yet, and the number of these messages. */
  readonly #claimed = new Map<string, number>();

  /** `owner` names this process. `onLost` is called for a session that another process has now. */
  constructor(owner: string, log: Pick<NamespaceLog, 'tell'>, onLost: (pid: string) => void) {
    this.#owner = owner;
    this.#log = log;
    this.#onLost = onLost;
  }

  /** Notes that this process has taken a session. */
  take(pid: string): void {
    this.#untold.push(pid);
    this.#claimed.set(pid, (this.#claimed.get(pid) ?? 0) + 1);
  }

  /** Tells the others of the sessions that were taken since the last call. */
  tell(): void {
    const pids = this.#untold;
    if (pids.length === 0) return;
    this.#untold = [];
    whenResolved(
      this.#log.tell([[TAKEN, this.#owner, ...pids]]),
      (isToCome) => {
        if (!isToCome) for (const pid of pids) this.#settle(pid);
      },
      throwLater,
    );
  }

  /** Handles a message at its place in the log. */
  onTold([name, owner, ...pids]: readonly unknown[]): void {
    if (name !== TAKEN) return;
    for (const each of pids) {
      const pid = String(each);
      if (owner === this.#owner) this.#settle(pid);
      // The message of this process comes later in the log, so the other process loses the session.
      else if (!this.#claimed.has(pid)) this.#onLost(pid);
    }
  }

  #settle(pid: string): void {
    const left = (this.#claimed.get(pid) ?? 0) - 1;
    if (left > 0) this.#claimed.set(pid, left);
    else this.#claimed.delete(pid);
  }
}
