/**
 * The marks of events for the policy `newest-group`. They say which events belong together, and which ones must arrive.
 */
import { ConfigError, shown } from '../../base/errors.js';

/** The marks, in the order of the documentation. */
const MARKS = ['key', 'delta', 'always'] as const;

/**
 * A mark of an event. A `key` begins a group, and makes sense without any earlier event. A `delta` continues the group,
 * and makes sense only after all of its earlier events. An event with `always` belongs to no group and is never
 * dropped.
 */
export type Mark = (typeof MARKS)[number];

/** Returns a mark. Throws ConfigError if it is invalid. */
export function checkMark(mark: unknown): Mark {
  const known = readMark(mark);
  if (known) return known;
  throw new ConfigError('BAD_ARGUMENT', `a mark must be "key", "delta" or "always", got ${shown(mark)}`);
}

/** Returns a mark that another node sent, or `undefined` for anything else. */
export function readMark(mark: unknown): Mark | undefined {
  return MARKS.find((known) => known === mark);
}
