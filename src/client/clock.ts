/** The clock that the options of the client ask for. */
import { type Clock, nativeClock, systemClock } from '../base/clock.js';
import type { EngineOptions } from './engine-options.js';

/** The user's clock, or the machine's. */
export function chooseClock({ clock, useNativeTimers }: EngineOptions): Clock {
  return clock ?? (useNativeTimers ? nativeClock : systemClock);
}
