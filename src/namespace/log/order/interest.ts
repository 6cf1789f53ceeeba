/** Whether a process hears a namespace. */
import { type Timer, unreferenced } from '../../../base/clock.js';
import type { NamespaceFollower, NamespaceLog } from '../namespace-log.js';

/**
 * Follows the log of a namespace while the process has sockets there, or clients that are about to enter. The process goes on for a while
 * after that, as long as its home says. It then hears nothing, until somebody enters.
 */
export class Interest {
  readonly #log: Pick<NamespaceLog, 'clock' | 'follow' | 'home' | 'beginning'>;
  readonly #follower: NamespaceFollower;
  #unfollow: (() => void) | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  /** `follower` learns what others append. */
  constructor(log: Pick<NamespaceLog, 'clock' | 'follow' | 'home' | 'beginning'>, follower: NamespaceFollower) {
    this.#log = log;
    this.#follower = follower;
  }

  /** Whether the process hears the namespace. */
  get isOn(): boolean {
    return this.#unfollow !== undefined;
  }

  /** Somebody is there, or about to enter. Returns `true` if the process hears the namespace from now on and did not before. */
  begin(): boolean {
    this.#cancel();
    if (this.#unfollow || this.#isClosed) return false;
    this.#unfollow = this.#log.follow(this.#follower);
    return true;
  }

  /** Nobody is there any more. */
  end(): void {
    if (!this.#unfollow || this.#timer !== undefined) return;
    const { clock, home } = this.#log;
    if (home.lingerMs > 0)
      this.#timer = unreferenced(clock.setTimeout((interest: Interest) => interest.#onTimer(), home.lingerMs, this));
    else this.#stop();
  }

  /** Hears nothing any more, although somebody may still be about to enter. Called when the server closes. */
  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #stop(): void {
    this.#cancel();
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #onTimer(): void {
    this.#timer = undefined;
    // A session that began while the end of the log was unknown is written when it is known.
    if (this.#log.beginning) this.end();
    else this.#stop();
  }

  #cancel(): void {
    if (this.#timer !== undefined) this.#log.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
