import { expect, it } from 'vitest';
import { FakeClock } from '../../../testing/src/index.js';
import { MemoryTables } from '../../src/backplane/memory-tables.js';

it('keeps no table without entries, also when nobody uses them again', async () => {
  const clock = new FakeClock();
  const tables = new MemoryTables(clock);
  tables.table('a').put('k', 'v', 1_000);
  tables.table('a').remove('k');
  expect(tables.count).toBe(0);
  for (let n = 0; n < 1_000; n += 1) tables.table(`b ${n}`).put('k', 'v', 1_000);
  await clock.advance(1_000);
  expect(tables.count).toBe(1_000);
  tables.table('c').put('k', 'v', 1_000);
  expect([tables.count, tables.names]).toEqual([1, ['c']]);
  await clock.advance(1_000);
  expect([tables.count, tables.names, tables.count]).toEqual([1, [], 0]);
  tables.table('c').put('k', 'v', 1_000);
  expect(tables.table('c').list(10)).toMatchObject({ entries: [['k', 'v']] });
});
