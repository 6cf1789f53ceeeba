/** Requests to Redis as Lua scripts, and the rule by which Redis carries out each write once. */
import { Buffer } from 'node:buffer';
import type { HomeMethod, HomeMethods, WriteId } from '@naru/broker';
import type { Bytes } from 'naru/base';

/** A Lua script. An uplink loads it before it calls it for the first time. */
export interface Script {
  readonly name: string;
  readonly source: string;
}

/** Names a write, which Redis carries out once. */
export interface Once {
  /** The hash in the slot that has the answers to the writer. */
  readonly key: string;
  /** Rises with every write of the writer. */
  readonly number: number;
  /** The writer has the answers to all of its writes up to this number. */
  readonly settled: number;
}

/** One request to Redis. All keys have the same hash tag. */
export interface RedisCommand<T> {
  /** The script: that of a write if there is `once`, and of a read otherwise. */
  readonly script: Script;
  readonly once?: Once;
  readonly keys: readonly string[];
  readonly args: readonly (string | Bytes)[];
  /** Reads the reply of RESP3, in which texts are Buffers. */
  decode(reply: unknown): T;
}

/** Milliseconds for which Redis knows a write. After that, its node has a new uplink, and no old bytes under way. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1_000;

/** Writes between two removals of the answers that the writer has. */
const SETTLED_MAX = 32;

/**
 * Carries out a write unless it was carried out before. KEYS[1] is a hash of the writer in the slot: `n` is the
 * number of the newest write, a field with a number has the answer to that write, and answers up to `s` were removed. A
 * writer's numbers rise, and arrive in order or late, so a number up to `n` is answered from the hash. A write that
 * Redis refused has no answer there. ARGV[1] is the number, ARGV[2] the number up to which the writer has all answers.
 */
const ONCE = `local function once(carry)
  local known = redis.call('HMGET', KEYS[1], 'n', 's', ARGV[1])
  if tonumber(ARGV[1]) <= tonumber(known[1] or '0') then return known[3] end
  local answer = carry() or ''
  if tonumber(ARGV[2]) < tonumber(known[2] or '0') + ${SETTLED_MAX} then
    redis.call('HSET', KEYS[1], 'n', ARGV[1], ARGV[1], answer)
  else
    redis.call('HSET', KEYS[1], 'n', ARGV[1], ARGV[1], answer, 's', ARGV[2])
    for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
      if (tonumber(field) or math.huge) <= tonumber(ARGV[2]) then redis.call('HDEL', KEYS[1], field) end
    end
  end
  redis.call('PEXPIRE', KEYS[1], ${REMEMBERED_MS})
  return answer
end
`;

/** A function that refuses what a later version has written, which has the field `format`. */
export const FORMAT = `local function check(hash, what)
  if not redis.call('HGET', hash, 'format') then return end
  error(redis.error_reply('LATER A later version of Naru wrote ' .. what .. ', which this version cannot read.'))
end
`;

/**
 * Returns the script of a write. `body` is Lua: the keys of the write begin with KEYS[2], and its arguments with
 * ARGV[3]. It returns the answer as text, or nothing where the answer does not matter. It changes nothing before all
 * that may fail.
 */
export function writeScript(name: string, body: string): Script {
  return { name, source: `${ONCE}return once(function()\n${body}\nend)\n` };
}

/** Returns the script of a read, whose keys begin with KEYS[1] and whose arguments begin with ARGV[1]. */
export function readScript(name: string, body: string): Script {
  return { name, source: body };
}

/** Makes the command of a request. */
export type CommandOf<Method extends HomeMethod> = (
  keys: Keys,
  args: Parameters<HomeMethods[Method]>,
  write: WriteId,
) => RedisCommand<ReturnType<HomeMethods[Method]>>;

/**
 * Returns what names a write of a text or of a table in Redis. All keys of its command have the hash tag `tag`. Appends
 * are not among these writes: while a slot moves, Redis may refuse an append and carry out a later text.
 */
export function onceOf(keys: Keys, tag: string, { writer, number, settled }: WriteId): Once {
  return { key: keys.key(tag, 'store', writer), number, settled };
}

/** Tag of the texts and tables of no namespace. */
export const TEXTS_TAG = 'texts';

/** Names whose encoded forms are remembered. */
const ENCODED_MAX = 1_000;

/** The names of keys and channels. The tag in braces decides the slot, so all that belongs to a namespace is in one. */
export class Keys {
  readonly prefix: string;
  readonly #channelEnd: string;
  readonly #encoded = new Map<string, string>();

  constructor(prefix: string, database = 0) {
    this.prefix = prefix;
    this.#channelEnd = database === 0 ? '' : `:${database}`;
  }

  /** Returns a key: the prefix, the tag in braces, and the parts after it, with colons between them. */
  key(tag: string, ...parts: readonly string[]): string {
    let key = `${this.prefix}:{${this.#encode(tag)}}`;
    for (const part of parts) key += `:${this.#encode(part)}`;
    return key;
  }

  /**
   * Returns a channel. All databases of a Redis share their channels, so those of another database than number 0 end
   * with its number.
   */
  channel(tag: string, part: string): string {
    return this.key(tag, part) + this.#channelEnd;
  }

  #encode(name: string): string {
    let encoded = this.#encoded.get(name);
    if (encoded !== undefined) return encoded;
    encoded = encodeName(name);
    if (this.#encoded.size >= ENCODED_MAX) this.#encoded.clear();
    this.#encoded.set(name, encoded);
    return encoded;
  }
}

/** Returns a name as part of a key. Different names have different forms, and a form has neither colons nor braces. */
export function encodeName(name: string): string {
  // encodeURIComponent throws for a lone surrogate. It never returns "%ud800".
  return name.replace(/\p{Surrogate}|\P{Surrogate}+/gu, (part) =>
    /^\p{Surrogate}/u.test(part) ? `%u${part.charCodeAt(0).toString(16)}` : encodeURIComponent(part),
  );
}

/** Returns the name that an encoded form stands for. */
export function decodeName(form: string): string {
  return form
    .split(/(%u[0-9a-f]{4})/)
    .map((part) =>
      part.startsWith('%u') ? String.fromCharCode(Number.parseInt(part.slice(2), 16)) : decodeURIComponent(part),
    )
    .join('');
}

/** Returns a reply as text: `undefined` for null and for anything else. */
export function textOf(reply: unknown): string | undefined {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return typeof reply === 'string' ? reply : undefined;
}

/** Returns a reply as a number: 0 for null and for anything else. */
export function numberOf(reply: unknown): number {
  const value = typeof reply === 'number' ? reply : Number(textOf(reply));
  return Number.isFinite(value) ? value : 0;
}

/** Returns a reply as a list: an empty one for anything else. */
export function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}
