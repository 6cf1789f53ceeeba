/** Lets an exception of an application's listener end where uncaught exceptions end, without taking the caller's loop with it. */

/** Throws `error` in a later microtask, so that the packets behind the one whose listener failed are still delivered. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
