/** Puts work off to the end of the current task, in the order in which it was put off. */

/** Calls `callback` after the running code is done. A promise does it, because fake timers of tests replace queueMicrotask. */
export function inMicrotask(callback: () => void): void {
  Promise.resolve().then(callback);
}
