/** Tables with leases in Redis: a hash of the entries, and a sorted set of the times at which their leases end. */
import type { StoreName } from '@naru/broker';
import { type CommandOf, FORMAT, type Keys, listOf, onceOf, readScript, textOf, writeScript } from './script.js';
import { pairsOf, tagOf } from './texts.js';

/**
 * The functions of all scripts of tables. A field of the hash is "k" and the key of an entry, or "version". The version
 * is the sum of a hash of each entry, in three numbers of 32 bits. So it depends on the entries alone: a Redis that
 * lost its newest writes gives a version back only together with its entries. Both keys expire with the last lease.
 */
const TABLE = `${FORMAT}check(entries, 'a table')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sums
local function add(key, value, sign)
  if not sums then
    local version = redis.call('HGET', entries, 'version') or string.rep('0', 24)
    sums = {}
    for word = 1, 3 do sums[word] = tonumber(string.sub(version, word * 8 - 7, word * 8), 16) end
  end
  local hash = redis.sha1hex(#key .. ' ' .. key .. value)
  for word = 1, 3 do
    sums[word] = (sums[word] + sign * tonumber(string.sub(hash, word * 8 - 7, word * 8), 16)) % 4294967296
  end
end
local function drop(key)
  local value = redis.call('HGET', entries, 'k' .. key)
  if value then add(key, value, -1) end
  redis.call('HDEL', entries, 'k' .. key)
  redis.call('ZREM', leases, key)
end
local function sweep()
  for _, key in ipairs(redis.call('ZRANGE', leases, '-inf', now, 'BYSCORE')) do drop(key) end
end
local function finish()
  local last = redis.call('ZRANGE', leases, -1, -1, 'WITHSCORES')
  if not last[2] then
    redis.call('DEL', entries)
    return
  end
  if sums then redis.call('HSET', entries, 'version', string.format('%08x%08x%08x', sums[1], sums[2], sums[3])) end
  redis.call('PEXPIREAT', entries, last[2])
  redis.call('PEXPIREAT', leases, last[2])
end
`;

const PUT = writeScript(
  'tablePut',
  `local entries, leases, key, value = KEYS[2], KEYS[3], ARGV[3], ARGV[4]
${TABLE}sweep()
local before = redis.call('HGET', entries, 'k' .. key)
if before ~= value then
  if before then add(key, before, -1) end
  add(key, value, 1)
  redis.call('HSET', entries, 'k' .. key, value)
end
redis.call('ZADD', leases, string.format('%.0f', now + ARGV[5]), key)
finish()`,
);

const REMOVE = writeScript(
  'tableRemove',
  `local entries, leases, key = KEYS[2], KEYS[3], ARGV[3]
${TABLE}sweep()
local before = redis.call('HGET', entries, 'k' .. key)
if before and (not ARGV[4] or ARGV[4] == before) then drop(key) end
if sums then finish() end`,
);

const GET = readScript(
  'tableGet',
  `${FORMAT}check(KEYS[1], 'a table')
local time = redis.call('TIME')
local ends = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not ends or tonumber(ends) <= time[1] * 1000 + math.floor(time[2] / 1000) then return false end
return redis.call('HGET', KEYS[1], 'k' .. ARGV[1])`,
);

/** Answers nothing if the version is the same. The union of the leases with scores of 0 is in the order of the keys. */
const LIST = readScript(
  'tableList',
  `local entries, leases, union, limit = KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[1])
${TABLE}sweep()
if sums then finish() end
local version = redis.call('HGET', entries, 'version') or ''
if version == ARGV[2] then return false end
local keys
if limit < redis.call('ZCARD', leases) then
  redis.call('ZUNIONSTORE', union, 1, leases, 'WEIGHTS', 0)
  keys = redis.call('ZRANGE', union, '-', '+', 'BYLEX', 'LIMIT', 0, limit)
  redis.call('DEL', union)
else
  keys = redis.call('ZRANGE', leases, 0, -1)
end
local found = {}
for _, key in ipairs(keys) do
  found[#found + 1] = key
  found[#found + 1] = redis.call('HGET', entries, 'k' .. key)
end
return { version, found }`,
);

/** The commands of tables. */
export const TABLES: {
  readonly [Method in 'tablePut' | 'tableGet' | 'tableRemove' | 'tableList']: CommandOf<Method>;
} = {
  tablePut: (keys, [store, table, key, value, leaseMs], write) => ({
    once: onceOf(keys, tagOf(store), write),
    script: PUT,
    keys: keysOf(keys, store, table),
    args: [key, value, `${Math.ceil(leaseMs)}`],
    decode: () => undefined,
  }),

  tableGet: (keys, [store, table, key]) => ({
    script: GET,
    keys: keysOf(keys, store, table),
    args: [key],
    decode: textOf,
  }),

  tableRemove: (keys, [store, table, key, expected], write) => ({
    once: onceOf(keys, tagOf(store), write),
    script: REMOVE,
    keys: keysOf(keys, store, table),
    args: expected === undefined ? [key] : [key, expected],
    decode: () => undefined,
  }),

  tableList: (keys, [store, table, limit, unless]) => ({
    script: LIST,
    keys: [...keysOf(keys, store, table), keys.key(tagOf(store), 'union')],
    args: unless === undefined ? [`${limit}`] : [`${limit}`, unless],
    decode: (reply) => {
      const [version, entries] = listOf(reply);
      if (version === undefined) return 'same';
      return { version: textOf(version) ?? '', entries: pairsOf(entries) };
    },
  }),
};

function keysOf(keys: Keys, store: StoreName, table: string): string[] {
  return [keys.key(tagOf(store), 't', table), keys.key(tagOf(store), 'x', table)];
}
