/** How long to wait before the next attempt: twice as long each time, with jitter so that not all clients come back at once. */

/** The settings of a Manager that say how long. */
export interface BackoffSettings {
  /** First delay in milliseconds. */
  readonly reconnectionDelay: number;
  /** Longest delay in milliseconds. */
  readonly reconnectionDelayMax: number;
  /** The part of a delay that is random, from 0 to 1. */
  readonly randomizationFactor: number;
}

/** Milliseconds to wait before the attempt that follows `attempts` others; `fraction` is a random number from 0 to 1. */
export function backoffDelay(settings: BackoffSettings, attempts: number, fraction: number): number {
  const jitter = 1 + (fraction * 2 - 1) * settings.randomizationFactor;
  return Math.floor(Math.min(settings.reconnectionDelay * 2 ** attempts * jitter, settings.reconnectionDelayMax));
}
