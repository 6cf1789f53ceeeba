import { describe, expect, it } from 'vitest';
import type { Backplane } from '../../../naru/src/backplane/backplane.js';
import { brokenBy } from './broken-by.js';

describe('the contract of backplanes', () => {
  it('passes for a correct one', async () => expect(await brokenBy((backplane) => backplane)).toEqual([]));

  it('notices a log that leaves out a record', async () => {
    const broken = await brokenBy((backplane) => {
      const { log } = backplane;
      const short: Backplane['log'] = {
        append: (...args) => log.append(...args),
        read: (namespace, after, limit) => log.read(namespace, after, Math.min(limit, 3)),
        readBack: (...args) => log.readBack(...args),
        extent: (...args) => log.extent(...args),
        erase: (...args) => log.erase(...args),
        retain: (...args) => log.retain(...args),
        follow: (...args) => log.follow(...args),
      };
      return { ...backplane, log: short };
    });
    expect(broken).toContain('reads the records after an offset, at most as many as asked for');
  });

  it('notices a log that reads records it has not handed out, or lacks some that it has', async () => {
    const name = 'knows the offsets that any process has given out, and no others, if it skips numbers';
    for (const [isKnown, isWhole] of [
      [true, false],
      [false, false],
      [undefined, true],
    ]) {
      const broken = await brokenBy(({ log, ...rest }) => {
        const knows = (namespace: string, offset: string): boolean => {
          const { newest } = log.extent(namespace) as { newest: string };
          return isKnown ?? offset <= newest;
        };
        return { ...rest, log: Object.assign(log, { knows }) };
      });
      expect(broken).toEqual(isWhole ? [] : [name]);
    }
  });

  it('notices texts that do not expire', async () => {
    const broken = await brokenBy((backplane) => {
      const { store } = backplane;
      const { set } = store;
      return {
        ...backplane,
        store: Object.assign(store, { set: (key: string, value: string) => set.call(store, key, value) }),
      };
    });
    expect(broken).toEqual([
      'lets texts expire',
      'keeps texts with a prefix within bounds, and drops those first that expire first',
      'swaps a text only if its key has the expected one',
    ]);
  });

  it('notices a swap that does not compare', async () => {
    const broken = await brokenBy((backplane) => {
      const swap = (key: string, _expected: unknown, value: string | undefined, expiresInMs?: number) => {
        const before = backplane.store.get(key) as string | undefined;
        if (value === undefined) backplane.store.delete(key);
        else backplane.store.set(key, value, expiresInMs);
        return { swapped: true, value: before };
      };
      return { ...backplane, store: Object.assign(Object.create(backplane.store), { swap }) };
    });
    expect(broken).toContain('swaps a text only if its key has the expected one');
  });
});
