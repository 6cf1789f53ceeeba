import { describe, expect, it } from 'vitest';
import type { LeaseTable } from '../../../naru/src/backplane/backplane.js';
import { brokenBy } from './broken-by.js';

describe('the contract of tables', () => {
  const brokenTable = (change: (table: LeaseTable) => Partial<LeaseTable>): Promise<string[]> =>
    brokenBy((backplane) => {
      const { store } = backplane;
      const { table } = store;
      const changed = (name: string): LeaseTable => {
        const correct = table.call(store, name);
        return { ...correct, ...change(correct) };
      };
      return { ...backplane, store: Object.assign(store, { table: changed }) };
    });

  it('notices a lease that never ends', async () => {
    const broken = await brokenTable(({ put }) => ({ put: (key, value) => put(key, value, 1_000_000) }));
    expect(broken).toContain('ends an entry with its lease, and the version tells it');
  });

  it('notices a version that does not tell of an ended lease', async () => {
    const versions = new Map<string, string>();
    const broken = await brokenTable(({ put, list }) => ({
      put: (key, value, leaseMs) => {
        versions.clear();
        return put(key, value, leaseMs);
      },
      list: (limit, unless) => (unless !== undefined && versions.has(unless) ? 'same' : noted(versions, list(limit))),
    }));
    expect(broken).toContain('ends an entry with its lease, and the version tells it');
  });

  it('notices a version that changes with every renewal', async () => {
    const broken = await brokenTable(({ put, remove }) => ({
      put: (key, value, leaseMs) => {
        remove(key);
        return put(key, value, leaseMs);
      },
    }));
    expect(broken).toEqual(['answers that a table is the same until an entry changes']);
  });

  it('notices a removal that does not compare', async () => {
    const broken = await brokenTable(({ remove }) => ({ remove: (key) => remove(key) }));
    expect(broken).toContain('removes an entry only if it has the expected value');
  });
});

function noted(versions: Map<string, string>, list: ReturnType<LeaseTable['list']>): ReturnType<LeaseTable['list']> {
  if (typeof list === 'object' && 'version' in list) versions.set(list.version, '');
  return list;
}
