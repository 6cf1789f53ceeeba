/** Finds the key of another program that a request has met. */
import { UnavailableError } from 'naru/base';
import { nameOf, type RedisAddress } from '../options.js';
import { textOf } from '../script.js';
import { codeOf } from './failures.js';

/** The types of our keys, by the word after the tag in braces. */
const TYPES: Readonly<Record<string, string>> = {
  log: 'stream',
  copy: 'stream',
  meta: 'hash',
  marks: 'list',
  store: 'hash',
  e: 'hash',
  t: 'hash',
  x: 'zset',
  union: 'zset',
  i: 'zset',
  kinds: 'set',
  totals: 'hash',
  s: 'string',
};

/**
 * Whether Redis has refused a request because of what a key holds. Only the script of Naru adds to its streams, and its
 * offsets rise.
 */
export function isOfForeignKey(error: unknown): boolean {
  return codeOf(error) === 'WRONGTYPE' || (error instanceof Error && /ID specified in XADD/.test(error.message));
}

/**
 * Returns the error that names the foreign key among `keys`, or `undefined` if none of them can be told from ours by
 * its type.
 */
export async function foreignKeyError(
  { call, address }: { readonly address: RedisAddress; call(args: readonly string[]): Promise<unknown> },
  keys: readonly string[],
  cause: unknown,
): Promise<UnavailableError | undefined> {
  for (const key of keys) {
    const word = key.slice(key.indexOf('}:') + 2).split(':')[0] ?? '';
    const type = textOf(await call(['TYPE', key]).catch(() => undefined)) ?? 'none';
    const own = TYPES[word];
    if (own === undefined || type === 'none' || (type === own && !(word === 'log' && codeOf(cause) !== 'WRONGTYPE')))
      continue;
    return new UnavailableError(
      'REFUSED',
      `The key "${key}" of Redis at ${nameOf(address)} belongs to another program: it has a ${type}, and Naru keeps a ${own} of its own there. Delete the key, or set the option "prefix" to another text.`,
      cause,
    );
  }
  return undefined;
}
