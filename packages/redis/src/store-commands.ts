/** The requests about texts and tables. One command carries out each of them. */
import type { HomeRequest, WriteId } from '@naru/broker';
import { type Keys, type RedisCommand, TEXTS_TAG } from './script.js';
import { TABLES } from './tables.js';
import { TEXTS } from './texts.js';

const COMMANDS = { ...TEXTS, ...TABLES };

/** Returns the command of a request, or `undefined` for a request that is not about texts or tables. */
export function storeCommandFor({ method, args, write }: HomeRequest, keys: Keys): RedisCommand<unknown> | undefined {
  if (!(method in COMMANDS)) return undefined;
  const command = COMMANDS[method as keyof typeof COMMANDS] as (
    ...given: readonly [Keys, readonly unknown[], WriteId | undefined]
  ) => RedisCommand<unknown>;
  return command(keys, args, write);
}

/** Returns the hash tag of the keys of a request. All that has the same tag is in one slot. */
export function tagOfRequest({ method, args: [first] }: HomeRequest): string {
  const isOfNone = method === 'list' || method === 'trim' || typeof first !== 'string';
  return isOfNone ? TEXTS_TAG : first;
}
