/**
 * Erases records of a log on Redis. The bytes of a stream entry stay in the memory of Redis when the entry is deleted.
 * So the stream is copied without the erased texts, a slice at a time, and the copy then takes its place.
 */

import type { WriteId } from '@naru/broker';
import { decodeBatch, encodeBatch, storedRecords } from '@naru/broker';
import { type Erasure, erasedRecord, isToErase, storedAs } from 'naru/backplane';
import type { Clock, Random } from 'naru/base';
import { type Keys, listOf, numberOf, type RedisCommand, readScript, textOf } from '../script.js';
import type { Shard } from '../servers/driver.js';
import type { LogRow } from './batch-cache.js';
import { type RedisLogs, rowsOf } from './log.js';
import { STATE } from './log-scripts.js';

/** The parts of an uplink that an erasure uses. */
export interface ErasureParts {
  readonly log: Pick<RedisLogs, 'keysOf'>;
  readonly keys: Keys;
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the uplink has ended, so that nobody waits for the answer. */
  isOver(): boolean;
  /** Called after each step. The uplink is not broken, although nothing is answered. */
  onWork(): void;
}

/** Milliseconds for which an eraser has the log for itself. Each slice renews them. */
const LOCK_MS = 30_000;
/** Milliseconds between two tries while somebody else erases. */
const RETRY_MS = 200;
/** Bytes of a slice. Other requests run in between. */
const SLICE_BYTES = 1024 * 1024;
/** Milliseconds for which an answer is kept for an uplink that breaks. */
const ANSWER_MS = 60 * 60 * 1_000;

/**
 * Begins an erasure. Keys: answers, lock, meta, copy. Arguments: number of the write, name of the eraser, and how the
 * names of all erasers of this write begin. A later try has the bound of the first one, so that it spares what was
 * appended meanwhile. It takes the lock of a try whose uplink broke, which then erases nothing any more.
 */
const BEGIN = readScript(
  'eraseBegin',
  `${STATE}local answer = redis.call('HGET', KEYS[1], 'answer ' .. ARGV[1])
if answer then return { 'answer', answer } end
local bound = redis.call('HGET', KEYS[1], 'bound ' .. ARGV[1])
if not bound then
  bound = string.format('%.0f', load(redis.call('HGET', KEYS[3], 'state')).last)
  redis.call('HSET', KEYS[1], 'bound ' .. ARGV[1], bound)
  redis.call('PEXPIRE', KEYS[1], ${ANSWER_MS})
end
local holder = redis.call('GET', KEYS[2])
if holder and string.sub(holder, 1, #ARGV[3]) ~= ARGV[3] then return { 'wait' } end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ${LOCK_MS})
redis.call('DEL', KEYS[4])
return { 'begin', bound }`,
);

/** Each script that follows begins with this. Keys: log, lock. Argument: name of the eraser. */
const LOCKED = `local log, lock = KEYS[1], KEYS[2]
if redis.call('GET', lock) ~= ARGV[1] then return { 'lost' } end
redis.call('PEXPIRE', lock, ${LOCK_MS})
`;

/** Reads some of the entries after a number up to another. More arguments: both numbers. */
const SLICE = readScript(
  'eraseSlice',
  `${LOCKED}local rows, from, size = { 'rows' }, '(' .. ARGV[2] .. '-0', 0
while size < ${SLICE_BYTES} do
  local entries = redis.call('XRANGE', log, from, ARGV[3] .. '-0', 'COUNT', 8)
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    rows[#rows + 1], rows[#rows + 2] = string.match(entry[1], '^%d+'), entry[2][2]
    from, size = '(' .. entry[1], size + #entry[2][2]
  end
end
return rows`,
);

/**
 * Copies the entries after a number up to another. More keys: copy. More arguments: both numbers, then number and bytes
 * of changed entries.
 */
const COPIES = `local function copyEntries(copy, after, to, first)
  local changed, from = {}, '(' .. after .. '-0'
  for i = first, #ARGV, 2 do changed[ARGV[i] .. '-0'] = ARGV[i + 1] end
  while true do
    local entries = redis.call('XRANGE', log, from, to, 'COUNT', 8)
    if #entries == 0 then return end
    for _, entry in ipairs(entries) do redis.call('XADD', copy, entry[1], 'd', changed[entry[1]] or entry[2][2]) end
    from = '(' .. entries[#entries][1]
  end
end
`;

const COPY = readScript(
  'eraseCopy',
  `${LOCKED}${COPIES}copyEntries(KEYS[3], ARGV[2], ARGV[3] .. '-0', 4)
redis.call('PEXPIRE', KEYS[3], ${LOCK_MS})
return { 'copied' }`,
);

/**
 * Copies the rest, and puts the copy in the place of the log. More keys: copy, meta, marks, answers. More arguments:
 * number of the write, answer, number after which the rest begins, then for each changed entry its number and the bytes
 * that it has lost.
 */
const FINISH = readScript(
  'eraseFinish',
  `${STATE}${LOCKED}${COPIES}local copy, meta, marks, answers = KEYS[3], KEYS[4], KEYS[5], KEYS[6]
redis.call('HSET', answers, 'answer ' .. ARGV[2], ARGV[3])
redis.call('DEL', lock)
local left = redis.call('PTTL', log)
if #ARGV == 4 or left == -2 then return { 'done' } end
copyEntries(copy, ARGV[4], '+', #ARGV + 1)
if redis.call('EXISTS', copy) == 0 then return { 'done' } end
local state = load(redis.call('HGET', meta, 'state'))
local trimmed = state.trimmed
redis.call('XTRIM', copy, 'MINID', string.format('%.0f', trimmed + 1))
redis.call('RENAME', copy, log)
if left > 0 then redis.call('PEXPIRE', log, left) else redis.call('PERSIST', log) end
local all, index, changed = redis.call('LRANGE', marks, 0, -1), 1, {}
for i = 5, #ARGV, 2 do
  local number, lost = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if number > trimmed then
    state.bytes = state.bytes - lost
    while all[index] and tonumber(string.match(all[index], '^%d+')) < number do index = index + 1 end
    if all[index] then changed[index] = (changed[index] or 0) + lost else state.sb = state.sb - lost end
  end
end
for at, lost in pairs(changed) do
  local last, size, rest = string.match(all[at], '^(%d+) (%d+)(.*)$')
  redis.call('LSET', marks, at - 1, last .. ' ' .. (size - lost) .. rest)
end
save(meta, state)
return { 'done' }`,
);

/** A part of the log, and what changes in it. */
interface Slice {
  readonly after: number;
  readonly to: number;
  readonly changes: readonly LogRow[];
}

/** Erases records. Resolves with their number. */
export async function eraseRecords(
  parts: ErasureParts,
  namespace: string,
  what: Erasure,
  write: WriteId,
): Promise<number> {
  const { shard, clock, random } = parts;
  const id = random.id();
  for (;;) {
    const attempt = new Attempt(parts, namespace, write, id);
    const [outcome, value] = await attempt.begin();
    if (outcome === 'answer') return numberOf(value);
    const count = outcome === 'begin' ? await attempt.run(what, numberOf(value)) : undefined;
    if (count !== undefined) return count;
    if (parts.isOver() || !shard.connection.isOpen) return 0;
    await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), RETRY_MS, undefined));
  }
}

/** One try to erase, which ends without a result if another eraser comes in between. */
class Attempt {
  readonly #parts: ErasureParts;
  readonly #write: WriteId;
  /** How the names of all erasers of the write begin, and the name of this one. */
  readonly #names: string;
  readonly #name: string;
  readonly #keys: Readonly<Record<'log' | 'lock' | 'copy' | 'meta' | 'marks' | 'answers', string>>;

  constructor(parts: ErasureParts, namespace: string, write: WriteId, id: string) {
    const { keys, log } = parts;
    this.#parts = parts;
    this.#write = write;
    this.#names = `${write.writer} ${write.number} `;
    this.#name = `${this.#names}${id}`;
    this.#keys = {
      ...log.keysOf(namespace),
      lock: keys.key(namespace, 'eraser'),
      copy: keys.key(namespace, 'copy'),
      answers: keys.key(namespace, 'e', write.writer),
    };
  }

  begin(): Promise<readonly [outcome: string | undefined, ...rest: unknown[]]> {
    const { answers, lock, meta, copy } = this.#keys;
    return this.#run(BEGIN, [answers, lock, meta, copy], [`${this.#write.number}`, this.#name, this.#names]);
  }

  /** Erases records up to the bound. Resolves with `undefined` if another eraser has begun meanwhile. */
  async run(what: Erasure, bound: number): Promise<number | undefined> {
    const { log, lock, copy, meta, marks, answers } = this.#keys;
    const slices: Slice[] = [];
    const losses: string[] = [];
    let count = 0;
    for (let after = 0; ; ) {
      const [outcome, ...rows] = await this.#run(SLICE, [log, lock], [this.#name, `${after}`, `${bound}`]);
      if (outcome !== 'rows') return undefined;
      const read = rowsOf(rows);
      const changed = read.flatMap((row) => withoutErased(row, what));
      const to = read.at(-1)?.last;
      if (to === undefined) break;
      slices.push({ after, to, changes: changed.map(({ row }) => row) });
      for (const each of changed) {
        losses.push(`${each.row.last}`, `${each.lost}`);
        count += each.count;
      }
      after = to;
    }
    const copied = count > 0 ? slices : [];
    for (const { after, to, changes } of copied) {
      const entries = changes.flatMap(({ last, bytes }) => [`${last}`, bytes]);
      const [outcome] = await this.#run(COPY, [log, lock, copy], [this.#name, `${after}`, `${to}`, ...entries]);
      if (outcome !== 'copied') return undefined;
    }
    const [outcome] = await this.#run(
      FINISH,
      [log, lock, copy, meta, marks, answers],
      [this.#name, `${this.#write.number}`, `${count}`, `${copied.at(-1)?.to ?? 0}`, ...losses],
    );
    return outcome === 'done' ? count : undefined;
  }

  async #run(
    script: RedisCommand<unknown>['script'],
    keys: readonly string[],
    args: readonly (string | Uint8Array)[],
  ): Promise<readonly [outcome: string | undefined, ...rest: unknown[]]> {
    const reply = await this.#parts.shard.run({
      script,
      keys,
      args,
      decode(reply) {
        const [outcome, ...rest] = listOf(reply);
        return [textOf(outcome), ...rest] as const;
      },
    });
    this.#parts.onWork();
    return reply;
  }
}

/** Returns an entry without what is to be erased, and nothing if it has nothing of that. */
function withoutErased(
  { last, bytes }: LogRow,
  what: Erasure,
): { readonly row: LogRow; readonly count: number; readonly lost: number }[] {
  const batch = decodeBatch(bytes);
  if (!batch?.records) return [];
  let count = 0;
  const records = storedRecords(batch, last - batch.count + 1).map((record) => {
    if (!isToErase(record, what)) return record;
    count += 1;
    return storedAs(erasedRecord(record), record.offset);
  });
  if (count === 0) return [];
  const rest = encodeBatch(batch, records);
  return [{ row: { last, bytes: rest }, count, lost: bytes.length - rest.length }];
}
