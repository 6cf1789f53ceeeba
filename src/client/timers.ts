/** The timers that the options of the client ask for. */
import { nativeTimers, systemTimers, type Timers } from '../base/clock.js';
import type { EngineOptions } from './engine/options.js';
import { hasNode } from './features.js';

/** The user's clock, or the machine's. With `autoUnref`, its timers let the program end. */
export function chooseTimers({ clock, useNativeTimers, autoUnref }: EngineOptions): Timers {
  const timers = clock ?? (useNativeTimers ? nativeTimers : systemTimers);
  return hasNode && autoUnref ? unreferenced(timers) : timers;
}

/** Timers that let the program end. */
function unreferenced(timers: Timers): Timers {
  return {
    now: () => timers.now(),
    setTimeout(callback, delayMs, argument) {
      const timer = timers.setTimeout(callback, delayMs, argument);
      if (typeof timer === 'object' && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
      return timer;
    },
    clearTimeout: (timer) => timers.clearTimeout(timer),
  };
}
