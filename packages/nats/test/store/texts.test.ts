import { describe, expect, it } from 'vitest';
import { storeMethods } from '../../src/store/store.js';
import { SentWrites } from '../../src/store/writes.js';
import { missing, serve } from './served.js';

const KEYS = ['', 'a', 'a b', 'a b c', 'a:b', 'b', 'é🚢 *.>', '\ud800', 'x'.repeat(5_000), `a ${'y'.repeat(5_000)}`];

describe.skipIf(missing !== undefined)('texts in NATS', () => {
  const server = serve();

  /** Returns the texts of a node over one uplink after the other, and writes with rising numbers. */
  async function node(app: string, writer: string) {
    const sent = new SentWrites();
    let number = 0;
    return {
      uplink: async () => storeMethods(await server.connect({ app }), sent),
      write: () => {
        number += 1;
        return { writer, number, settled: number - 1 };
      },
    };
  }

  it('have any key, and are listed by any beginning of it', async () => {
    const { uplink, write } = await node('keys', 'w');
    const texts = await uplink();
    for (const key of KEYS) await texts.set(write(), undefined, key, key);
    for (const key of KEYS) expect(await texts.get(undefined, undefined, key)).toBe(key.replace('\ud800', '\ufffd'));
    for (const prefix of ['', 'a', 'a ', 'a b', 'a:', 'b', 'é', 'x'.repeat(4_000), 'z']) {
      const expected = KEYS.filter((key) => key.startsWith(prefix)).sort();
      expect((await texts.list(undefined, prefix, 100)).map(([key]) => key)).toEqual(expected);
    }
  });

  it('give a swap its first answer again over another uplink', async () => {
    const { uplink, write } = await node('answers', 'w');
    const [first, second] = [await uplink(), await uplink()];
    const [won, lost, after] = [write(), write(), write()];
    const swap = { won: [undefined, 'k', undefined, '1'] as const, lost: [undefined, 'k', 'x', '2'] as const };
    expect(await first.swap(won, ...swap.won)).toEqual({ swapped: true, value: undefined });
    expect(await first.swap(lost, ...swap.lost)).toEqual({ swapped: false, value: '1' });
    expect(await second.swap({ ...won, settled: 0 }, ...swap.won)).toEqual({ swapped: true, value: undefined });
    expect(await second.swap({ ...lost, settled: 0 }, ...swap.lost)).toEqual({ swapped: false, value: '1' });
    expect(await second.swap(after, undefined, 'k', '1', '3')).toEqual({ swapped: true, value: '1' });
  });

  it('are swapped without a question if the uplink has written them, as long as nobody else has', async () => {
    const [one, other] = [await node('known', 'one'), await node('known', 'other')];
    const parts = await server.connect({ app: 'known' });
    const [texts, theirs] = [storeMethods(parts, new SentWrites()), await other.uplink()];
    await texts.set(one.write(), undefined, 'a', '1');
    await texts.swap(one.write(), undefined, 'b', undefined, '1', 50);
    const asked: unknown[] = [];
    const { get } = parts.connection;
    parts.connection.get = (...args) => {
      asked.push(args[1]);
      return get.apply(parts.connection, args);
    };
    expect(await texts.swap(one.write(), undefined, 'a', '1', '2')).toEqual({ swapped: true, value: '1' });
    expect(asked).toEqual([]);
    await theirs.set(other.write(), undefined, 'a', 'other');
    expect(await texts.swap(one.write(), undefined, 'a', '2', '3')).toEqual({ swapped: false, value: 'other' });
    // A text that has expired is no longer there.
    await expect.poll(() => theirs.get(undefined, undefined, 'b')).toBeUndefined();
    expect(await texts.swap(one.write(), undefined, 'b', '1', '2')).toEqual({ swapped: false, value: undefined });
  });

  it('are remembered up to 16 MiB', async () => {
    const { write } = await node('large', 'w');
    const parts = await server.connect({ app: 'large' });
    const texts = storeMethods(parts, new SentWrites());
    const value = 'x'.repeat(900_000);
    for (let n = 0; n < 20; n += 1) await texts.set(write(), undefined, `${n}`, value);
    const asked: unknown[] = [];
    const { get } = parts.connection;
    parts.connection.get = (...args) => {
      asked.push(args[1]);
      return get.apply(parts.connection, args);
    };
    const swap = (key: string) => texts.swap(write(), undefined, key, value, 'y');
    expect([await swap('19'), asked.length]).toEqual([{ swapped: true, value }, 0]);
    expect([await swap('0'), asked.length]).toEqual([{ swapped: true, value }, 1]);
  });

  it('are not written again over the text of another node', async () => {
    const [one, other] = [await node('once', 'one'), await node('once', 'other')];
    const [first, second, theirs] = [await one.uplink(), await one.uplink(), await other.uplink()];
    const [setting, deleting] = [one.write(), one.write()];
    await first.set(setting, undefined, 'a', 'one');
    await first.delete(deleting, undefined, 'b');
    for (const key of ['a', 'b']) await theirs.set(other.write(), undefined, key, 'other');
    await second.set({ ...setting, settled: 0 }, undefined, 'a', 'one');
    await second.delete({ ...deleting, settled: 0 }, undefined, 'b');
    expect([await second.get(undefined, undefined, 'a'), await second.get(undefined, undefined, 'b')]).toEqual([
      'other',
      'other',
    ]);
  });
});
