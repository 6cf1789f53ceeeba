/**
 * The Lua scripts of the log. A namespace has these keys:
 *
 * - `log`: a stream with a batch in each entry, in the field `d`. The id of an entry is
 *   `<number of its last record>-0`.
 * - `meta`: a hash. It stays for a while when all records have expired. `run` is the run of the server. `state` has
 *   twelve doubles, because one field costs less time than many. In `load`, `last` is the newest number, and `trimmed`
 *   the newest one that retention has removed. `bytes` and `count` say what the log has. `sb`, `sc`, `st` and `sn` say
 *   it of its newest segment, with the times of its first and last batch. `ends` is the time at which the log expires.
 *   `due` is the time of the last batch in the oldest earlier segment, or 0. `told` is the newest number that was
 *   pushed on the channel of all. `swept` is the time at which writers were last forgotten. `holes` is a text with
 *   `<from><to>` of 16 digits each. The numbers after `from` up to `to` were never given out. `w<writer>` has the
 *   newest writes of a writer.
 * - `marks`: a list of `<last number> <bytes> <records> <last time>`, one for each earlier segment.
 *
 * All times are those of the server, so the clocks of the nodes do not matter.
 */
import { BATCH_HEAD_BYTES } from '@naru/broker';
import { REMEMBERED_MS, readScript, type Script } from '../script.js';

/** Numbers that a hole has at least. Up to as many again are added at random, as in local/records/holes.ts. */
const STRIDE = 2 ** 26;

/** The largest time in microseconds that is used as a number. A wrong clock beyond it would use up the numbers. */
const TIME_MAX = 2 ** 52;

/** Holes that are remembered. */
const HOLES_MAX = 1_000;

/** A segment ends after these bytes, or after a part of the retention. Retention removes whole segments. */
const SEGMENT_BYTES = 65_536;
const SEGMENT_MS = 60 * 60 * 1_000;
const SEGMENT_SHARE = 16;

/** Milliseconds for which the numbers of a log are remembered after its last record has expired. */
const META_MS = 30 * 24 * 60 * 60 * 1_000;

/** `load` reads the state of a log from its hash, and `save` writes it. */
export const STATE = `local function load(packed)
  local state = { more = 0 }
  state.last, state.trimmed, state.bytes, state.count, state.sb, state.sc, state.st, state.sn, state.ends, state.due, state.told,
    state.swept = struct.unpack('>dddddddddddd', (packed or '') .. string.rep('\\0', 96 - #(packed or '')))
  return state
end
local function save(meta, state, ...)
  redis.call('HSET', meta, 'state', struct.pack('>dddddddddddd', state.last, state.trimmed, state.bytes, state.count, state.sb, state.sc,
    state.st, state.sn, state.ends, state.due, state.told, state.swept), ...)
end
`;

/** The time, and functions for numbers. */
const TOOLS = `local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local ms = math.floor(micros / 1000)
local function text(number) return string.format('%.0f', number) end
-- A damaged batch has any count, and a record takes at least two bytes.
local function countOf(batch)
  local a, b, c, d = string.byte(batch, 3, 6)
  local count = d and ((a * 256 + b) * 256 + c) * 256 + d or 0
  return math.max(1, math.min(count, #batch / 2))
end
`;

/**
 * `shrink` ends the newest segment in time, and removes segments that are too old or too many. `expire` says whether
 * the log has expired, and forgets what it had.
 */
const RETENTION = `local function shrink(log, marks, state, age, most)
  local span = math.min(age / ${SEGMENT_SHARE}, ${SEGMENT_MS})
  if state.sc > 0 and (state.sb >= math.min(most / ${SEGMENT_SHARE}, ${SEGMENT_BYTES}) or ms - state.st >= span) then
    redis.call('RPUSH', marks, text(state.last) .. ' ' .. state.sb .. ' ' .. state.sc .. ' ' .. text(state.sn))
    if state.due == 0 then state.due = state.sn end
    state.sb, state.sc = 0, 0
  end
  local before = state.trimmed
  while state.due > 0 and (state.bytes + state.more > most or ms - state.due >= age) do
    local last, bytes, count = string.match(redis.call('LPOP', marks) or '0 0 0', '^(%d+) (%d+) (%d+)')
    state.due = tonumber(string.match(redis.call('LINDEX', marks, 0) or ' 0', ' (%d+)$'))
    state.bytes, state.count, state.trimmed = state.bytes - bytes, state.count - count, math.max(before, last)
  end
  if state.trimmed > before then redis.call('XTRIM', log, 'MINID', text(state.trimmed + 1)) end
end
local function expire(state)
  if state.ends == 0 or ms < state.ends then return false end
  state.trimmed, state.bytes, state.count, state.sb, state.sc, state.due = state.last, 0, 0, 0, 0, 0
  return true
end
`;

/**
 * Bytes of batches that one reading answers, unless a single batch has more. Redis breaks the connection of a
 * subscriber whose answers take too much of its memory.
 */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Bytes of a record in the argument of READ_AT: its number and the head of a batch. */
export const PLACE_BYTES: number = 8 + BATCH_HEAD_BYTES;

/** Numbers after which all learn how far the log has come, although nothing is for all. */
const TOLD_EVERY = 4_096;

/** Milliseconds between two looks for writers that are forgotten. */
const SWEEP_MS = 60 * 60 * 1_000;

/**
 * Appends batches unless the write was carried out before. Keys: meta, log, marks. Arguments: number of the write, the
 * number up to which the writer has all answers, its name, token of the server, channel, age and bytes of the
 * retention, and a random fraction. For each batch follow the number of its records, the tag of its receivers or
 * nothing, and its bytes. Answers the newest number before the batches, that of the last record, and the token of the
 * server if it is another one by now. Pushes each batch on the channel of all or on that of its tag, or a word if they
 * are too large. Now and then, all learn how far the log has come.
 *
 * The field of a writer is `<time> <number of its newest write>`, and `|<number>:<answer>` for each write of which the
 * writer may lack the answer. A writer's numbers rise, and arrive in order or late, so a number up to the newest one is
 * answered from there. A write that Redis refused has no answer there. `again` is Lua that runs before that.
 */
const appending = (
  again: string,
): string => `${STATE}${TOOLS}${RETENTION}local meta, log, marks = KEYS[1], KEYS[2], KEYS[3]
local age = tonumber(ARGV[6])
local writer = 'w' .. ARGV[3]
local before = redis.call('HMGET', meta, 'run', 'state', writer)
local known = before[3] or ''
if tonumber(ARGV[1]) <= tonumber(string.match(known, '^%d+ (%d+)') or '0') then
  local given = string.match(known, '|' .. ARGV[1] .. ':([^|]*)')
  ${again}return given
end
${CARRY_OUT}`;

/** The part of an append that is carried out once. It has what `appending` has read. */
const CARRY_OUT = `local age = tonumber(ARGV[6])
local run, state, token = before[1], load(before[2]), ARGV[4]
local previous, first = state.last, state.last
-- Redis takes another replication id while it runs when its first replica comes. The older connections do not know it.
if run and token ~= '' and run ~= token then
  -- A service may refuse INFO in scripts. Then the token stays as the connection knows it.
  local server, replication = redis.pcall('INFO', 'server'), redis.pcall('INFO', 'replication')
  if type(server) == 'string' and type(replication) == 'string' then
    ARGV[4] = (string.match(server, '\\nrun_id:(%w+)') or '') .. ' ' .. (string.match(replication, '\\nmaster_replid:(%w+)') or '')
  end
end
if not run or (token ~= '' and run ~= ARGV[4]) then
  if micros < ${TIME_MAX} then first = math.max(first, micros) end
  -- A log that begins anew is above the one that Redis has lost, also when that began a moment ago.
  first = math.floor(first + ${STRIDE} * (run and 1 + ARGV[8] or 2))
end
local last, bytes = first, 0
for i = 9, #ARGV, 3 do
  last, bytes = last + ARGV[i], bytes + #ARGV[i + 2]
  redis.call('XADD', log, text(last) .. '-0', 'd', ARGV[i + 2])
end
local count = last - first
if first > previous then
  local holes = (redis.call('HGET', meta, 'holes') or '') .. string.format('%016.0f%016.0f', previous, first)
  redis.call('HSET', meta, 'run', ARGV[4], 'holes', string.sub(holes, -${32 * HOLES_MAX}))
end
if expire(state) then
  redis.call('DEL', marks)
  redis.call('XTRIM', log, 'MINID', text(state.last + 1))
end
state.more = bytes
shrink(log, marks, state, age, tonumber(ARGV[7]))
if state.sc == 0 then
  state.st = ms
  if age < math.huge then
    local left = math.floor(age + math.min(age / ${SEGMENT_SHARE}, ${SEGMENT_MS})) + 1000
    state.ends = ms + left
    for _, key in ipairs({ log, marks }) do redis.call('PEXPIRE', key, left) end
    redis.call('PEXPIRE', meta, left + ${META_MS})
  elseif state.ends > 0 then
    state.ends = 0
    for _, key in ipairs({ log, marks, meta }) do redis.call('PERSIST', key) end
  end
end
state.last, state.sn = last, ms
state.bytes, state.count, state.sb, state.sc = state.bytes + bytes, state.count + count, state.sb + bytes, state.sc + count
if not before[3] and ms - state.swept >= ${SWEEP_MS} then
  state.swept = ms
  local fields = redis.call('HGETALL', meta)
  for i = 1, #fields, 2 do
    local since = string.sub(fields[i], 1, 1) == 'w' and string.match(fields[i + 1], '^%d+ ')
    if since and ms - since >= ${REMEMBERED_MS} then redis.call('HDEL', meta, fields[i]) end
  end
end
local answer = text(previous) .. ' ' .. text(last)
local answers = { text(ms) .. ' ' .. ARGV[1] }
for number, given in string.gmatch(known, '|(%d+):([^|]*)') do
  if tonumber(number) > tonumber(ARGV[2]) then answers[#answers + 1] = number .. ':' .. given end
end
answers[#answers + 1] = ARGV[1] .. ':' .. answer
-- The batches are in the log, so the append goes on to its end although Redis may refuse to push them.
if bytes > ${PAGE_BYTES} then
  redis.pcall('SPUBLISH', ARGV[5], 'more')
  state.told = last
else
  for i = 9, #ARGV, 3 do
    local channel, head = ARGV[5], text(previous) .. ' ' .. text(first + ARGV[i]) .. ' ' .. text(state.told) .. ' '
    if ARGV[i + 1] ~= '' then channel = channel .. '.' .. ARGV[i + 1] else state.told = first + ARGV[i] end
    redis.pcall('SPUBLISH', channel, head .. ARGV[i + 2])
    previous, first = first + ARGV[i], first + ARGV[i]
  end
  if last - state.told >= ${TOLD_EVERY} then
    redis.pcall('SPUBLISH', ARGV[5], text(last))
    state.told = last
  end
end
save(meta, state, writer, table.concat(answers, '|'))
return ARGV[4] == token and answer or answer .. ' ' .. ARGV[4]`;

/** The append of a writer that does not wait for replicas. */
export const APPEND: Script = { name: 'append', source: appending('') };

/**
 * The append of a writer that waits for replicas. A repeated one writes something, so that WAIT waits until the
 * replicas have it, and the earlier write with it. Since Redis 7.2, WAIT counts what its own connection has written. A
 * Redis without memory takes a change of the expiry. If Redis takes no writes now, the writer asks again later.
 */
export const APPEND_TO_REPLICAS: Script = {
  name: 'append',
  source: appending(`if not given then return nil end
  local left = redis.call('PTTL', meta)
  if type(redis.pcall('PEXPIRE', meta, left > 0 and left or 1000)) == 'table' then
    error(redis.error_reply('TRYAGAIN Redis takes no writes now.'))
  end
  if left < 0 then redis.call('PERSIST', meta) end
  `),
};

/** Removes what is too old. Keys: log, meta, marks. Arguments: age and bytes of the retention. */
export const TRIM: Script = readScript(
  'trim',
  `${STATE}${TOOLS}${RETENTION}local log, meta, marks = KEYS[1], KEYS[2], KEYS[3]
local state = load(redis.call('HGET', meta, 'state'))
if state.count == 0 then return end
if expire(state) then redis.call('DEL', log, marks) end
-- Redis without memory refuses a script whose first write may need some. This one removes nothing, and needs none.
redis.call('XTRIM', log, 'MINID', text(state.trimmed + 1))
shrink(log, marks, state, tonumber(ARGV[1]), tonumber(ARGV[2]))
save(meta, state)`,
);

/** Whether a number is in a hole. The newest holes are the likely ones. */
const HOLE = `local function isInHole(holes, number)
  for at = #(holes or '') - 31, 1, -32 do
    if number > tonumber(string.sub(holes, at + 16, at + 31)) then return false end
    if number > tonumber(string.sub(holes, at, at + 15)) then return true end
  end
  return false
end
`;

/**
 * Reads the batches after a number, as many as have the requested number of records. Keys: log, meta. Arguments:
 * number, records, text. Answers whether records are missing before the first, and whether the answer ends early
 * because of its size. The number of the last record that it has looked at follows, and each batch by its last number
 * and its bytes. With a text, batches without it are left out, except for the first.
 */
export const READ: Script = readScript(
  'read',
  `${STATE}${TOOLS}${HOLE}local after, limit, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local known = redis.call('HMGET', KEYS[2], 'state', 'holes')
local state = load(known[1])
local last, trimmed = state.last, state.trimmed
if after >= last then return { 0, 0, ARGV[1] } end
local rows, from, found, size, seen = { 0, 0, ARGV[1] }, '(' .. ARGV[1] .. '-0', 0, 0, 0
local isMissing = after < trimmed or (after > 0 and isInHole(known[2], after))
local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', limit > 0 and 16 or 1)
if isMissing or #entries == 0 then rows[1] = 1 end
while #entries > 0 and found < limit do
  for _, entry in ipairs(entries) do
    local id, batch = string.match(entry[1], '^%d+'), entry[2][2]
    if #rows == 3 or string.find(batch, wanted, 1, true) then
      if #rows > 3 and size + #batch > ${PAGE_BYTES} then
        rows[2] = 1
        return rows
      end
      rows[#rows + 1], rows[#rows + 2] = id, batch
      size = size + #batch
    end
    found = found + math.min(countOf(batch), tonumber(id) - after)
    from, rows[3], seen = '(' .. entry[1], id, seen + #batch
    -- Nobody is answered meanwhile.
    if found >= limit or (wanted ~= '' and seen > ${PAGE_BYTES}) then return rows end
  end
  entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 64)
end
return rows`,
);

/**
 * Reads the newest batches before a number, newest first. Keys: log, meta. Arguments: number or nothing, records.
 * Answers whether there were older records than those that the log has, and the rest as READ does.
 */
export const READ_BACK: Script = readScript(
  'readBack',
  `${STATE}${TOOLS}local before, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local state = load(redis.call('HGET', KEYS[2], 'state'))
local last, trimmed = state.last, state.trimmed
local rows, from, found, size = { 0, 0 }, '+', 0, 0
if before then
  from = '(' .. ARGV[1] .. '-0'
  local entry = redis.call('XRANGE', KEYS[1], ARGV[1] .. '-0', '+', 'COUNT', 1)[1]
  if entry then
    local id, batch = string.match(entry[1], '^%d+'), entry[2][2]
    local here = before - (tonumber(id) - countOf(batch) + 1)
    if here > 0 then
      found, size = here, #batch
      rows[#rows + 1], rows[#rows + 2] = id, batch
    end
  end
end
while found < limit do
  local entries = redis.call('XREVRANGE', KEYS[1], from, '-', 'COUNT', 16)
  if #entries == 0 then
    if trimmed > 0 or (last > 0 and redis.call('EXISTS', KEYS[1]) == 0) then rows[1] = 1 end
    break
  end
  for _, entry in ipairs(entries) do
    local batch = entry[2][2]
    if #rows > 2 and size + #batch > ${PAGE_BYTES} then
      rows[2] = 1
      return rows
    end
    found = found + countOf(batch)
    rows[#rows + 1], rows[#rows + 2] = string.match(entry[1], '^%d+'), batch
    from, size = '(' .. entry[1], size + #batch
    if found >= limit then return rows end
  end
end
return rows`,
);

/**
 * Reads the batches of records. Key: log. Argument: for each record its number, which rises, as a double, and the head
 * of the batch that the node has for it, or as many zeros. Answers how many of these it has looked at, and for each
 * batch its last number and its bytes. A batch with that head has no bytes in the answer, because the head has the
 * checksum of all others. A number that is in no batch has the one after it.
 */
export const READ_AT: Script = readScript(
  'readAt',
  `local rows, last, size = { #ARGV[1] / ${PLACE_BYTES} }, 0, 0
for at = 1, #ARGV[1], ${PLACE_BYTES} do
  local number, head = struct.unpack('>d', ARGV[1], at), string.sub(ARGV[1], at + 8, at + ${PLACE_BYTES - 1})
  if number > last then
    local entry = redis.call('XRANGE', KEYS[1], string.format('%.0f-0', number), '+', 'COUNT', 1)[1]
    if not entry then return rows end
    local batch = entry[2][2]
    if string.sub(batch, 1, #head) == head then batch = '' end
    if #rows > 1 and size + #batch > ${PAGE_BYTES} then
      rows[1] = (at - 1) / ${PLACE_BYTES}
      return rows
    end
    rows[#rows + 1], rows[#rows + 2] = string.match(entry[1], '^%d+'), batch
    last, size = tonumber(rows[#rows - 1]), size + #batch
  end
end
return rows`,
);

/** Answers the newest number. Key: meta. */
export const NEWEST: Script = readScript(
  'newest',
  `${STATE}return string.format('%.0f', load(redis.call('HGET', KEYS[1], 'state')).last)`,
);

/**
 * Answers the newest number, the number of the oldest record, the number of records, and their bytes. Keys: log, meta.
 */
export const EXTENT: Script = readScript(
  'extent',
  `${STATE}${TOOLS}local state = load(redis.call('HGET', KEYS[2], 'state'))
local entry = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not entry then return { text(state.last), '0', '0', '0' } end
local first = tonumber(string.match(entry[1], '^%d+')) - countOf(entry[2][2]) + 1
return { text(state.last), text(first), text(state.count), text(state.bytes) }`,
);

/** Answers 1 if a number was given out. Key: meta. Argument: the number. */
export const KNOWS: Script = readScript(
  'knows',
  `${STATE}${TOOLS}${HOLE}local number = tonumber(ARGV[1])
if number == 0 then return 1 end
local known = redis.call('HMGET', KEYS[1], 'state', 'holes')
if number > load(known[1]).last or isInHole(known[2], number) then return 0 end
return 1`,
);
