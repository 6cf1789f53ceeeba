/** Reports exceptions of an application's functions as uncaught ones, without interrupting Naru's own code. */

/** Throws `error` in a later microtask, so that later packets are still delivered when a listener fails. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Does nothing, for callers that have nothing to do. */
export const ignore = (): void => undefined;

/** Calls a function of an application. Its exceptions become uncaught exceptions. */
export function attempt<Args extends readonly unknown[]>(callback: (...args: Args) => unknown, ...args: Args): void {
  try {
    callback(...args);
  } catch (error) {
    throwLater(error);
  }
}

/**
 * Calls a function of an application that answers through a callback. If the function throws or its promise rejects,
 * `onFailed` is called, and the error becomes an uncaught exception or an unhandled rejection.
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
  follow(result, true, (error) => {
    onFailed(error);
    throw error;
  });
}

/**
 * Calls `onFailed` with the reason if a function of an application has returned a promise that rejects. A promise that
 * is followed counts as handled, although the application may handle it itself. So `isOurs` says whether it may be.
 */
export function follow(result: unknown, isOurs: boolean, onFailed: (error: unknown) => void): void {
  if (isOurs && result instanceof Promise) result.then(undefined, onFailed);
}

/** Whether each call of a function makes a promise that only its caller has. */
export function isAsync(listener: unknown): boolean {
  return Object.prototype.toString.call(listener) === '[object AsyncFunction]';
}
