import { createClient, createCluster } from '@redis/client';
import { createClient as four, createCluster as fourCluster } from '@redis/client-4';
import { Cluster, Redis } from 'ioredis';
import * as five from 'ioredis-5';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedis, until, whyNoRedis } from '../../../redis/test/servers-and-uplinks.js';
import { FIRST_ID, type RedisClientLike, wireOf } from '../../src/redis/wires.js';

const CLIENTS: Record<string, (url: string) => RedisClientLike> = {
  '@redis/client': (url) => createClient({ url }),
  '@redis/client with RESP 3': (url) => createClient({ url, RESP: 3 }),
  'redis 4': (url) => four({ url }),
  'ioredis 6': (url) => new Redis(url, { lazyConnect: true }),
  'ioredis 5': (url) => new five.Redis(url, { lazyConnect: true }),
};

describe.skipIf(whyNoRedis)('a connection', () => {
  it.each(Object.entries(CLIENTS))('reads and appends entries of a stream, with %s', async (_name, make) => {
    const broker = await startRedis(['--appendonly', 'no']);
    const wire = wireOf(make(broker.url));
    onTestFinished(() => wire.end());
    await wire.open();
    expect(await wire.newest('s')).toBe(FIRST_ID);
    expect(await wire.has('s', FIRST_ID)).toBe(false);
    expect(await wire.read('s', FIRST_ID, 10, 20)).toEqual([]);
    for (let n = 0; n < 3; n += 1) await wire.append('s', { number: `${n}`, text: 'é🚢' }, 10_000);
    const entries = await wire.read('s', FIRST_ID, 2, 20);
    expect(entries.map(({ fields }) => ({ ...fields }))).toEqual([
      { number: '0', text: 'é🚢' },
      { number: '1', text: 'é🚢' },
    ]);
    const [first, second] = entries.map(({ id }) => id) as [string, string];
    const [third] = await wire.read('s', second, 10, 20);
    expect(await wire.newest('s')).toBe(third?.id);
    expect(await wire.has('s', first)).toBe(true);
    expect(await wire.has('s', '1-1')).toBe(false);
  });

  it.each(Object.entries(CLIENTS))('hears the channels of shards that it has entered, with %s', async (_name, make) => {
    const broker = await startRedis(['--appendonly', 'no']);
    const [hearing, saying] = [wireOf(make(broker.url), true), wireOf(make(broker.url), true)];
    for (const wire of [hearing, saying]) {
      onTestFinished(() => wire.end());
      await wire.open();
    }
    const heard: string[] = [];
    await hearing.hear([], (channel, message) => heard.push(`${channel} ${message}`));
    await Promise.all(['a', 'b'].map((channel) => hearing.enter(channel)));
    expect(await saying.count('a')).toBe(1);
    for (const channel of ['a', 'b', 'c']) await saying.publish(channel, Buffer.from('é'));
    await until(() => heard.length >= 2);
    await hearing.leave('a');
    await until(async () => (await saying.count('a')) === 0);
    for (const channel of ['a', 'b']) await saying.publish(channel, Buffer.from('2'));
    await until(() => heard.length >= 3);
    expect(heard).toEqual(['a é', 'b é', 'b 2']);
  });

  it('is refused for clients of a Redis Cluster that cannot hear all shards', () => {
    const rootNodes = [{ url: 'redis://127.0.0.1:1' }];
    expect(() => wireOf(fourCluster({ rootNodes }), true)).toThrow('needs version 5 of "redis" for a Cluster');
    const nodes = [{ host: '127.0.0.1', port: 1 }];
    for (const Maker of [Cluster, five.Cluster]) {
      const client = new Maker(nodes, { lazyConnect: true });
      expect(() => wireOf(client, true)).toThrow('needs the option "shardedSubscribers: true" of ioredis');
      client.disconnect();
    }
    expect(() => wireOf(createCluster({ rootNodes }), true)).not.toThrow();
  });

  it('is refused for a client that cannot subscribe', () => {
    for (const given of [undefined, {}, { duplicate: () => undefined }])
      expect(() => wireOf(given)).toThrow('A pool cannot');
  });
});
