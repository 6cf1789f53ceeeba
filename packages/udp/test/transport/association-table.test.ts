import { expect, it } from 'vitest';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import type { Association } from '../../src/transport/association.js';
import { ASSOCIATIONS_MAX, AssociationTable } from '../../src/transport/association-table.js';

const associationOf = (id: number) => ({ id }) as Association;

it('finds each association by its own id only', () => {
  const table = new AssociationTable(new SeededRandom(1));
  const associations = Array.from({ length: 3_000 }, (_, slot) => associationOf(table.createId(slot)));
  for (const association of associations) table.add(association);
  expect(new Set(associations.map(({ id }) => id)).size).toBe(3_000);
  for (const association of associations) expect(table.find(association.id)).toBe(association);
  const ids = new Set(associations.map(({ id }) => id));
  for (const id of [
    0,
    1,
    2 ** 30 - 1,
    2 ** 30,
    2 ** 48 - 1,
    ...associations.map(({ id }) => (id + ASSOCIATIONS_MAX) % 2 ** 30),
  ])
    if (!ids.has(id)) expect(table.find(id)).toBeUndefined();
  expect([table.count, table.list().length]).toEqual([3_000, 3_000]);
});

it('reuses a place under another id, and removes nothing twice', () => {
  const table = new AssociationTable(new SeededRandom(2));
  const first = associationOf(table.createId(ASSOCIATIONS_MAX - 1));
  table.add(first);
  table.remove(first);
  table.remove(first);
  expect([table.count, table.find(first.id)]).toEqual([0, undefined]);
  let id = table.createId(ASSOCIATIONS_MAX - 1);
  while (id === first.id) id = table.createId(ASSOCIATIONS_MAX - 1);
  const second = associationOf(id);
  table.add(second);
  expect([table.find(id), table.find(first.id), table.count]).toEqual([second, undefined, 1]);
});
