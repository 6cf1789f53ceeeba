import { expect, it } from 'vitest';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import type { DatagramLink } from '../../../src/transport/udp/link.js';
import { LINKS_MAX, LinkTable } from '../../../src/transport/udp/link-table.js';

const linkOf = (id: number) => ({ id }) as DatagramLink;

it('finds each link by its own id only', () => {
  const table = new LinkTable(new SeededRandom(1));
  const links = Array.from({ length: 3_000 }, (_, slot) => linkOf(table.createId(slot)));
  for (const link of links) table.add(link);
  expect(new Set(links.map(({ id }) => id)).size).toBe(3_000);
  for (const link of links) expect(table.find(link.id)).toBe(link);
  const ids = new Set(links.map(({ id }) => id));
  for (const id of [0, 1, 2 ** 30 - 1, 2 ** 30, 2 ** 48 - 1, ...links.map(({ id }) => (id + LINKS_MAX) % 2 ** 30)])
    if (!ids.has(id)) expect(table.find(id)).toBeUndefined();
  expect([table.count, table.list().length]).toEqual([3_000, 3_000]);
});

it('reuses a place under another id, and removes nothing twice', () => {
  const table = new LinkTable(new SeededRandom(2));
  const first = linkOf(table.createId(LINKS_MAX - 1));
  table.add(first);
  table.remove(first);
  table.remove(first);
  expect([table.count, table.find(first.id)]).toEqual([0, undefined]);
  let id = table.createId(LINKS_MAX - 1);
  while (id === first.id) id = table.createId(LINKS_MAX - 1);
  const second = linkOf(id);
  table.add(second);
  expect([table.find(id), table.find(first.id), table.count]).toEqual([second, undefined, 1]);
});
