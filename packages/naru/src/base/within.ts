/** Waits for a promise, but not for ever. */
import type { Clock } from './clock.js';

/** A connection that may end while something waits for it. */
export interface Closable {
  on(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

/**
 * Resolves with the value of a promise. Resolves with `undefined` when that takes longer than `ms` milliseconds, the
 * promise rejects, or `connection` closes.
 */
export function within<T>(
  clock: Clock,
  promise: Promise<T>,
  ms: number,
  connection?: Closable,
): Promise<{ readonly value: T } | undefined> {
  return new Promise((resolve) => {
    const end = (outcome: { readonly value: T } | undefined): void => {
      clock.clearTimeout(timer);
      connection?.off('close', giveUp);
      resolve(outcome);
    };
    const giveUp = (): void => end(undefined);
    const timer = clock.setTimeout(giveUp, ms, undefined);
    connection?.on('close', giveUp);
    promise.then((value) => end({ value }), giveUp);
  });
}
