import { describe, expect, it } from 'vitest';
import type { TableList } from '../../naru/src/backplane/backplane.js';
import { MemoryTables } from '../../naru/src/backplane/memory-tables.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import { TABLES } from '../src/tables.js';
import { useRedis } from './script-runner.js';
import { whyNoRedis } from './servers-and-uplinks.js';

const redis = useRedis();
const LEASE_MS = 60_000;

describe.skipIf(whyNoRedis)('the tables of Redis', () => {
  it.each([1, 2, 3])('hold what tables in memory hold (seed %i)', async (seed) => {
    const random = new SeededRandom(seed);
    const memory = new MemoryTables(new FakeClock());
    const writer = redis.writer(`model${seed}`);
    const store = `/${seed}`;
    const seen = new Map<string, string>();
    for (let step = 0; step < 400; step += 1) {
      const [table, key, value] = [`t${random.integer(0, 1)}`, `k ${random.integer(0, 5)}`, `${random.integer(0, 2)}`];
      const expected = random.chance(0.5) ? value : undefined;
      if (random.chance(0.6)) {
        memory.table(table).put(key, value, LEASE_MS);
        await writer.call(TABLES.tablePut, store, table, key, value, LEASE_MS);
      } else {
        memory.table(table).remove(key, expected);
        await writer.call(TABLES.tableRemove, store, table, key, expected);
      }
      const limit = random.integer(0, 7);
      const list = (await writer.call(TABLES.tableList, store, table, limit)) as TableList;
      const whole = memory.table(table).list(100) as TableList;
      expect(list.entries).toEqual(whole.entries.slice(0, limit));
      expect(await writer.call(TABLES.tableGet, store, table, key)).toBe(memory.table(table).get(key));
      // The same entries have the same version, and others have another.
      const text = JSON.stringify(whole.entries);
      expect(list.version).toBe(seen.get(text) ?? list.version);
      seen.set(text, list.version);
      expect(new Set(seen.values()).size).toBe(seen.size);
      expect(await writer.call(TABLES.tableList, store, table, limit, list.version)).toBe('same');
    }
  });

  it('have a version of their own for entries that came after lost writes', async () => {
    const writer = redis.writer('loser');
    const keys = ['naru:{%2F}:t:t', 'naru:{%2F}:x:t'];
    const version = async (): Promise<string> =>
      ((await writer.call(TABLES.tableList, '/', 't', 9)) as TableList).version;
    await writer.call(TABLES.tablePut, '/', 't', 'a', '1', LEASE_MS);
    const first = await version();
    const copies = await Promise.all(keys.map((key) => redis.call('DUMP', key)));
    await writer.call(TABLES.tablePut, '/', 't', 'b', 'lost', LEASE_MS);
    const lost = await version();
    await Promise.all(keys.map((key, at) => redis.call('RESTORE', key, '0', copies[at] as Buffer, 'REPLACE')));
    expect(await version()).toBe(first);
    await writer.call(TABLES.tablePut, '/', 't', 'b', 'kept', LEASE_MS);
    expect([first, lost]).not.toContain(await version());
  });

  it('change with the end of a lease, and expire with the last one', async () => {
    const writer = redis.writer('leases');
    const keys = ['naru:{%2Fleases}:t:t', 'naru:{%2Fleases}:x:t'] as const;
    const list = async (): Promise<TableList> =>
      (await writer.call(TABLES.tableList, '/leases', 't', 9, version)) as TableList;
    let version = '';
    for (const key of ['a', 'b']) await writer.call(TABLES.tablePut, '/leases', 't', key, '1', LEASE_MS);
    await writer.call(TABLES.tablePut, '/leases', 't', 'b', '1', 3 * LEASE_MS);
    ({ version } = await list());
    // As when the lease has ended.
    await redis.call('ZADD', keys[1], '1', 'a');
    expect(await writer.call(TABLES.tableGet, '/leases', 't', 'a')).toBeUndefined();
    const one = await list();
    expect(one.entries).toEqual([['b', '1']]);
    expect(one.version).not.toBe(version);
    const ends = Number(await redis.call('ZSCORE', keys[1], 'b'));
    expect(await Promise.all(keys.map((key) => redis.call('PEXPIRETIME', key)))).toEqual([ends, ends]);
    await redis.call('ZADD', keys[1], '1', 'b');
    expect(await list()).toEqual({ version: '', entries: [] });
    expect(await redis.call('EXISTS', ...keys)).toBe(0);
  });

  it('are left alone if a later version has written them', async () => {
    const writer = redis.writer('later');
    await redis.call('HSET', 'naru:{%2Flater}:t:t', 'format', '2');
    const message = /^LATER A later version of Naru wrote a table, which this version cannot read\./;
    await expect(writer.call(TABLES.tablePut, '/later', 't', 'a', '1', LEASE_MS)).rejects.toThrow(message);
    await expect(writer.call(TABLES.tableList, '/later', 't', 9)).rejects.toThrow(message);
    await expect(writer.call(TABLES.tableGet, '/later', 't', 'a')).rejects.toThrow(message);
    expect(await redis.call('HLEN', 'naru:{%2Flater}:t:t')).toBe(1);
  });

  it('take a put once, although it arrives again after later ones', async () => {
    const [writer, other] = [redis.writer('again'), redis.writer('other')];
    await writer.call(TABLES.tablePut, '/again', 't', 'a', '1', LEASE_MS);
    await other.call(TABLES.tableRemove, '/again', 't', 'a');
    await writer.repeat(TABLES.tablePut, '/again', 't', 'a', '1', LEASE_MS);
    expect(await writer.call(TABLES.tableGet, '/again', 't', 'a')).toBeUndefined();
  });
});
