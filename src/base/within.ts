/** Waits for a promise, but not for ever. */
import type { Clock } from './clock.js';

/** Resolves with the value of a promise. Resolves with `undefined` when that takes longer than `ms` milliseconds, or the promise rejects. */
export function within<T>(clock: Clock, promise: Promise<T>, ms: number): Promise<{ readonly value: T } | undefined> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), ms, undefined);
    const end = (outcome: { readonly value: T } | undefined): void => {
      clock.clearTimeout(timer);
      resolve(outcome);
    };
    promise.then(
      (value) => end({ value }),
      () => end(undefined),
    );
  });
}
