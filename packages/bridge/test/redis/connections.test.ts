import { createClient, createCluster, createSentinel } from '@redis/client';
import { createClient as four } from '@redis/client-4';
import { Cluster, Redis } from 'ioredis';
import * as five from 'ioredis-5';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../naru/src/base/clock.js';
import { startCluster, startRedis, startSentinel, until, whyNoRedis } from '../../../redis/test/servers-and-uplinks.js';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { openChannels } from '../../src/redis/connections.js';
import type { RedisClientLike } from '../../src/redis/wires.js';

function listen(client: RedisClientLike, names: string[] | 'of shards' = ['a#*', 'b#*']) {
  const heard: string[] = [];
  const errors: unknown[] = [];
  let gaps = 0;
  let hearings = 0;
  const channels = openChannels(systemClock, client, names, {
    onMessage: (channel, message) => heard.push(`${channel} ${message}`),
    onLost: () => {
      gaps += 1;
    },
    onHeard: () => {
      hearings += 1;
    },
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => channels.close());
  return { channels, heard, errors, gaps: () => gaps, hearings: () => hearings };
}

const CLIENTS = {
  '@redis/client': (url: string) => createClient({ url }),
  'redis 4': (url: string) => four({ url }),
  'ioredis 6': (url: string) => new Redis(url, { lazyConnect: true }),
  'ioredis 5': (url: string) => new five.Redis(url, { lazyConnect: true }),
};

describe('channels of which some fail', () => {
  function build() {
    const clock = new FakeClock();
    const calls: string[] = [];
    const errors: string[] = [];
    const answers = new Map<string, () => Promise<unknown>>();
    const answer = async (call: string): Promise<unknown> => {
      calls.push(call);
      return answers.get(call)?.();
    };
    const client = {
      status: 'ready',
      psubscribe: () => undefined,
      ssubscribe: (channel: string) => answer(`enter ${channel}`),
      sunsubscribe: (channel: string) => answer(`leave ${channel}`),
      spublish: (channel: string) => answer(`publish ${channel}`),
      call: (_command: string, stream: string) => answer(`append ${stream}`),
      on: (event: string, listener: () => void) => event === 'ready' && listener(),
      disconnect: () => undefined,
    };
    const channels = openChannels(clock, { duplicate: () => client }, 'of shards', {
      onMessage: () => undefined,
      onLost: () => undefined,
      onHeard: () => undefined,
      onError: (error) => errors.push(String(error)),
    });
    const take = async (ms = 1): Promise<string[]> => {
      await clock.advance(ms);
      return calls.splice(0);
    };
    const fail = (call: string): void => void answers.set(call, () => Promise.reject(new Error(call)));
    return { channels, answers, errors, take, fail };
  }

  it('enter the others meanwhile, and try again once a second', async () => {
    const { channels, answers, errors, take, fail } = build();
    answers.set('enter stuck', () => new Promise(() => undefined));
    for (const name of ['bad', 'worse']) fail(`enter ${name}`);
    let entered = 0;
    for (const name of ['stuck', 'bad', 'worse', 'good'])
      void channels.enter(name).then(() => {
        entered += 1;
      });
    expect(await take()).toEqual(['enter stuck', 'enter bad', 'enter worse', 'enter good']);
    void channels.enter('later');
    expect(await take()).toEqual(['enter later']);
    expect([entered, errors]).toEqual([1, ['Error: enter bad', 'Error: enter worse']]);
    answers.clear();
    expect(await take(1_000)).toEqual(['enter bad', 'enter worse']);
    expect(entered).toBe(3);
    expect(await take(10_000)).toEqual([]);
    await channels.close();
  });

  it('drop messages when 64 MiB wait, except vital ones, until Redis has taken some', async () => {
    const { channels, answers, errors, take } = build();
    const taken: (() => void)[] = [];
    const wait = () => new Promise<void>((resolve) => void taken.push(resolve));
    for (const call of ['publish a', 'append s']) answers.set(call, wait);
    const mebibyte = new Uint8Array(1024 * 1024);
    for (let n = 0; n < 63; n += 1) channels.publish('a', mebibyte);
    channels.append('s', { text: 'é'.repeat(512 * 1024) }, 9);
    expect([(await take()).length, errors]).toEqual([64, []]);
    channels.publish('a', 'dropped');
    channels.append('s', { text: 'dropped' }, 9);
    channels.publish('a', 'vital', true);
    expect([await take(), errors.length]).toEqual([['publish a'], 2]);
    expect(errors[0]).toContain('64 messages to the nodes of Socket.IO wait, with 67108864 bytes');
    answers.clear();
    for (const resolve of taken) resolve();
    await take();
    channels.publish('a', 'taken');
    expect([await take(), errors.length]).toEqual([['publish a'], 2]);
    await channels.close();
  });

  it('are left in the end, also if Redis may have entered them', async () => {
    const { channels, answers, take, fail } = build();
    fail('enter a');
    fail('leave b');
    void channels.enter('a');
    await channels.enter('b');
    expect(await take()).toEqual(['enter a', 'enter b']);
    for (const name of ['a', 'b']) channels.leave(name);
    expect(await take()).toEqual(['leave a', 'leave b']);
    answers.clear();
    expect(await take(1_000)).toEqual(['leave b']);
    void channels.enter('c');
    channels.leave('c');
    void channels.enter('c');
    expect(await take()).toEqual(['enter c']);
    await channels.close();
    channels.leave('c');
    expect(await take(5_000)).toEqual([]);
  });
});

describe.skipIf(whyNoRedis)('connections beside a client', () => {
  it.each(Object.entries(CLIENTS))('hear patterns, are counted and come back, with %s', async (_name, make) => {
    const broker = await startRedis(['--appendonly', 'no']);
    const [one, other] = [listen(make(broker.url)), listen(make(broker.url))];
    await one.channels.enter('b#in');
    await until(() => one.hearings() === 1 && other.hearings() === 1);
    expect(await other.channels.count('b#in')).toBe(1);
    other.channels.publish('a#x', 'text é');
    other.channels.publish('b#in', new Uint8Array([65, 66]));
    other.channels.publish('c#y', 'for nobody');
    await until(() => one.heard.length >= 2 && other.heard.length >= 2);
    // A channel that it has entered counts it, and is heard by the pattern alone.
    expect(one.heard).toEqual(['a#x text é', 'b#in AB']);
    expect(other.heard).toEqual(one.heard);
    one.channels.leave('b#in');
    await until(async () => (await other.channels.count('b#in')) === 0);
    expect([...one.errors, ...other.errors]).toEqual([]);
    await broker.kill();
    await broker.start();
    await until(() => one.gaps() === 1 && other.gaps() === 1 && one.hearings() === 2 && other.hearings() === 2);
    await until(async () => {
      other.channels.publish('a#z', 'again');
      await new Promise((resolve) => setTimeout(resolve, 50));
      return one.heard.includes('a#z again');
    });
  });

  it('count the nodes of a Redis Cluster and of Sentinels', { timeout: 60_000 }, async () => {
    const broker = await startRedis(['--appendonly', 'no']);
    const { port } = await startSentinel(broker.port);
    const sentinels = [{ host: '127.0.0.1', port }];
    const ports = (await startCluster()).map((server) => server.port);
    const rootNodes = ports.map((each) => ({ socket: { host: '127.0.0.1', port: each } }));
    const clients: readonly (readonly RedisClientLike[])[] = [
      [
        createSentinel({ name: 'main', sentinelRootNodes: sentinels }),
        new Redis({ sentinels, name: 'main', lazyConnect: true }),
      ],
      [
        createCluster({ rootNodes }),
        new Cluster(
          ports.map((each) => ({ host: '127.0.0.1', port: each })),
          { lazyConnect: true },
        ),
      ],
    ];
    for (const group of clients) {
      const all = group.map((client) => listen(client));
      for (const { channels } of all) {
        await channels.enter('b#in');
      }
      for (const { channels } of all) await until(async () => (await channels.count('b#in')) === 2);
      for (const [index, { channels }] of all.entries()) channels.publish('a#x', `from ${index}`);
      for (const { heard, errors } of all) {
        await until(() => heard.length >= 2);
        expect([...heard].sort()).toEqual(['a#x from 0', 'a#x from 1']);
        expect(errors).toEqual([]);
      }
    }
  });

  it('hear the channels of shards of a Redis Cluster', { timeout: 60_000 }, async () => {
    const ports = (await startCluster()).map((server) => server.port);
    const rootNodes = ports.map((each) => ({ socket: { host: '127.0.0.1', port: each } }));
    const nodes = ports.map((each) => ({ host: '127.0.0.1', port: each }));
    const all = [
      createCluster({ rootNodes }),
      new Cluster(nodes, { lazyConnect: true, shardedSubscribers: true } as object),
    ].map((client) => listen(client, 'of shards'));
    // These channels belong to three servers.
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const { channels } of all) await Promise.all(names.map((name) => channels.enter(name)));
    for (const { channels } of all)
      for (const name of names) await until(async () => (await channels.count(name)) === 2);
    for (const [index, { channels }] of all.entries())
      for (const name of names) channels.publish(name, `from ${index}`);
    const expected = names.flatMap((name) => [`${name} from 0`, `${name} from 1`]);
    for (const { heard, errors } of all) {
      await until(() => heard.length >= expected.length);
      expect([...heard].sort()).toEqual(expected);
      expect(errors).toEqual([]);
    }
  });

  it.each(Object.entries(CLIENTS))(
    'find a Redis that comes late, with %s',
    { timeout: 60_000 },
    async (_name, make) => {
      const broker = await startRedis(['--appendonly', 'no']);
      await broker.kill();
      const late = listen(make(broker.url));
      const entered = late.channels.enter('b#in');
      late.channels.publish('a#x', 'early');
      await until(() => late.errors.length > 0);
      await broker.start();
      await entered;
      await until(async () => (await late.channels.count('b#in')) === 1);
      late.channels.publish('a#x', 'later');
      await until(() => late.heard.includes('a#x later'));
      // A channel that is left before it is entered is not entered.
      const other = listen(make(broker.url));
      void other.channels.enter('b#in');
      other.channels.leave('b#in');
      await until(() => other.hearings() === 1);
      expect(await late.channels.count('b#in')).toBe(1);
    },
  );

  it('say what they need, and report what goes wrong', async () => {
    expect(() => openChannels(systemClock, { duplicate: () => ({}) }, [], {} as never)).toThrow('A pool cannot');
    const client = createClient({ url: 'redis://127.0.0.1:1', socket: { reconnectStrategy: false } });
    const { channels, errors } = listen(client);
    await until(() => errors.length >= 2);
    for (let n = 0; n < 10_001; n += 1) channels.publish('a#x', 'waits');
    expect(String(errors.at(-1))).toContain('10000 messages to the nodes of Socket.IO wait');
    await channels.close();
  });
});
