import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../naru/src/base/clock.js';
import { startRedis, until, whyNoRedis } from '../../../redis/test/servers-and-uplinks.js';
import { StreamReader } from '../../src/redis/stream-reader.js';
import type { RedisClientLike } from '../../src/redis/wires.js';

const CLIENTS: Record<string, (url: string) => RedisClientLike> = {
  '@redis/client': (url) => createClient({ url }),
  ioredis: (url) => new Redis(url, { lazyConnect: true }),
};

async function build(make: (url: string) => RedisClientLike, appendOnly: 'yes' | 'no' = 'yes') {
  const broker = await startRedis(['--appendonly', appendOnly, '--appendfsync', 'always']);
  const client = createClient({ url: broker.url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  const heard: string[] = [];
  const reader = new StreamReader(systemClock, make(broker.url), 's', {
    onEntry: ({ fields }) => heard.push(String(fields.n)),
    onGap: () => heard.push('gap'),
    onLate: () => undefined,
    onError: () => undefined,
  });
  onTestFinished(() => reader.close());
  let n = 0;
  const append = async (count = 1): Promise<string[]> => {
    const names = Array.from({ length: count }, () => {
      n += 1;
      return `${n}`;
    });
    await Promise.all(names.map((name) => client.xAdd('s', '*', { n: name })));
    return names;
  };
  return { broker, client, heard, reader, append };
}

describe.skipIf(whyNoRedis)('the reader of a stream', () => {
  it.each(Object.entries(CLIENTS))(
    'gives each later entry once and in order, and goes on after a break, with %s',
    { timeout: 60_000 },
    async (_name, make) => {
      const { broker, client, heard, reader, append } = await build(make);
      await append(3);
      reader.open();
      await until(() => heard.length === 1);
      const expected = ['gap', ...(await append(350))];
      await until(() => heard.length >= expected.length);
      expect(heard).toEqual(expected);
      await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
      expected.push(...(await append(5)));
      await until(() => heard.length >= expected.length);
      expect(heard).toEqual(expected);
      await broker.kill();
      await broker.start();
      await until(() => client.isReady);
      expected.push(...(await append(5)));
      await until(() => heard.length >= expected.length);
      expect(heard).toEqual(expected);
    },
  );

  it('tells of a gap when entries were removed before it read them', { timeout: 60_000 }, async () => {
    const { broker, client, heard, reader, append } = await build((url) => createClient({ url }), 'no');
    reader.open();
    await until(() => heard.length === 1);
    await append(2);
    await until(() => heard.length === 3);
    // The reader tries again after half a second.
    await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    await append(3);
    await client.xTrim('s', 'MAXLEN', 1);
    await until(() => heard.at(-1) === '5');
    expect(heard).toEqual(['gap', '1', '2', 'gap', '5']);
    // A Redis without its entries may give out lower IDs.
    await broker.kill();
    await broker.start();
    await until(() => client.isReady);
    await until(() => heard.length === 6);
    await client.xAdd('s', '2-1', { n: 'goes on' });
    await until(() => heard.length === 7);
    expect(heard.slice(5)).toEqual(['gap', 'goes on']);
  });
});
