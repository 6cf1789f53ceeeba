import { describe, expect, it } from 'vitest';
import { Store } from '../page/store.js';

describe('a store', () => {
  it('tells its listeners once about all changes of a turn', async () => {
    const store = new Store({ a: 1, b: 1 });
    const seen: unknown[] = [];
    const stop = store.watch(() => seen.push(store.state));
    store.set({ a: 2 });
    store.take((state) => ({ ...state, b: 2 }));
    expect(seen).toEqual([]);
    await Promise.resolve();
    expect(seen).toEqual([{ a: 2, b: 2 }]);
    stop();
    store.set({ a: 3 });
    await Promise.resolve();
    expect(seen).toHaveLength(1);
  });

  it('tells nobody about a step that changes nothing', async () => {
    const store = new Store({ a: 1 });
    let count = 0;
    store.watch(() => count++);
    store.take((state) => state);
    await Promise.resolve();
    expect(count).toBe(0);
  });
});
