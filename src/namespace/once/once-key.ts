/** The keys by which a client says that what it sends is one and the same event: what is a key, and whose. docs/delivery.md. */
import { shown } from '../../base/errors.js';
import { RESERVED_EVENTS } from '../../protocol/socket-io/decoder.js';

/** The fewest characters of a key that nobody else shall guess: 20 of base64url carry 120 bits, as those of a session's secret. */
export const SECRET_KEY_MIN = 20;

/** The most characters of a key. */
export const KEY_MAX = 200;

/** A key that was read. */
export interface OnceKey {
  /** What all keys of one row have in common; the whole key where it stands alone. */
  readonly row: string;
  /** The number in the row; 0 where the key stands alone. */
  readonly number: number;
}

/** Why a call was not taken; goes to the client. */
export interface KeyRefusal {
  readonly code: 'BAD_KEY' | 'BAD_EVENT' | 'STALE_KEY';
  readonly message: string;
}

/** The name of the event by which a client of any wire asks for it. */
export const ONCE = 'naru:once';

/** A key of a row: text that ends with `==`, and a number. A client has one event of a row on its way, and its numbers rise. */
const NUMBERED = /^(.+==)(\d{1,15})$/s;

/** Reads a key; `charactersMin` is the fewest that it may have in front of its number. */
export function readKey(key: unknown, charactersMin: number): OnceKey | KeyRefusal {
  if (typeof key !== 'string') return { code: 'BAD_KEY', message: 'a key is a text' };
  const [, row = key, digits] = NUMBERED.exec(key) ?? [];
  if (key.length > KEY_MAX || row.length < charactersMin) {
    return { code: 'BAD_KEY', message: `a key has ${charactersMin} to ${KEY_MAX} characters` };
  }
  return { row, number: Number(digits ?? 0) };
}

/** Why a call names no event; nothing when it does. */
export function refuseEvent(name: unknown): KeyRefusal | undefined {
  const isName = typeof name === 'string' || typeof name === 'number';
  if (isName && name !== ONCE && !RESERVED_EVENTS.has(name)) return undefined;
  return { code: 'BAD_EVENT', message: `${shown(name)} is no event of the application's` };
}
