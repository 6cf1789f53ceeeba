/** How well a home on another machine can be reached, as a table of states. */

import type { BackplaneState, StateListener } from 'naru/backplane';
import { assert, type ConfigError, isNaruError, type UnavailableError } from 'naru/base';

/** Milliseconds without a connection after which a home is away. */
const AWAY_MS = 5_000;

/** The states that may follow each state. */
const NEXT: Readonly<Record<BackplaneState, readonly BackplaneState[]>> = {
  connecting: ['up', 'catching-up', 'away', 'unusable'],
  up: ['slow'],
  'catching-up': ['up', 'slow'],
  slow: ['up', 'catching-up', 'away', 'unusable'],
  away: ['up', 'catching-up', 'unusable'],
  unusable: ['up', 'catching-up', 'away'],
};

/** The state of a home. Nobody believes that the home is there before it has answered. */
export class HomeState {
  readonly #onChange: StateListener;
  #name: BackplaneState = 'connecting';
  /** Since when there has been no connection. */
  #lostAt: number | undefined;
  /** Why the newest try to connect has failed. */
  #reason: unknown;

  constructor(now: number, onChange: StateListener) {
    this.#lostAt = now;
    this.#onChange = onChange;
  }

  get name(): BackplaneState {
    return this.#name;
  }

  /** Why the home cannot be used, in the state `unusable`. */
  get unusable(): Error | undefined {
    return this.#name === 'unusable' ? (this.#reason as Error) : undefined;
  }

  /** There is a connection. `isBehind` if requests have waited for it. */
  onUplink(isBehind: boolean): void {
    this.#lostAt = undefined;
    this.#reason = undefined;
    this.#become(isBehind ? 'catching-up' : 'up');
  }

  /** All requests that have waited are answered. */
  onCaughtUp(): void {
    this.#become('up');
  }

  /** The connection is lost, perhaps before anybody used it. */
  onLost(now: number): void {
    this.#lostAt ??= now;
    if (this.#name === 'up' || this.#name === 'catching-up') this.#become('slow');
  }

  /** A try to connect has failed. */
  onFailed(reason: unknown): void {
    // The same refusal keeps its error, so that a caller can tell that it has heard of it.
    if (isRefusal(reason) && reason.message === this.unusable?.message) return;
    const wasUnusable = this.unusable !== undefined;
    this.#reason = reason;
    if (!isRefusal(reason)) {
      if (wasUnusable) this.#become('away');
    } else if (wasUnusable) this.#onChange('unusable', reason);
    else this.#become('unusable');
  }

  /** Time has passed without a connection. */
  onTime(now: number): void {
    if (this.#name !== 'unusable' && this.#lostAt !== undefined && now - this.#lostAt >= AWAY_MS) this.#become('away');
  }

  #become(next: BackplaneState): void {
    if (this.#name === next) return;
    assert(NEXT[this.#name].includes(next), `a home that is ${this.#name} never becomes ${next}`);
    this.#name = next;
    this.#onChange(next, this.#reason);
  }
}

/** Whether a home refuses to be used, until somebody changes it, or the options. */
export function isRefusal(reason: unknown): reason is ConfigError | UnavailableError {
  return isNaruError(reason, 'ConfigError') || (isNaruError(reason, 'UnavailableError') && reason.code === 'REFUSED');
}
