/** The entry `naru/base` in browsers: what of it needs no `node:` module. */
export { assert } from '../base/assert.js';
export { asBytes, type Bytes, concatBytes, decodeUtf8, encodeUtf8, utf8Size } from '../base/bytes.js';
export { type Clock, systemClock, type Timer, type Timers, unreferenced } from '../base/clock.js';
export { DeadlineEntry, Deadlines, Wait, waitsOf } from '../base/deadlines.js';
export { ConfigError, isNaruError, type NaruErrors, ProtocolError, shown, UnavailableError } from '../base/errors.js';
export type { DefaultEventsMap, EventsMap, Untyped } from '../base/event-map.js';
export { firstPast, getOrCreate } from '../base/get-or-create.js';
export { encodeId, type Random, systemRandom } from '../base/id.js';
export { LoopDelay } from '../base/loop-delay.js';
export { networkOf } from '../base/networks/network-of.js';
export {
  bytes,
  count,
  flag,
  fn,
  fraction,
  list,
  milliseconds,
  objectWith,
  oneOf,
  orFalse,
  secret,
  switched,
  text,
  value,
} from '../base/options/kinds.js';
export {
  join,
  type Option,
  type OptionsOf,
  type OptionTable,
  options,
  readOption,
  readOptions,
  type SettingsOf,
} from '../base/options/table.js';
export { Ring } from '../base/ring.js';
export { type Answer, after, ask, unawaited, unlessThere } from '../base/steps/answer.js';
export { type Transitions, transitionOf } from '../base/steps/machine.js';
export { attempt, throwLater } from '../base/uncaught.js';
export { within } from '../base/within.js';
