/** Time, timers and later turns. Code that needs them is given a Clock, so that tests can control it. */

/** A pending timer of a Clock. Opaque. */
export type Timer = { readonly timer: unique symbol } | object | number;

/** The time and timers. A client needs nothing else from a Clock. */
export interface Timers {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `callback(argument)` once, after at least `delayMs` milliseconds. */
  setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer;
  /** Cancels a timer. Does nothing after it has fired. */
  clearTimeout(timer: Timer): void;
}

/** Returns a timer that does not keep the program alive. */
export function unreferenced(timer: Timer): Timer {
  if (typeof timer === 'object' && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  return timer;
}

/** Returns timers that do not keep the program alive. */
export function unreferencedTimers(timers: Timers): Timers {
  return {
    now: () => timers.now(),
    setTimeout: (...args) => unreferenced(timers.setTimeout(...args)),
    clearTimeout: (timer) => timers.clearTimeout(timer),
  };
}

/** Resolves after at least `ms` milliseconds. */
export function delay(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.setTimeout(resolve, ms, undefined));
}

/** A source of time. `systemClock` is the real one. Tests have one that they advance by hand. */
export interface Clock extends Timers {
  /** Calls `callback(argument)` once at the end of this turn of the event loop, after the I/O that is ready now. */
  defer<T>(callback: (argument: T) => void, argument: T): void;
}

interface Host {
  setTimeout(callback: (argument: never) => void, delayMs: number, argument: unknown): Timer;
  clearTimeout(timer: Timer): void;
  setImmediate?(callback: (argument: never) => void, argument: unknown): unknown;
}

const host = globalThis as unknown as Host;

/** The timers of the machine, looked up at each call, so that tests can replace them. */
export const systemTimers: Timers = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs, argument) => host.setTimeout(callback, delayMs, argument),
  clearTimeout: (timer) => host.clearTimeout(timer),
};

/** The timers as they were when this module was loaded, before a test could replace them. */
export const nativeTimers: Timers = {
  now: systemTimers.now,
  setTimeout: /* @__PURE__ */ host.setTimeout.bind(host),
  clearTimeout: /* @__PURE__ */ host.clearTimeout.bind(host),
};

/** Returns the clock of a host. */
function clockOf(timers: Timers): Clock {
  // The end of a turn does not depend on time. A test that stops the timers must not delay writes.
  const nativeDefer = host.setImmediate ?? ((callback, argument) => host.setTimeout(callback, 0, argument));
  return {
    ...timers,
    defer(callback, argument) {
      nativeDefer(callback, argument);
    },
  };
}

/** The clock of the machine. Its `defer` stays the one that existed when this module was loaded. */
export const systemClock: Clock = /* @__PURE__ */ clockOf(systemTimers);
