/** A server of Redis for tests of scripts, and writers that send them commands. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterAll, beforeAll } from 'vitest';
import { type CommandOf, Keys, type RedisCommand } from '../../../src/backplane/redis/script.js';
import type { HomeMethod, HomeMethods } from '../../../src/backplane/remote/home.js';

const keys = new Keys('naru');
const BLOB_STRING = 36;

/** Whether there is a server on this machine. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A connection to a server that ends with the tests of the file. */
export function useRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'naru-redis-'));
  const path = join(folder, 'redis.sock');
  let server: ChildProcess | undefined;
  const client = createClient({
    RESP: 3,
    socket: { path, reconnectStrategy: () => 20 },
    commandOptions: { typeMapping: { [BLOB_STRING]: Buffer } },
  });
  client.on('error', () => undefined);
  beforeAll(async () => {
    if (!hasRedis) return;
    server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '']);
    await client.connect();
  });
  afterAll(() => {
    if (client.isOpen) client.destroy();
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const call = (...args: readonly (string | Buffer)[]): Promise<unknown> => client.sendCommand(args as string[]);
  const run = async <T>({ script, keys: names, args, decode }: RedisCommand<T>): Promise<T> =>
    decode(
      await call(
        'EVAL',
        script.source,
        `${names.length}`,
        ...names,
        ...args.map((arg) => (typeof arg === 'string' ? arg : Buffer.from(arg))),
      ),
    );
  return { call, run, keys, writer: (name: string) => new Writer(name, run) };
}

/** A node's side: it numbers its writes, and can send one again. */
export class Writer {
  readonly #name: string;
  readonly #run: <T>(command: RedisCommand<T>) => Promise<T>;
  #number = 0;

  constructor(name: string, run: <T>(command: RedisCommand<T>) => Promise<T>) {
    this.#name = name;
    this.#run = run;
  }

  /** Carries out a request. Each write has a number of its own. */
  call<Method extends HomeMethod>(
    command: CommandOf<Method>,
    ...args: Parameters<HomeMethods[Method]>
  ): Promise<ReturnType<HomeMethods[Method]>> {
    this.#number += 1;
    return this.#send(command, args);
  }

  /** Sends a request with the number of the newest one. */
  repeat<Method extends HomeMethod>(
    command: CommandOf<Method>,
    ...args: Parameters<HomeMethods[Method]>
  ): Promise<ReturnType<HomeMethods[Method]>> {
    return this.#send(command, args);
  }

  #send<Method extends HomeMethod>(
    command: CommandOf<Method>,
    args: Parameters<HomeMethods[Method]>,
  ): Promise<ReturnType<HomeMethods[Method]>> {
    const write = { writer: this.#name, number: this.#number, settled: this.#number - 1 };
    return this.#run(command(keys, args, write));
  }
}
