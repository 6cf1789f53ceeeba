/** Servers of Redis for one test, and uplinks to them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Broker, whyNoBroker } from '../../../test/kit/brokers/broker.mjs';
import { fixedPort } from '../../../test/kit/ports.mjs';
import type { HomeMethod, HomeMethods, HomeRequest, Uplink } from '../../broker/src/home.js';
import type { Batch, LogRecord } from '../../naru/src/backplane/backplane.js';
import { readOptions } from '../../naru/src/base/options/table.js';
import { type RedisOptions, redisTable } from '../src/options.js';
import { finderOf, RedisHome } from '../src/redis.js';

/** The reason why there is no server here, with the command that installs it. */
export const whyNoRedis = whyNoBroker('redis');
if (whyNoRedis) console.warn(`SKIPPED: the backplane on Redis. ${whyNoRedis}`);

/** Takes what is to be done at the end. */
export type AtEnd = (end: () => void | Promise<void>) => void;

/** Returns a folder that is removed after the test. */
export function folderOfTest(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-redis-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a server that ends with the test. */
export async function startRedis(
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  folder = folderOfTest(),
  atEnd: AtEnd = onTestFinished,
) {
  const broker = new Broker('redis', folder, more, env);
  atEnd(() => broker.kill());
  await broker.start();
  return broker;
}

/** An uplink, and everything that it told. */
export interface UplinkOfTest {
  readonly home: RedisHome;
  readonly uplink: Uplink;
  readonly told: { readonly namespace: string; readonly batch: Batch }[];
  readonly said: string[];
  readonly more: string[];
  readonly errors: unknown[];
  closedCount: number;
  /** Called when the uplink tells that a request goes on. */
  onWork(): void;
  /** Makes a request. Each write has the next number. */
  call<Method extends HomeMethod>(
    method: Method,
    ...args: Parameters<HomeMethods[Method]>
  ): Promise<ReturnType<HomeMethods[Method]>>;
  /** Makes a write with this number. */
  write<Method extends HomeMethod>(
    number: number,
    method: Method,
    ...args: Parameters<HomeMethods[Method]>
  ): Promise<ReturnType<HomeMethods[Method]>>;
}

/** Opens an uplink that is closed after the test. It is told of all batches except those of the writer `unheard`. */
export async function openUplink(
  address: unknown,
  options: RedisOptions = {},
  writer = 'writer-1',
  unheard = '',
): Promise<UplinkOfTest> {
  const settings = readOptions(redisTable, options);
  const home = new RedisHome(finderOf(address, settings), settings);
  let number = 0;
  const write: UplinkOfTest['write'] = (given, method, ...args) => {
    number = Math.max(number, given);
    const request = { method, args, write: { writer, number: given, settled: given - 1 } } as HomeRequest;
    return opened.uplink.call(request) as Promise<ReturnType<HomeMethods[typeof method]>>;
  };
  const seen = { told: [], said: [], more: [], errors: [], closedCount: 0, onWork: () => undefined } as Pick<
    UplinkOfTest,
    'told' | 'said' | 'more' | 'errors' | 'closedCount' | 'onWork'
  >;
  const uplink = await home.connect({
    writer: unheard,
    onBatch: (namespace, batch) => void seen.told.push({ namespace, batch }),
    onMore: (namespace) => void seen.more.push(namespace),
    onSaid: (channel, bytes) => void seen.said.push(`${channel} ${Buffer.from(bytes).toString()}`),
    onWork: () => opened.onWork(),
    onError: (error) => void seen.errors.push(error),
    onClose: () => {
      opened.closedCount += 1;
    },
  });
  onTestFinished(() => uplink.close());
  const opened: UplinkOfTest = Object.assign(seen, {
    home,
    uplink,
    write,
    call: ((method, ...args) => write(number + 1, method, ...args)) as UplinkOfTest['call'],
  });
  return opened;
}

/** Returns records for everybody with these numbers in their events. */
export function numbered(...numbers: readonly number[]): LogRecord[] {
  return numbers.map((n) => ({ rooms: [], except: [], event: `["n",${n}]`, attachments: [], at: 1_700_000_000_000 }));
}

/** Waits for something that another process brings about. */
export async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isDone()); tries += 1) {
    if (tries > 1_000) throw new Error('nothing came of it');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Starts a Redis Cluster of three masters, and waits until each knows all slots. */
export async function startCluster(
  more: readonly string[] = ['--cluster-node-timeout', '2000'],
  env: Readonly<Record<string, string>> = {},
  atEnd: AtEnd = onTestFinished,
) {
  const servers: { readonly server: Broker; readonly busPort: string }[] = [];
  for (const slots of ['0 5460', '5461 10922', '10923 16383']) {
    const busPort = `${await fixedPort()}`;
    const options = ['--cluster-enabled', 'yes', '--cluster-port', busPort, '--appendonly', 'no', ...more];
    const server = await startRedis(options, env, folderOfTest(atEnd), atEnd);
    await server.say(`CLUSTER ADDSLOTSRANGE ${slots}`);
    await server.say(`CLUSTER SET-CONFIG-EPOCH ${servers.length + 1}`);
    for (const other of servers) await server.say(`CLUSTER MEET 127.0.0.1 ${other.server.port} ${other.busPort}`);
    servers.push({ server, busPort });
  }
  const isUp = async ({ server }: (typeof servers)[number]): Promise<boolean> => {
    const answers = await Promise.all(['b', 'c', 'a'].map((key) => server.say(`GET ${key}`)));
    return answers.filter((answer) => answer.startsWith('-MOVED')).length === 2;
  };
  for (const each of servers) await until(() => isUp(each));
  return servers.map(({ server }) => server);
}

/** Starts a Sentinel for the master "main", which is failed over when it does not answer for half a second. */
export async function startSentinel(masterPort: number, atEnd: AtEnd = onTestFinished) {
  const folder = folderOfTest(atEnd);
  const port = await fixedPort();
  const path = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 2000',
  ];
  writeFileSync(path, lines.join('\n'));
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', path, '--sentinel'], { stdio: 'ignore' });
  atEnd(() => void child.kill('SIGKILL'));
  return { port, url: `redis+sentinel://127.0.0.1:${port}/main`, say: (command: string) => sayTo(port, command) };
}

/** Gives a server a command as text, and returns the beginning of its answer: nothing if it does not listen. */
async function sayTo(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.write(`${command}\r\n`);
  const chunk = await new Promise((resolve) => {
    socket.once('data', resolve);
    socket.once('close', () => resolve(''));
  });
  socket.destroy();
  return String(chunk);
}
