import { describe, expect, it } from 'vitest';
import { build, countCalls, entriesOf, LEASE, Link, Machine, POLL, replace } from './machine.js';

describe('processes whose store fails or answers late', () => {
  it('take back a process whose link was cut for longer than its lease', async () => {
    const { clock, store, start } = build();
    const link = new Link(store);
    const [one, two] = [new Machine(clock, link.store, 'node0'), start()];
    two.watch('a');
    one.enter('a', 'ann');
    await clock.advance(2 * POLL);
    expect(two.seen.get('a')).toBe('ann');
    link.isCut = true;
    await clock.advance(2 * LEASE);
    expect([two.seen.get('a'), entriesOf(store, 'a')]).toEqual(['', []]);
    // The others see the process before its entries.
    const puts = countCalls(link.store, 'put');
    link.flush();
    await clock.advance(POLL);
    expect([two.seen.get('a'), entriesOf(store, 'a')]).toEqual(['', []]);
    link.isCut = false;
    link.flush();
    await clock.advance(POLL);
    expect([two.seen.get('a'), one.hints.at(-1)?.topics]).toEqual(['ann', ['a']]);
    // Several signs were late, and one write was enough.
    await clock.advance(LEASE);
    expect([puts, two.seen.get('a'), one.errors]).toEqual([new Map([['presence a', 1]]), 'ann', []]);
  });

  it('take back a process whose first signs failed', async () => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    let isRefused = true;
    const refuse = (): Promise<void> => Promise.reject(new Error('full'));
    replace(store, (_, name) => (isRefused && name === 'presence' ? { put: refuse } : {}));
    one.enter('a', 'ann');
    await clock.settle();
    two.watch('a');
    expect([two.seen.get('a'), entriesOf(store, 'a')]).toEqual(['', []]);
    isRefused = false;
    await clock.advance(LEASE / 3 + 2 * POLL);
    expect([two.seen.get('a'), one.errors]).toEqual(['ann', [new Error('full'), new Error('full')]]);
  });

  it('write a member once, although their earlier sign is older than a lease', async () => {
    const { clock, store } = build();
    const link = new Link(store);
    const puts = countCalls(link.store, 'put');
    const one = new Machine(clock, link.store, 'node0');
    for (let visits = 1; visits <= 3; visits += 1) {
      one.enter('a', 'ann');
      await clock.advance(LEASE);
      expect(puts).toEqual(new Map([['presence a', visits]]));
      one.shared.erase('a', 'socket-ann');
      await clock.advance(2 * LEASE);
    }
  });

  it.each([
    ['later', () => Promise.reject(new Error('away'))],
    [
      'within the call',
      () => {
        throw new Error('away');
      },
    ],
  ])('read a topic again at each look until that succeeds, when it fails %s', async (_, fail: () => Promise<never>) => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    two.watch('b');
    one.enter('a', 'ann');
    await clock.advance(2 * POLL);
    let isAway = true;
    replace(store, (_whole, name) => (isAway && name === 'presence a' ? { list: fail } : {}));
    const lists = countCalls(store, 'list');
    two.watch('a');
    await clock.advance(3 * POLL);
    expect([two.seen.get('a'), lists]).toEqual([undefined, new Map([['presence a', 4]])]);
    isAway = false;
    await clock.advance(POLL);
    expect(two.seen.get('a')).toBe('ann');
    isAway = true;
    one.enter('a', 'ben');
    await clock.advance(POLL);
    isAway = false;
    await clock.advance(20 * POLL);
    expect([two.seen.get('a'), two.errors.length, lists.get('presence a')]).toEqual(['ann ben', 5, 7]);
  });

  it('make a change again that the store has refused, to write and to remove', async () => {
    const { clock, store, start } = build();
    const [one, two] = [start(), start()];
    let isRefused = true;
    const refuse = (): Promise<void> => Promise.reject(new Error('full'));
    replace(store, (_, name) => (isRefused && name === 'presence a' ? { put: refuse, remove: refuse } : {}));
    two.watch('a');
    one.enter('b', 'ben');
    one.enter('a', 'ann');
    await clock.advance(2 * POLL);
    expect(two.seen.get('a')).toBe('');
    isRefused = false;
    await clock.advance(2 * POLL);
    expect(two.seen.get('a')).toBe('ann');
    isRefused = true;
    one.shared.erase('a', 'socket-ann');
    await clock.advance(2 * POLL);
    expect(two.seen.get('a')).toBe('ann');
    isRefused = false;
    await clock.advance(2 * POLL);
    expect([two.seen.get('a'), entriesOf(store, 'a')]).toEqual(['', []]);
  });

  it('report a failing store, and continue', async () => {
    const { clock, store, start } = build();
    const one = start();
    one.watch('a');
    const { table } = store;
    const full = (): Promise<void> => Promise.reject(new Error('full'));
    const broken = (): never => {
      throw new Error('broken');
    };
    store.table = () => ({ put: full, get: broken, remove: full, list: broken });
    one.enter('a', 'ann');
    await clock.advance(2 * POLL);
    expect(one.errors.map((error) => (error as Error).message)).toEqual(expect.arrayContaining(['broken', 'full']));
    store.table = table;
    await clock.advance(POLL);
    expect(one.seen.get('a')).toBe('');
  });
});
