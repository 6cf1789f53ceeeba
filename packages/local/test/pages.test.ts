import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../src/database.js';
import { oldestReader } from '../src/pages.js';
import { folder } from './numbers.js';

it('counts the pages of the file, and those that are in no table', async () => {
  const path = folder();
  const { root, log, close } = openDatabase(path, false);
  const before = root.pages();
  root.transactionSync(() => log.putSync(['/', 1], Buffer.alloc(100 * before.size)));
  root.resetReadTxn();
  const full = root.pages();
  expect(full.transaction).toBe(before.transaction + 1);
  expect(full.last - before.last).toBeGreaterThan(100);
  expect((full.last + 1) * full.size).toBe(statSync(join(path, 'data.mdb')).size);
  root.transactionSync(() => log.removeSync(['/', 1]));
  root.resetReadTxn();
  expect(root.pages().free - full.free).toBeGreaterThan(100);
  root.resetReadTxn();
  expect(root.oldestReader()).toBe(Number.POSITIVE_INFINITY);
  log.getBinary(['/', 1]);
  expect(root.oldestReader()).toBe(full.transaction + 1);
  await close();
});

it('finds the oldest of several readers, and leaves out idle ones', () => {
  const readers = '    pid     thread     txnid\n     15556 7f365507dc80 -\n   77 7f36 1349\n   78 7f37 1348\n';
  expect(oldestReader(readers)).toBe(1_348);
  expect(oldestReader('(no active readers)\n')).toBe(Number.POSITIVE_INFINITY);
});
