/** Time for everything else: whoever needs the time, a timer or a later turn gets a Clock, so tests can hold it still. */

/** A pending timer of a Clock. Opaque. */
export type Timer = { readonly timer: unique symbol } | object | number;

/** The time and timers, which is all that a client needs. */
export interface Timers {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `callback(argument)` once, after at least `delayMs` milliseconds. */
  setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer;
  /** Makes sure that the timer does not fire any more; one that fired already is ignored. */
  clearTimeout(timer: Timer): void;
}

/** Where time comes from. `systemClock` is the real one; `naru/testing` has one that is moved by hand. */
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

/** Timers of a host, looked up at each call. */
function timersOf(timers: Host): Timers {
  return {
    now: () => Date.now(),
    setTimeout: (callback, delayMs, argument) => timers.setTimeout(callback, delayMs, argument),
    clearTimeout: (timer) => timers.clearTimeout(timer),
  };
}

/** The timers of the machine. */
export const systemTimers: Timers = /* @__PURE__ */ timersOf(host);

/** Those that stood there when this module was loaded, before a test replaced them. */
export const nativeTimers: Timers = /* @__PURE__ */ timersOf({
  setTimeout: host.setTimeout.bind(host),
  clearTimeout: host.clearTimeout.bind(host),
});

/** The clock of a host. */
function clockOf(timers: Timers): Clock {
  // The end of a turn is no time: a test that holds the timers still must not hold back what is to be written.
  const nativeDefer = host.setImmediate ?? ((callback, argument) => host.setTimeout(callback, 0, argument));
  return {
    ...timers,
    defer(callback, argument) {
      nativeDefer(callback, argument);
    },
  };
}

/** The clock of the machine. Its `defer` is that of when this module was loaded. */
export const systemClock: Clock = /* @__PURE__ */ clockOf(systemTimers);
