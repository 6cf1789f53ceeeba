/** Work queues in Redis. All of them are in one slot, because their bounds hold for the whole home. */
import { Buffer } from 'node:buffer';
import type { HeldMessage, QueueBounds } from '../work-queues.js';
import {
  type CommandOf,
  encodeName,
  FORMAT,
  type Keys,
  listOf,
  numberOf,
  onceOf,
  QUEUES_TAG,
  readScript,
  textOf,
  writeScript,
} from './script.js';

/**
 * The functions of all scripts of queues. The keys of a queue begin with `base`, and end with its name:
 * - `:b:` is a hash from the number of each message to its body.
 * - `:w:` is the list of those that wait, `:r:` the sorted set of those that were returned, and `:h:` of those that are
 *   held until a time.
 * - `:t:` is a hash from the number of each message that was taken to its deliveries, and to the write that took it
 *   last.
 * KEYS[2] is a hash with the newest number, the count of the queues, their bytes, and the bytes of each.
 *
 * The id of a hold has the number of the message and the write that took it. Writes have names that are never used
 * again, so a holder of what a restarted Redis has lost has no effect on others. Numbers begin with the time for the
 * same reason.
 */
const QUEUE = `${FORMAT}local totals, base = KEYS[2], ARGV[3]
check(totals, 'the work queues')
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
local function tell(name) redis.call('SPUBLISH', base .. ':more:' .. name, '') end
local function holds(name, id)
  local number, taker = string.match(id, '^(%d+)%-(.+)$')
  local taken = number and redis.call('HGET', base .. ':t:' .. name, number)
  if taken and string.match(taken, '^%d+ (.+)$') == taker then return number end
end
`;

const BOUNDS = ['countMax', 'bytesMax', 'queuesMax', 'totalBytesMax'] as const satisfies readonly (keyof QueueBounds)[];

/**
 * The arguments after the bounds are, for each put, the name of the queue, the count of the messages, and the messages.
 */
const PUT = writeScript(
  'queuePut',
  `${QUEUE}local counts, sizes, puts, at = {}, {}, 0, 8
local queues = tonumber(redis.call('HGET', totals, 'count') or '0')
local total = tonumber(redis.call('HGET', totals, 'bytes') or '0')
while at <= #ARGV do
  local name, count, size = ARGV[at], tonumber(ARGV[at + 1]), 0
  for each = at + 2, at + 1 + count do size = size + #ARGV[each] end
  if not counts[name] then
    counts[name] = redis.call('HLEN', base .. ':b:' .. name)
    sizes[name] = tonumber(redis.call('HGET', totals, 'of ' .. name) or '0')
  end
  if counts[name] == 0 and count > 0 then queues = queues + 1 end
  counts[name], sizes[name], total = counts[name] + count, sizes[name] + size, total + size
  local found = { counts[name], sizes[name], queues, total }
  for bound = 1, 4 do
    if found[bound] > tonumber(ARGV[3 + bound]) then return puts .. ' ' .. bound end
  end
  puts, at = puts + 1, at + 2 + count
end
local number = math.max(tonumber(redis.call('HGET', totals, 'last') or '0') + 1, clock())
at = 8
while at <= #ARGV do
  local name, count = ARGV[at], tonumber(ARGV[at + 1])
  for each = at + 2, at + 1 + count do
    local text = string.format('%.0f', number)
    redis.call('HSET', base .. ':b:' .. name, text, ARGV[each])
    redis.call('RPUSH', base .. ':w:' .. name, text)
    number = number + 1
  end
  at = at + 2 + count
end
redis.call('HSET', totals, 'last', string.format('%.0f', number - 1), 'count', queues, 'bytes', string.format('%.0f', total))
for name, size in pairs(sizes) do
  if counts[name] > 0 then
    redis.call('HSET', totals, 'of ' .. name, size)
    tell(name)
  end
end
return ''`,
);

const EXTENT = readScript(
  'queueExtent',
  `${FORMAT}check(KEYS[1], 'the work queues')
return { redis.call('HLEN', KEYS[2]), redis.call('HGET', KEYS[1], 'of ' .. ARGV[1]) }`,
);

/** Bytes after which a take ends, so that no reply is too large. The taker takes again. */
const TAKEN_BYTES = 1024 * 1024;

/** The answer is the numbers of the messages. The reply has their bodies, too, of those that the write still holds. */
const TAKE = writeScript(
  'queueTake',
  `${QUEUE}local name, count, now = ARGV[4], tonumber(ARGV[5]), math.floor(clock() / 1000)
local held, returned = base .. ':h:' .. name, base .. ':r:' .. name
for _, number in ipairs(redis.call('ZRANGE', held, '-inf', now, 'BYSCORE')) do
  redis.call('ZREM', held, number)
  redis.call('ZADD', returned, number, number)
end
local numbers, size = {}, 0
while #numbers < count and size < ${TAKEN_BYTES} do
  local number = redis.call('ZPOPMIN', returned)[1] or redis.call('LPOP', base .. ':w:' .. name)
  if not number then break end
  numbers[#numbers + 1] = number
  size = size + redis.call('HSTRLEN', base .. ':b:' .. name, number)
  local taken = redis.call('HGET', base .. ':t:' .. name, number)
  local deliveries = (taken and tonumber(string.match(taken, '^%d+')) or 0) + 1
  redis.call('HSET', base .. ':t:' .. name, number, deliveries .. ' ' .. ARGV[7])
  redis.call('ZADD', held, string.format('%.0f', now + ARGV[6]), number)
end
return table.concat(numbers, ' ')`,
  `${QUEUE}local name, messages = ARGV[4], {}
for number in string.gmatch(answer or '', '%d+') do
  if holds(name, number .. '-' .. ARGV[7]) then
    messages[#messages + 1] = number
    messages[#messages + 1] = string.match(redis.call('HGET', base .. ':t:' .. name, number), '^%d+')
    messages[#messages + 1] = redis.call('HGET', base .. ':b:' .. name, number)
  end
end
return messages`,
);

const FINISH = writeScript(
  'queueFinish',
  `${QUEUE}local name, size = ARGV[4], 0
local bodies, isChanged = base .. ':b:' .. name, false
for at = 5, #ARGV do
  local number = holds(name, ARGV[at])
  if number then
    isChanged, size = true, size + redis.call('HSTRLEN', bodies, number)
    for _, part in ipairs({ ':b:', ':t:' }) do redis.call('HDEL', base .. part .. name, number) end
    for _, part in ipairs({ ':h:', ':r:' }) do redis.call('ZREM', base .. part .. name, number) end
  end
end
if not isChanged then return end
redis.call('HINCRBY', totals, 'bytes', 0 - size)
if redis.call('HLEN', bodies) > 0 then
  redis.call('HINCRBY', totals, 'of ' .. name, 0 - size)
else
  redis.call('HDEL', totals, 'of ' .. name)
  redis.call('HINCRBY', totals, 'count', -1)
end`,
);

const GIVE_BACK = writeScript(
  'queueGiveBack',
  `${QUEUE}local name = ARGV[4]
for at = 5, #ARGV do
  local number = holds(name, ARGV[at])
  if number then
    redis.call('ZREM', base .. ':h:' .. name, number)
    redis.call('ZADD', base .. ':r:' .. name, number, number)
  end
end
tell(name)`,
);

const RENEW = writeScript(
  'queueRenew',
  `${QUEUE}local name, found = ARGV[4], {}
local untilMs = string.format('%.0f', math.floor(clock() / 1000) + ARGV[5])
for at = 6, #ARGV do
  local number = holds(name, ARGV[at])
  if number then
    redis.call('ZREM', base .. ':r:' .. name, number)
    redis.call('ZADD', base .. ':h:' .. name, untilMs, number)
    found[#found + 1] = ARGV[at]
  end
end
return table.concat(found, ' ')`,
);

/** The commands of work queues. */
export const QUEUES: {
  readonly [Method in
    | 'queuePut'
    | 'queueExtent'
    | 'queueTake'
    | 'queueFinish'
    | 'queueGiveBack'
    | 'queueRenew']: CommandOf<Method>;
} = {
  queuePut: (keys, [puts, bounds], write) => ({
    once: onceOf(keys, QUEUES_TAG, write),
    script: PUT,
    keys: [totalsKey(keys)],
    args: [
      keys.key(QUEUES_TAG),
      ...BOUNDS.map((bound) => `${bounds[bound]}`.replace('Infinity', 'inf')),
      ...puts.flatMap(({ queue, messages }) => [encodeName(queue), `${messages.length}`, ...messages]),
    ],
    decode: (reply) => {
      const [put, bound] = (textOf(reply) ?? '').split(' ');
      const full = puts[Number(put)];
      return bound === undefined || !full
        ? 'kept'
        : { queue: full.queue, bound: BOUNDS[Number(bound) - 1] ?? 'countMax' };
    },
  }),

  queueExtent: (keys, [queue]) => ({
    script: EXTENT,
    keys: [totalsKey(keys), keys.key(QUEUES_TAG, 'b', queue)],
    args: [encodeName(queue)],
    decode: (reply) => {
      const [count, bytes] = listOf(reply);
      return { count: numberOf(count), bytes: numberOf(bytes) };
    },
  }),

  queueTake: (keys, [queue, count, leaseMs], write) => {
    const taker = `${write.writer}.${write.number}`;
    return {
      once: onceOf(keys, QUEUES_TAG, write),
      script: TAKE,
      keys: [totalsKey(keys)],
      args: [keys.key(QUEUES_TAG), encodeName(queue), `${count}`, `${Math.ceil(leaseMs)}`, taker],
      decode: (reply) => messagesOf(reply, taker),
    };
  },

  queueFinish: (keys, [queue, ids], write) => ({
    once: onceOf(keys, QUEUES_TAG, write),
    script: FINISH,
    keys: [totalsKey(keys)],
    args: [keys.key(QUEUES_TAG), encodeName(queue), ...ids],
    decode: () => undefined,
  }),

  queueGiveBack: (keys, [queue, ids], write) => ({
    once: onceOf(keys, QUEUES_TAG, write),
    script: GIVE_BACK,
    keys: [totalsKey(keys)],
    args: [keys.key(QUEUES_TAG), encodeName(queue), ...ids],
    decode: () => undefined,
  }),

  queueRenew: (keys, [queue, ids, leaseMs], write) => ({
    once: onceOf(keys, QUEUES_TAG, write),
    script: RENEW,
    keys: [totalsKey(keys)],
    args: [keys.key(QUEUES_TAG), encodeName(queue), `${Math.ceil(leaseMs)}`, ...ids],
    decode: (reply) => (textOf(reply) ?? '').split(' ').filter((id) => id !== ''),
  }),
};

/** Returns the channel that tells of messages to take. */
export function queueChannel(keys: Keys, queue: string): string {
  return keys.key(QUEUES_TAG, 'more', queue);
}

function totalsKey(keys: Keys): string {
  return keys.key(QUEUES_TAG, 'totals');
}

function messagesOf(reply: unknown, taker: string): HeldMessage[] {
  const parts = listOf(reply);
  const messages: HeldMessage[] = [];
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const body = parts[at + 2];
    if (!Buffer.isBuffer(body)) continue;
    messages.push({ id: `${textOf(parts[at])}-${taker}`, body, deliveries: numberOf(parts[at + 1]) });
  }
  return messages;
}
