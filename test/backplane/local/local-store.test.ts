import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/backplane/local/database.js';
import { LocalStore } from '../../../src/backplane/local/local-store.js';
import { FakeClock } from '../../../src/testing/index.js';

it('writes what was set in a turn together, the last of each key', async () => {
  const folder = mkdtempSync(`${tmpdir()}/naru-store-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const database = openDatabase(folder, false);
  const store = new LocalStore(database, clock);
  const writes = [store.set('a', 'one'), store.set('a', 'two'), store.set('b', 'x'), store.delete('b')];
  expect(database.texts.get('a')).toBeUndefined();
  await clock.settle();
  await Promise.all(writes);
  expect([database.texts.get('a'), database.texts.get('b')]).toEqual([{ value: 'two', expiresAt: 0 }, undefined]);
  await database.close();
});
