/**
 * Computes the delay before the next attempt. It doubles each time, with jitter so that clients do not all return at
 * once.
 */

/** The settings of a Manager for its delays. */
export interface BackoffSettings {
  /** First delay in milliseconds. */
  readonly reconnectionDelay: number;
  /** Longest delay in milliseconds. */
  readonly reconnectionDelayMax: number;
  /** The part of a delay that is random, from 0 to 1. */
  readonly randomizationFactor: number;
}

/** Returns the milliseconds to wait after `attempts` attempts. `fraction` is a random number from 0 to 1. */
export function backoffDelay(settings: BackoffSettings, attempts: number, fraction: number): number {
  const jitter = 1 + (fraction * 2 - 1) * settings.randomizationFactor;
  return Math.floor(Math.min(settings.reconnectionDelay * 2 ** attempts * jitter, settings.reconnectionDelayMax));
}
