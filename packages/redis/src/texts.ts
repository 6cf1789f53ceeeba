/** Texts in Redis: a string for each, which expires by itself. */

import type { StoreName } from '@naru/broker';
import type { TextBounds } from 'naru/backplane';
import { UnavailableError } from 'naru/base';
import {
  type CommandOf,
  type Keys,
  listOf,
  numberOf,
  onceOf,
  type RedisCommand,
  readScript,
  TEXTS_TAG,
  textOf,
  writeScript,
} from './script.js';

/** Returns the tag of what stands beside the log of a namespace, or of what belongs to no namespace. */
export function tagOf(store: StoreName): string {
  return store ?? TEXTS_TAG;
}

/**
 * Notes a text that can be listed. KEYS[3] is the index of the keys with the same first word, by the time at which they
 * expire, and KEYS[4] the set of first words. Texts of namespaces have neither. Each call removes some keys that have
 * expired, so the index stays about as large as what it lists.
 */
const NOTE = `local function note(key, kind, value, ms)
  if not KEYS[3] then return end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if value then
    redis.call('ZADD', KEYS[3], ms == '' and '+inf' or string.format('%.0f', now + ms), key)
    redis.call('SADD', KEYS[4], kind)
  else
    redis.call('ZREM', KEYS[3], key)
  end
  for _, ended in ipairs(redis.call('ZRANGE', KEYS[3], '-inf', now, 'BYSCORE', 'LIMIT', 0, 4)) do
    redis.call('ZREM', KEYS[3], ended)
  end
end
local function put(value, ms)
  if not value then redis.call('DEL', KEYS[2])
  elseif ms == '' then redis.call('SET', KEYS[2], value)
  else redis.call('SET', KEYS[2], value, 'PX', ms) end
end
`;

const GET = readScript('get', `return redis.call('GET', KEYS[1])`);

const SET = writeScript(
  'set',
  `${NOTE}put(ARGV[5], ARGV[6])
note(ARGV[3], ARGV[4], ARGV[5], ARGV[6])`,
);

const DELETE = writeScript(
  'delete',
  `${NOTE}put(nil)
note(ARGV[3], ARGV[4], nil)`,
);

/**
 * The texts of the arguments have a sign before them, which undefined has not. An answer is empty if the texts were
 * swapped.
 */
const SWAP = writeScript(
  'swap',
  `${NOTE}local before = redis.call('GET', KEYS[2])
local has = before and '+' .. before or '-'
if has ~= ARGV[7] then return has end
local value = ARGV[5] ~= '-' and string.sub(ARGV[5], 2) or nil
put(value, ARGV[6])
note(ARGV[3], ARGV[4], value, ARGV[6])
return ''`,
);

/** The union of the indexes with scores of 0 is in the order of the keys. */
const LIST = readScript(
  'list',
  `local union, prefix, limit, base = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local kinds = ARGV[4] and { ARGV[4] } or redis.call('SMEMBERS', KEYS[2])
redis.call('DEL', union)
for _, kind in ipairs(kinds) do redis.call('ZUNIONSTORE', union, 2, union, base .. ':i:' .. kind, 'WEIGHTS', 0, 0) end
local found, from = {}, '[' .. prefix
while #found < 2 * limit do
  local keys = redis.call('ZRANGE', union, from, '(' .. prefix .. '\\255', 'BYLEX', 'LIMIT', 0, 1000)
  if #keys == 0 then break end
  for _, key in ipairs(keys) do
    local value = redis.call('GET', base .. ':s:' .. key)
    if value and #found < 2 * limit then
      found[#found + 1] = key
      found[#found + 1] = value
    end
  end
  from = '(' .. keys[#keys]
end
redis.call('DEL', union)
return found`,
);

/** Texts that are measured exactly. Of more, as many are measured, and stand for all. */
const MEASURED_MAX = 1_000;

/** Texts that one call removes at most. */
const TRIMMED_MAX = 1_000;

/**
 * Removes the texts of an index that expire first, until the rest is within the bounds. Answers whether there is more
 * to remove.
 */
const TRIM = readScript(
  'trim',
  `local index, base = KEYS[1], ARGV[1]
local countMax, bytesMax = tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local from = string.format('(%.0f', now + ARGV[4])
local ended = redis.call('ZRANGE', index, '-inf', now, 'BYSCORE', 'LIMIT', 0, ${TRIMMED_MAX})
for _, key in ipairs(ended) do redis.call('ZREM', index, key) end
if #ended == ${TRIMMED_MAX} then return 1 end
local count = redis.call('ZCOUNT', index, from, '+inf')
local function sizeOf(key) return #key + redis.call('STRLEN', base .. ':s:' .. key) end
local measured, bytes, first = math.min(count, ${MEASURED_MAX}), 0, redis.call('ZCARD', index) - count
for at = 0, measured - 1 do
  local rank = first + math.floor(at * count / measured)
  bytes = bytes + sizeOf(redis.call('ZRANGE', index, rank, rank)[1])
end
if measured > 0 then bytes = bytes * (count / measured) end
for _, key in ipairs(redis.call('ZRANGE', index, from, '+inf', 'BYSCORE', 'LIMIT', 0, ${TRIMMED_MAX})) do
  if count <= countMax and bytes <= bytesMax then return 0 end
  count, bytes = count - 1, bytes - sizeOf(key)
  redis.call('UNLINK', base .. ':s:' .. key)
  redis.call('ZREM', index, key)
end
return (count > countMax or bytes > bytesMax) and count > 0 and 1 or 0`,
);

/** Removes texts whose keys begin with one word, in steps between which Redis does other work. */
export async function trimTexts(
  run: <T>(command: RedisCommand<T>) => Promise<T>,
  keys: Keys,
  prefix: string,
  { countMax, bytesMax, sparedMs }: TextBounds,
): Promise<void> {
  if (kindOf(prefix) !== prefix)
    throw new UnavailableError('REFUSED', `Redis can trim texts by one word and a space, and not by "${prefix}".`);
  const command: RedisCommand<boolean> = {
    script: TRIM,
    keys: [indexKey(keys, prefix)],
    args: [keys.key(TEXTS_TAG), `${countMax}`, `${bytesMax}`, `${Math.ceil(sparedMs)}`],
    decode: (reply) => numberOf(reply) === 1,
  };
  while (await run(command));
}

/** The commands of texts. */
export const TEXTS: { readonly [Method in 'get' | 'list' | 'set' | 'delete' | 'swap']: CommandOf<Method> } = {
  get: (keys, [store, key]) => ({ script: GET, keys: [textKey(keys, store, key)], args: [], decode: textOf }),

  list: (keys, [prefix, limit]) => ({
    script: LIST,
    keys: [keys.key(TEXTS_TAG, 'union'), kindsKey(keys)],
    args: [prefix, `${limit}`, keys.key(TEXTS_TAG), ...(prefix.includes(' ') ? [kindOf(prefix)] : [])],
    decode: (reply) => pairsOf(reply),
  }),

  set: (keys, [store, key, value, expiresInMs], write) => ({
    once: onceOf(keys, tagOf(store), write),
    script: SET,
    keys: keysOf(keys, store, key),
    args: [key, kindOf(key), value, millisecondsOf(expiresInMs)],
    decode: () => undefined,
  }),

  delete: (keys, [store, key], write) => ({
    once: onceOf(keys, tagOf(store), write),
    script: DELETE,
    keys: keysOf(keys, store, key),
    args: [key, kindOf(key)],
    decode: () => undefined,
  }),

  swap: (keys, [store, key, expected, value, expiresInMs], write) => ({
    once: onceOf(keys, tagOf(store), write),
    script: SWAP,
    keys: keysOf(keys, store, key),
    args: [key, kindOf(key), signed(value), millisecondsOf(expiresInMs), signed(expected)],
    decode: (reply) => {
      const has = textOf(reply) ?? '';
      if (has === '') return { swapped: true, value: expected };
      return { swapped: false, value: has === '-' ? undefined : has.slice(1) };
    },
  }),
};

/** Returns the pairs of a flat list of keys and values, sorted by key. */
export function pairsOf(reply: unknown): (readonly [key: string, value: string])[] {
  const texts = listOf(reply).map((each) => textOf(each) ?? '');
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < texts.length; at += 2) pairs.push([texts[at] ?? '', texts[at + 1] ?? '']);
  return pairs.sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The text comes last and as it is, so that a script can make the key of a text from an index. */
function textKey(keys: Keys, store: StoreName, key: string): string {
  return `${keys.key(tagOf(store), 's')}:${key}`;
}

function keysOf(keys: Keys, store: StoreName, key: string): string[] {
  const own = textKey(keys, store, key);
  return store === undefined ? [own, indexKey(keys, kindOf(key)), kindsKey(keys)] : [own];
}

function indexKey(keys: Keys, kind: string): string {
  return `${keys.key(TEXTS_TAG, 'i')}:${kind}`;
}

function kindsKey(keys: Keys): string {
  return keys.key(TEXTS_TAG, 'kinds');
}

/** Returns the first word of a key with the space after it, or an empty text if there is no space. */
function kindOf(key: string): string {
  return key.slice(0, key.indexOf(' ') + 1);
}

function signed(text: string | undefined): string {
  return text === undefined ? '-' : `+${text}`;
}

/** Returns a time as whole milliseconds, and an empty text for ever. */
export function millisecondsOf(ms: number | undefined): string {
  return ms === undefined || ms === Number.POSITIVE_INFINITY ? '' : `${Math.max(1, Math.ceil(ms))}`;
}
