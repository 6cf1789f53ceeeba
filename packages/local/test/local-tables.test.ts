import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { TableList } from '../../naru/src/backplane/backplane.js';
import { FakeClock } from '../../testing/src/index.js';
import { type Database, openDatabase } from '../src/database.js';
import { LocalStore } from '../src/local-store.js';

function open() {
  const folder = mkdtempSync(`${tmpdir()}/naru-tables-`);
  const clock = new FakeClock();
  const database = openDatabase(folder, false);
  onTestFinished(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { clock, database, store: new LocalStore(database, clock) };
}

/** Counts the entries that lists read. */
function countReads(database: Database) {
  const counter = { count: 0 };
  const { getRange } = database.texts;
  Object.defineProperty(database.texts, 'getRange', {
    value: function* (...args: Parameters<typeof getRange>) {
      for (const entry of getRange.apply(database.texts, args)) {
        counter.count += 1;
        yield entry;
      }
    },
  });
  return counter;
}

it('reads no entry of a table that is the same', async () => {
  const { clock, database, store } = open();
  const table = store.table('t');
  const writes = Array.from({ length: 500 }, (_, n) => table.put(`${n}`, 'v', 1_000 + n));
  await clock.settle();
  await Promise.all(writes);
  const { version } = table.list(1_000) as TableList;
  const reads = countReads(database);
  for (let n = 0; n < 100; n += 1) expect(table.list(1_000, version)).toBe('same');
  expect(reads.count).toBe(0);
  await clock.advance(1_000);
  expect(table.list(1_000, version)).toMatchObject({ entries: { length: 499 } });
});

it('writes the changes of a turn in one transaction, with the texts', async () => {
  const { clock, database, store } = open();
  let transactions = 0;
  const { transactionSync } = database.root;
  Object.assign(database.root, {
    transactionSync: <T>(action: () => T) => {
      transactions += 1;
      return transactionSync(action);
    },
  });
  const writes = [store.set('a', 'b'), store.table('t').put('k', 'v', 1_000), store.table('u').put('k', 'v', 1_000)];
  await clock.settle();
  await Promise.all(writes);
  expect(transactions).toBe(1);
});

it('tells of an ended lease after a sweep has removed the entry, and leaves nothing behind', async () => {
  const { clock, database, store } = open();
  const table = store.table('t');
  const sweep = (): Promise<unknown> => Promise.all([store.sweep(), clock.settle()]);
  void table.put('a', '1', 1_000);
  void table.put('b', '1', 5_000);
  await clock.settle();
  const before = table.list(10) as TableList;
  await clock.advance(1_000);
  await sweep();
  expect(table.list(10, before.version)).toMatchObject({ entries: [['b', '1']] });
  void table.put('c', '1', 1_000);
  await clock.advance(5_000);
  await sweep();
  await sweep();
  expect([...database.texts.getKeys()]).toEqual([]);
  void table.put('a', '1', 1_000);
  void table.remove('a');
  await clock.settle();
  expect([...database.texts.getKeys()]).toEqual([]);
});

it('counts the entries again if another version has written the state, or has removed it', async () => {
  const { clock, database, store } = open();
  vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const table = store.table('t');
  void table.put('a', '1', 1_000);
  await clock.settle();
  for (const value of ['', '{}', '[]', '{"v":2}', '{"change":1,"count":1,"endsAt":1,"lastEndsAt":1}']) {
    database.texts.putSync('table t', { value, expiresAt: clock.now() + 5_000 });
    const { version, entries } = table.list(10) as TableList;
    expect([entries, table.list(10, version)]).toEqual([[['a', '1']], 'same']);
    void table.put('b', value, 1_000);
    expect(table.list(10, version)).toMatchObject({ entries: { length: 2 } });
    void table.remove('b');
    expect(table.list(10)).toMatchObject({ entries: [['a', '1']] });
  }
});

it('refuses a key that is too long, and writes the other entries of that turn', async () => {
  const { clock, store } = open();
  const writes = [store.table('t').put('x'.repeat(1_965), 'v', 1_000), store.table('t').put('a', 'v', 1_000)];
  const outcomes = Promise.allSettled(writes);
  await clock.settle();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  await expect(writes[0]).rejects.toThrow('under a key of more than 1970 bytes');
});
