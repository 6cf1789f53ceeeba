/** Calls at the end of the current task, in the order of the asking. */

/** Calls `callback` when the code that runs now is done. A promise, because fake timers of tests take queueMicrotask over. */
export function later(callback: () => void): void {
  Promise.resolve().then(callback);
}
