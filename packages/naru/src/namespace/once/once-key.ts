/** Reads the keys with which a client marks several tries as the same event. docs/delivery.md. */
import { shown } from '../../base/errors.js';
import { RESERVED_EVENTS } from '../../protocol/socket-io/decoder.js';
import { ONCE } from '../socket/reserved.js';

/**
 * Fewest characters of a key that others must not guess. 20 characters of base64url carry 120 bits, like the secret of
 * a session.
 */
export const SECRET_KEY_MIN = 20;

/** Most characters of a key. */
export const KEY_MAX = 200;

/** A key in its parts. */
export interface OnceKey {
  /** The part that all keys of a row have in common, or the whole key of a single event. */
  readonly row: string;
  /** The number in the row, 0 for a single event. */
  readonly number: number;
}

/** Why a call was refused. It goes to the client. */
export interface KeyRefusal {
  readonly code: 'BAD_KEY' | 'BAD_EVENT' | 'STALE_KEY' | 'UNCONFIRMED' | 'LISTENER_FAILED';
  readonly message: string;
}

/**
 * A key of a row: text that ends with `==`, and a number. A client has one event of a row under way at a time, and the
 * numbers rise.
 */
const NUMBERED = /^(.+==)(\d{1,15})$/s;

/** Reads a key. `charactersMin` is the least length of the part before the number. */
export function readKey(key: unknown, charactersMin: number): OnceKey | KeyRefusal {
  if (typeof key !== 'string') return { code: 'BAD_KEY', message: 'a key must be a string' };
  const [, row = key, digits] = NUMBERED.exec(key) ?? [];
  if (key.length > KEY_MAX || row.length < charactersMin) {
    return { code: 'BAD_KEY', message: `a key must have ${charactersMin} to ${KEY_MAX} characters` };
  }
  return { row, number: Number(digits ?? 0) };
}

/** Returns why a call does not name an event, or `undefined` when it does. */
export function refuseEvent(name: unknown): KeyRefusal | undefined {
  const isName = typeof name === 'string' || Number.isFinite(name);
  if (isName && name !== ONCE && !RESERVED_EVENTS.has(name)) return undefined;
  return { code: 'BAD_EVENT', message: `${shown(name)} is not an event of the application` };
}
