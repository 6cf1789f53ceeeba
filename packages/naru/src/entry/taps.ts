/** The entry `naru/taps`: the points at which a server tells what it decides, for debug output, metrics and traces. */
export { counters, type ReadCounters } from '../taps/counters.js';
export { lineOf } from '../taps/debug.js';
export { remedyOf } from '../taps/remedies.js';
export { shownNamespace, shownRoom } from '../taps/shown.js';
export type { Tap, TapListener } from '../taps/tap.js';
export * from '../taps/taps.js';
