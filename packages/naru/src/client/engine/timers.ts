/** Chooses the timers that the client's options ask for. */
import { nativeTimers, systemTimers, type Timers, unreferenced } from '../../base/clock.js';
import { hasNode } from '../features.js';
import type { EngineOptions } from './options.js';

/** Returns the user's clock, or the machine's. With `autoUnref`, its timers do not keep the program running. */
export function chooseTimers({ clock, useNativeTimers, autoUnref }: EngineOptions): Timers {
  const timers = clock ?? (useNativeTimers ? nativeTimers : systemTimers);
  return hasNode && autoUnref ? unreferencing(timers) : timers;
}

/** Returns timers that do not keep the program running. */
function unreferencing(timers: Timers): Timers {
  return {
    now: () => timers.now(),
    setTimeout: (callback, delayMs, argument) => unreferenced(timers.setTimeout(callback, delayMs, argument)),
    clearTimeout: (timer) => timers.clearTimeout(timer),
  };
}
