/** The time limits that programs give to `timeout(ms)`. */
import { ConfigError } from '../errors.js';

/** The longest time of a timer in milliseconds. */
const TIMEOUT_MAX = 2_147_483_647;

/** Returns a time limit. Throws BAD_ARGUMENT for anything but a number of milliseconds from 0 to 2147483647. */
export function checkTimeout(ms: unknown): number {
  if (typeof ms === 'number' && ms >= 0 && ms <= TIMEOUT_MAX) return ms;
  const given = typeof ms === 'string' ? JSON.stringify(ms) : String(ms);
  throw new ConfigError(
    'BAD_ARGUMENT',
    `a timeout must be a number of milliseconds from 0 to ${TIMEOUT_MAX}, got ${given}`,
  );
}
