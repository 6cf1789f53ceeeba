/** The promises of a backplane about tables with leases. */
import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict';
import type { LeaseTable, TableList } from 'naru/backplane';
import { type Case, written } from './backplane-subject.js';

const MOST = 1_000;

/** Long enough for the calls of a case to a home that is far away. */
const LEASE_MS = 5_000;

/** Lists a table that must differ from `unless`. */
async function listed(table: LeaseTable, unless?: string): Promise<TableList> {
  const list = await table.list(MOST, unless);
  notStrictEqual(list, 'same', 'the version is the same, although the entries differ');
  return list as TableList;
}

const keysOf = ({ entries }: TableList): string[] => entries.map(([key]) => key);

/** Cases of tables. */
export const TABLES: Record<string, Case> = {
  'lists the entries of a table by key, at most as many as asked for': async (subject, { store }) => {
    const table = store.table('/a b');
    deepStrictEqual((await listed(table)).entries, []);
    for (const key of ['b', 'a c', 'a', 'é%🚢']) await written(subject, table.put(key, key.toUpperCase(), LEASE_MS));
    const expected = ['a', 'a c', 'b', 'é%🚢'].map((key) => [key, key.toUpperCase()]);
    deepStrictEqual((await listed(table)).entries, expected);
    const some = await table.list(2);
    deepStrictEqual(some === 'same' ? some : some.entries, expected.slice(0, 2));
    deepStrictEqual(await store.list('/a b', MOST), []);
  },
  'lists an entry that is still being written': async (subject, { store }) => {
    const table = store.table('t');
    const writes = [table.put('a', '1', LEASE_MS), table.put('b', '1', LEASE_MS), table.put('a', '2', LEASE_MS)];
    const removing = table.remove('b');
    deepStrictEqual((await listed(table)).entries, [['a', '2']]);
    const adding = table.put('c', '3', LEASE_MS);
    deepStrictEqual([await table.get('c'), await table.get('a'), await table.get('b')], ['3', '2', undefined]);
    await written(subject, table.remove('c'), adding);
    await written(subject, ...writes, removing);
    deepStrictEqual((await listed(table)).entries, [['a', '2']]);
  },
  'keeps tables apart, whatever their names': async (subject, { store }) => {
    const names = ['a', 'a b', 'a%20b', 'a ', 'A', ''];
    for (const name of names) await written(subject, store.table(name).put('b c', name, LEASE_MS));
    for (const name of names) deepStrictEqual((await listed(store.table(name))).entries, [['b c', name]]);
    await written(subject, store.table('a').remove('b c'));
    deepStrictEqual((await listed(store.table('a'))).entries, []);
    deepStrictEqual((await listed(store.table('a b'))).entries, [['b c', 'a b']]);
  },
  'answers that a table is the same until an entry changes': async (subject, { store }) => {
    const table = store.table('t');
    let version = '';
    const changesOf = async (...writes: readonly (void | Promise<void>)[]): Promise<boolean> => {
      await written(subject, ...writes);
      const list = await table.list(MOST, version);
      if (list === 'same') return false;
      notStrictEqual(list.version, version);
      version = list.version;
      return true;
    };
    await changesOf();
    strictEqual(await changesOf(), false);
    strictEqual(await changesOf(table.put('a', '1', LEASE_MS)), true);
    strictEqual(await changesOf(), false);
    strictEqual(await changesOf(store.table('u').put('a', '1', LEASE_MS)), false);
    strictEqual(await changesOf(table.put('a', '1', 2 * LEASE_MS)), false);
    strictEqual(await changesOf(table.put('a', '2', LEASE_MS)), true);
    strictEqual(await changesOf(table.put('b', '2', LEASE_MS)), true);
    strictEqual(await changesOf(table.remove('nothing')), false);
    strictEqual(await changesOf(table.remove('a')), true);
    strictEqual(await changesOf(table.remove('b'), table.put('b', '3', LEASE_MS)), true);
    strictEqual(await changesOf(table.remove('b')), true);
  },
  'gives a table that was empty in between another version': async (subject, { store }) => {
    const table = store.table('t');
    const versions = new Set<string>();
    for (const value of ['1', '2', '3']) {
      await written(subject, table.put('a', value, LEASE_MS));
      versions.add((await listed(table)).version);
      await (value === '1' ? written(subject, table.remove('a')) : subject.pass(LEASE_MS));
    }
    strictEqual(versions.size, 3);
  },
  'ends an entry with its lease, and the version tells it': async (subject, { store }) => {
    const table = store.table('t');
    await written(
      subject,
      table.put('a', '1', LEASE_MS),
      table.put('b', '1', 3 * LEASE_MS),
      table.put('c', '1', 3 * LEASE_MS),
    );
    const all = await listed(table);
    await subject.pass(LEASE_MS / 2);
    strictEqual(await table.list(MOST, all.version), 'same');
    await subject.pass(LEASE_MS);
    const two = await listed(table, all.version);
    deepStrictEqual(keysOf(two), ['b', 'c']);
    strictEqual(await table.list(MOST, two.version), 'same');
    deepStrictEqual([await table.get('a'), await table.get('b')], [undefined, '1']);
    await subject.pass(2 * LEASE_MS);
    deepStrictEqual((await listed(table, two.version)).entries, []);
  },
  'ends a lease also while others are renewed, and nobody lists the table': async (subject, { store }) => {
    const table = store.table('t');
    await written(subject, table.put('a', '1', LEASE_MS), table.put('b', '1', LEASE_MS));
    const { version } = await listed(table);
    for (let times = 0; times < 4; times += 1) {
      await subject.pass(LEASE_MS / 2);
      await written(subject, table.put('b', '1', LEASE_MS));
    }
    deepStrictEqual(keysOf(await listed(table, version)), ['b']);
  },
  'shows an entry again whose lease had ended': async (subject, { store }) => {
    const table = store.table('t');
    await written(subject, table.put('a', '1', LEASE_MS), table.put('b', '1', 9 * LEASE_MS));
    await subject.pass(LEASE_MS);
    const { version } = await listed(table);
    await written(subject, table.put('a', '1', LEASE_MS));
    deepStrictEqual(keysOf(await listed(table, version)), ['a', 'b']);
    await written(subject, table.remove('b', 'other'), table.remove('a', 'other'), table.remove('b', '1'));
    deepStrictEqual(keysOf(await listed(table)), ['a']);
  },
  'removes an entry only if it has the expected value': async (subject, { store }) => {
    const table = store.table('t');
    await written(subject, table.put('a', '1', LEASE_MS));
    const { version } = await listed(table);
    await written(subject, table.remove('a', '2'), table.remove('b', '1'));
    strictEqual(await table.list(MOST, version), 'same');
    await written(subject, table.remove('a', '1'));
    deepStrictEqual((await listed(table, version)).entries, []);
  },
  'shares its tables with other processes': async (subject, { store }) => {
    if (!store.isDurable || !subject.reopen) return;
    const table = store.table('t');
    await written(subject, table.put('a', '1', LEASE_MS), table.put('b', '1', 9 * LEASE_MS));
    const other = await subject.reopen();
    const there = other.store.table('t');
    const first = await listed(there);
    deepStrictEqual(keysOf(first), ['a', 'b']);
    strictEqual((await listed(table)).version, first.version);
    await written(subject, there.put('c', '1', 9 * LEASE_MS));
    deepStrictEqual(keysOf(await listed(table, first.version)), ['a', 'b', 'c']);
    await subject.pass(LEASE_MS);
    const [here, two] = [await listed(table), await listed(there)];
    deepStrictEqual(here, two);
    deepStrictEqual(keysOf(here), ['b', 'c']);
    await other.close();
  },
};
