/** Lets an exception of an application's listener end where uncaught exceptions end, without taking the caller's loop with it. */

/** Throws `error` in a later microtask, so that the packets behind the one whose listener failed are still delivered. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Calls a function of an application; what it throws ends where uncaught exceptions end. */
export function attempt<Args extends readonly unknown[]>(callback: (...args: Args) => unknown, ...args: Args): void {
  try {
    callback(...args);
  } catch (error) {
    throwLater(error);
  }
}

/**
 * Calls a function of an application that answers by a callback. When it throws, or gives a promise that rejects, `onFailed` is called,
 * and the error ends where uncaught exceptions and unhandled rejections end.
 */
export function callHook(hook: () => unknown, onFailed: (error: unknown) => void): void {
  let result: unknown;
  try {
    result = hook();
  } catch (error) {
    onFailed(error);
    throwLater(error);
    return;
  }
  if (!(result instanceof Promise)) return;
  result.then(undefined, (error) => {
    onFailed(error);
    throw error;
  });
}
