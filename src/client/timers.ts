/** The timers that the options of the client ask for. */
import { nativeTimers, systemTimers, type Timers } from '../base/clock.js';
import type { EngineOptions } from './engine/options.js';

/** The user's clock, or the machine's. */
export function chooseTimers({ clock, useNativeTimers }: EngineOptions): Timers {
  return clock ?? (useNativeTimers ? nativeTimers : systemTimers);
}
