/**
 * The names of the people on whose behalf events are sent. The log keeps a name with its event, and no client gets it.
 */
import { ConfigError, shown } from '../../base/errors.js';

/** Most characters of a name. */
const AUTHOR_MAX = 256;

/** Returns why a value cannot be the name of a person, or `undefined` when it can. */
export function checkAuthor(value: unknown): ConfigError | undefined {
  if (typeof value === 'string' && value !== '' && value.length <= AUTHOR_MAX) return undefined;
  const problem = typeof value === 'string' && value !== '' ? `one of ${value.length}` : shown(value);
  return new ConfigError('BAD_ARGUMENT', `"by" must be a string of 1 to ${AUTHOR_MAX} characters, got ${problem}`);
}

/** Returns the name of a person. Throws ConfigError when it is invalid. */
export function authorOf(value: unknown): string {
  const problem = checkAuthor(value);
  if (problem) throw problem;
  return value as string;
}
