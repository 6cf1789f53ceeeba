/** A server of Redis for the scripts of one file of tests, and writers that send them commands. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Broker } from '../../../test/kit/brokers/broker.mjs';
import type { HomeMethod, HomeMethods } from '../../broker/src/home.js';
import { type CommandOf, Keys, type RedisCommand } from '../src/script.js';
import { openConnection, type RedisConnection, Shard } from '../src/servers/driver.js';
import { whyNoRedis } from './servers-and-uplinks.js';

const keys = new Keys('naru');

type Run = <T>(command: RedisCommand<T>) => Promise<T>;

/** Starts a server that ends with the tests of the file. */
export function useRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'naru-redis-'));
  const broker = new Broker('redis', folder, ['--appendonly', 'no']);
  let connection: RedisConnection;
  let shard: Shard;
  beforeAll(async () => {
    if (whyNoRedis) return;
    await broker.start();
    const address = {
      host: '127.0.0.1',
      port: broker.port,
      username: undefined,
      password: undefined,
      database: 0,
      tls: false,
    };
    connection = await openConnection(address, () => undefined);
    shard = new Shard(connection, '');
  });
  afterAll(async () => {
    connection?.close();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const run: Run = (command) => shard.run(command);
  return {
    run,
    keys,
    /** Sends a command that is not a script. */
    call: (...args: readonly (string | Buffer)[]): Promise<unknown> => connection.call(args),
    writer: (name: string) => new Writer(name, run),
  };
}

/** A node's side: it numbers its writes, and can send one again. */
export class Writer {
  readonly #name: string;
  readonly #run: Run;
  #number = 0;
  /** The number up to which the writer has all answers. @default all but the newest */
  settled: number | undefined;

  constructor(name: string, run: Run) {
    this.#name = name;
    this.#run = run;
  }

  /** Makes a request. Each has a number of its own. */
  call<Method extends HomeMethod>(
    command: CommandOf<Method>,
    ...args: Parameters<HomeMethods[Method]>
  ): Promise<ReturnType<HomeMethods[Method]>> {
    this.#number += 1;
    return this.repeat(command, ...args);
  }

  /** Makes a request with the number of the newest one. */
  repeat<Method extends HomeMethod>(
    command: CommandOf<Method>,
    ...args: Parameters<HomeMethods[Method]>
  ): Promise<ReturnType<HomeMethods[Method]>> {
    return this.repeatEarlier(0, command, ...args);
  }

  /** Makes a request with the number of an earlier one: `back` requests before the newest. */
  repeatEarlier<Method extends HomeMethod>(
    back: number,
    command: CommandOf<Method>,
    ...args: Parameters<HomeMethods[Method]>
  ): Promise<ReturnType<HomeMethods[Method]>> {
    const number = this.#number - back;
    const write = { writer: this.#name, number, settled: this.settled ?? number - 1 };
    return this.#run(command(keys, args, write));
  }
}
