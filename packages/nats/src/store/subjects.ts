/** Keys as parts of subjects. */
import { createHash } from 'node:crypto';
import type { Headers, KeptMessage } from '../connection.js';
import { nameOf, tokenOf } from '../names.js';

/** Longer tokens are replaced by a hash, because a server takes subjects of at most 4,096 bytes. */
const TOKEN_MAX = 800;
/** No name has a token that begins like this. */
const HASH = '%~';
const KEY_HEADER = 'Naru-Key';

/** Returns the token of a key. Different keys have different tokens. */
export function keyToken(key: string): string {
  const token = tokenOf(key);
  return token.length <= TOKEN_MAX ? token : `${HASH}${createHash('sha256').update(token).digest('hex')}`;
}

/** Returns the headers with the key of a message, where its subject has only a hash of it. */
export function encodeKey(subject: string, key: string): Headers {
  return subject.includes(HASH) ? { [KEY_HEADER]: tokenOf(key) } : {};
}

/** Returns the key of a message: the last `count` tokens of its subject together. */
export function decodeKey({ subject, header }: KeptMessage, count: number): string {
  const whole = header(KEY_HEADER);
  return whole === undefined ? subject.split('.').slice(-count).map(nameOf).join('') : nameOf(whole);
}
