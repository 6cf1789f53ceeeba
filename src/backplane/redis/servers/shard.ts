/** One server of Redis over one connection: alone, or the master of some slots of a Redis Cluster. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Bytes } from '../../../base/bytes.js';
import type { RedisCommand, Script } from '../script.js';
import type { RedisConnection } from './driver.js';

/** A server and what a link needs to know of it. */
export class Shard {
  readonly connection: RedisConnection;
  /** Names the run of the server and the history of its data. It is empty if the server does not tell. */
  readonly token: string;
  readonly #loaded = new Set<Script>();

  constructor(connection: RedisConnection, token: string) {
    this.connection = connection;
    this.token = token;
  }

  /** Runs a script. The server carries out scripts in the order of the calls. */
  async run<T>(command: RedisCommand<T>): Promise<T> {
    return command.decode(await this.send(command));
  }

  /** Runs a script and returns its reply. */
  send({ script, keys, args }: RedisCommand<unknown>): Promise<unknown> {
    if (!this.#loaded.has(script)) {
      this.#loaded.add(script);
      // If loading fails, the call answers that the script is unknown.
      this.connection.call(['SCRIPT', 'LOAD', script.source]).catch(() => undefined);
    }
    const words: (string | Buffer)[] = ['EVALSHA', hashOf(script), `${keys.length}`, ...keys];
    for (const arg of args) words.push(typeof arg === 'string' ? arg : bufferOf(arg));
    return this.connection.call(words);
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
