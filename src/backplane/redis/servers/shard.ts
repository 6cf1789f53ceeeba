/** One server of Redis over one connection: alone, or the master of some slots of a Redis Cluster. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Bytes } from '../../../base/bytes.js';
import type { RedisCommand, Script } from '../script.js';
import type { RedisConnection } from './driver.js';
import { tooLarge } from './failures.js';
import { foreignKeyError, isOfForeignKey } from './foreign-keys.js';

/** The most bytes that UTF-8 takes for a unit of UTF-16. */
const BYTES_PER_UNIT = 3;

/** A server and what a link needs to know of it. */
export class Shard {
  readonly connection: RedisConnection;
  /** Names the run of the server and the history of its data. It is empty if the server does not tell. */
  readonly token: string;
  /** Bytes of the largest argument. Redis breaks the connection of a client that sends a larger one. */
  readonly #argumentBytesMax: number;
  readonly #loaded = new Set<Script>();

  constructor(connection: RedisConnection, token: string, argumentBytesMax = Number.POSITIVE_INFINITY) {
    this.connection = connection;
    this.token = token;
    this.#argumentBytesMax = argumentBytesMax;
  }

  /** Runs a script. The server carries out scripts in the order of the calls. An error names the key of another program that is in the way. */
  async run<T>(command: RedisCommand<T>): Promise<T> {
    try {
      return command.decode(await this.send(command));
    } catch (error) {
      throw (isOfForeignKey(error) && (await foreignKeyError(this.connection, command.keys, error))) || error;
    }
  }

  /** Runs a script and returns its reply. Rejects with UnavailableError for an argument that Redis would not take. */
  async send({ script, keys, args }: RedisCommand<unknown>): Promise<unknown> {
    for (const arg of args) if (arg.length > this.#argumentBytesMax / BYTES_PER_UNIT) this.#checkSize(arg);
    if (!this.#loaded.has(script)) {
      this.#loaded.add(script);
      // If loading fails, the call answers that the script is unknown.
      this.connection.call(['SCRIPT', 'LOAD', script.source]).catch(() => undefined);
    }
    const words: (string | Buffer)[] = ['EVALSHA', hashOf(script), `${keys.length}`, ...keys];
    for (const arg of args) words.push(typeof arg === 'string' ? arg : bufferOf(arg));
    return this.connection.call(words);
  }

  #checkSize(argument: string | Bytes): void {
    const size = Buffer.byteLength(argument);
    if (size > this.#argumentBytesMax) throw tooLarge(size, this.#argumentBytesMax, this.connection.address);
  }
}

const hashes = new WeakMap<Script, string>();

function hashOf(script: Script): string {
  let hash = hashes.get(script);
  if (hash === undefined) {
    hash = createHash('sha1').update(script.source).digest('hex');
    hashes.set(script, hash);
  }
  return hash;
}

/** Returns bytes as the Buffer that the driver takes, without a copy. */
export function bufferOf(bytes: Bytes): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
