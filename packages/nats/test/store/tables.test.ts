import { describe, expect, it } from 'vitest';
import type { TableList } from '../../../naru/src/backplane/backplane.js';
import { systemClock } from '../../../naru/src/base/clock.js';
import { type StoreMethods, storeMethods } from '../../src/store/store.js';
import { SentWrites } from '../../src/store/writes.js';
import { missing, serve } from './served.js';

const LEASE_MS = 60_000;

describe.skipIf(missing !== undefined)('tables in NATS', () => {
  const server = serve();
  let apps = 0;
  let number = 0;

  const newApp = (): string => {
    apps += 1;
    return `t${apps}`;
  };

  /** Returns the tables over an uplink whose clock is `ahead()` milliseconds ahead. */
  async function uplink(app: string, ahead = (): number => 0) {
    const clock = { ...systemClock, now: () => systemClock.now() + ahead() };
    const methods = storeMethods(await server.connect({ app, clock }), new SentWrites());
    const write = () => {
      number += 1;
      return { writer: 'w', number, settled: number - 1 };
    };
    return {
      put: (key: string, value: string, leaseMs = LEASE_MS) => methods.tablePut(write(), '/', 't', key, value, leaseMs),
      remove: (key: string) => methods.tableRemove(write(), '/', 't', key),
      list: (unless?: string) => methods.tableList(undefined, '/', 't', 10_000, unless),
      all: async () => (await methods.tableList(undefined, '/', 't', 10_000)) as TableList,
      methods: methods as StoreMethods,
    };
  }

  it('have the same version for all nodes, however they came to know the entries', async () => {
    const app = newApp();
    const [one, other] = [await uplink(app), await uplink(app)];
    for (let n = 0; n < 100; n += 1) {
      await one.put(`${n % 40}`, `${n}`);
      if (n % 7 === 0) await one.remove(`${n % 40}`);
      if (n % 10 === 0) expect(await other.list()).toEqual(await one.list());
    }
    const late = await uplink(app);
    expect(await late.list()).toEqual(await one.list());
    expect(await other.list((await late.all()).version)).toBe('same');
  });

  it('are the same while entries are renewed, and listed with few messages', async () => {
    const app = newApp();
    const [one, other] = [await uplink(app), await uplink(app)];
    for (let n = 0; n < 30; n += 1) await one.put(`${n}`, 'x');
    const { version } = await other.all();
    for (let n = 0; n < 30; n += 1) await one.put(`${n}`, 'x', 2 * LEASE_MS);
    expect(await other.list(version)).toBe('same');
  });

  it('show a renewal to a node whose copy has ended', async () => {
    const app = newApp();
    let ahead = 0;
    const [one, other] = [await uplink(app), await uplink(app, () => ahead)];
    await one.put('a', '1', 40_000);
    await one.put('b', '1', 40_000);
    const { version } = await other.all();
    await one.put('a', '1', LEASE_MS);
    ahead = 50_000;
    const { entries } = (await other.list(version)) as TableList;
    expect(entries).toEqual([['a', '1']]);
  });

  it('show a change whose node died before it announced it', async () => {
    const app = newApp();
    let ahead = 0;
    const parts = await server.connect({ app });
    const dying = storeMethods(
      { ...parts, connection: withoutAnnouncements(parts.connection) } as typeof parts,
      new SentWrites(),
    );
    const other = await uplink(app, () => ahead);
    const { version } = await other.all();
    number += 1;
    await dying.tablePut({ writer: 'w', number, settled: 0 }, '/', 't', 'a', '1', LEASE_MS);
    expect(await other.list(version)).toBe('same');
    ahead = 30_000;
    expect(((await other.list(version)) as TableList).entries).toEqual([['a', '1']]);
  });

  it('can be read again after a reading that NATS has refused', async () => {
    const parts = await server.connect({ app: newApp() });
    const methods = storeMethods(parts, new SentWrites());
    const list = () => methods.tableList(undefined, '/', 't', 10);
    const { connection } = parts;
    const tryStore = connection.tryStore.bind(connection);
    await connection.flush();
    // The clock of the server is asked for its time with a message, for which there is no room.
    connection.tryStore = async () => ({ error: { code: 400, err_code: 10_077, description: 'no room' } });
    await expect(Promise.all([list(), list()])).rejects.toMatchObject({ code: 'NOT_KEPT' });
    connection.tryStore = tryStore;
    expect(await list()).toMatchObject({ entries: [] });
  });

  it('keep every key, whatever it is', async () => {
    const { put, all } = await uplink(newApp());
    const keys = ['', ' ', 'a.b', '*', '>', 'é🚢', 'x'.repeat(3_000)];
    for (const key of keys) await put(key, key);
    expect((await all()).entries.map(([key]) => key)).toEqual(keys.sort());
  });

  it('let one of several puts of a key follow the other', async () => {
    const app = newApp();
    const uplinks = await Promise.all(Array.from({ length: 4 }, () => uplink(app)));
    await Promise.all(uplinks.map(({ put }, at) => put('a', `${at}`)));
    const lists = await Promise.all(uplinks.map(({ list }) => list()));
    for (const list of lists) expect(list).toEqual(lists[0]);
  });
});

/** A connection over which announcements get lost. */
function withoutAnnouncements<Connection extends object>(connection: Connection): Connection {
  return new Proxy(connection, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name !== 'tryStore') return member.bind(target);
      return (subject: string, ...rest: readonly unknown[]) =>
        subject.endsWith('.h')
          ? Promise.resolve({ seq: 0, isDuplicate: false })
          : member.call(target, subject, ...rest);
    },
  });
}
