/** Chooses the timers that the client's options ask for. */
import { nativeTimers, systemTimers, type Timers } from '../base/clock.js';
import type { EngineOptions } from './engine/options.js';
import { hasNode } from './features.js';

/** Returns the user's clock, or the machine's. With `autoUnref`, its timers do not keep the program running. */
export function chooseTimers({ clock, useNativeTimers, autoUnref }: EngineOptions): Timers {
  const timers = clock ?? (useNativeTimers ? nativeTimers : systemTimers);
  return hasNode && autoUnref ? unreferenced(timers) : timers;
}

/** Returns timers that do not keep the program running. */
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
