/** Postpones work to the end of the current task, in order. */

/** Calls `callback` after the running code. Uses a promise, because the fake timers of tests replace queueMicrotask. */
export function inMicrotask(callback: () => void): void {
  Promise.resolve().then(callback);
}
