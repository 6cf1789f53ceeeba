import { describe, expect, it } from 'vitest';
import type { TextBounds } from '../../naru/src/backplane/backplane.js';
import { TEXTS, trimTexts } from '../src/texts.js';
import { useRedis } from './script-runner.js';
import { whyNoRedis } from './servers-and-uplinks.js';

const redis = useRedis();

/** Returns the keys of Redis, without those that remember writes. */
async function keysOf(): Promise<string[]> {
  const keys = (await redis.call('KEYS', '*')) as Buffer[];
  return keys.map(String).filter((key) => !key.includes(':store:'));
}

describe.skipIf(whyNoRedis)('the texts of a namespace', () => {
  it('take one key each, and no index', async () => {
    const writer = redis.writer('plain');
    await writer.call(TEXTS.set, '/a b', 'session /a b pid', 'text', 60_000);
    await writer.call(TEXTS.swap, '/', 'k:{x}', undefined, 'text');
    expect((await keysOf()).sort()).toEqual(['naru:{%2Fa%20b}:s:session /a b pid', 'naru:{%2F}:s:k:{x}']);
    await writer.call(TEXTS.swap, '/', 'k:{x}', 'text', undefined);
    await writer.call(TEXTS.delete, '/a b', 'session /a b pid');
    expect(await keysOf()).toEqual([]);
  });

  it('are written once, although a write arrives again after later ones', async () => {
    const writer = redis.writer('again');
    const other = redis.writer('other');
    await writer.call(TEXTS.set, '/', 'a', 'one');
    await other.call(TEXTS.set, '/', 'a', 'two');
    await writer.repeat(TEXTS.set, '/', 'a', 'one');
    expect(await writer.call(TEXTS.get, '/', 'a')).toBe('two');
    expect(await writer.call(TEXTS.swap, '/', 'a', 'two', undefined)).toEqual({ swapped: true, value: 'two' });
    await other.call(TEXTS.set, '/', 'a', 'two');
    expect(await writer.repeat(TEXTS.swap, '/', 'a', 'two', undefined)).toEqual({ swapped: true, value: 'two' });
    expect(await writer.call(TEXTS.swap, '/', 'a', '-', 'three')).toEqual({ swapped: false, value: 'two' });
    await other.call(TEXTS.delete, '/', 'a');
    expect(await writer.repeat(TEXTS.swap, '/', 'a', '-', 'three')).toEqual({ swapped: false, value: 'two' });
    expect(await writer.call(TEXTS.swap, '/', 'a', '', 'four')).toEqual({ swapped: false, value: undefined });
    expect(await other.call(TEXTS.get, '/', 'a')).toBeUndefined();
  });
});

describe.skipIf(whyNoRedis)('the answers to writes', () => {
  it('tell that a write was refused, although later ones were not', async () => {
    const writer = redis.writer('refused');
    await writer.call(TEXTS.set, '/refused', 'a', 'one');
    await redis.call('CONFIG', 'SET', 'maxmemory', '1');
    await expect(writer.call(TEXTS.set, '/refused', 'a', 'two')).rejects.toThrow(/^OOM /);
    await redis.call('CONFIG', 'SET', 'maxmemory', '0');
    await writer.call(TEXTS.set, '/refused', 'b', 'three');
    await expect(writer.repeat(TEXTS.set, '/refused', 'b', 'three')).resolves.toBeUndefined();
    await expect(writer.repeatEarlier(1, TEXTS.set, '/refused', 'a', 'two')).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_KEPT' }),
    );
    expect(await writer.call(TEXTS.get, '/refused', 'a')).toBe('one');
  });

  it('are forgotten when the writer has them, and not before', async () => {
    const [writer, hash] = [redis.writer('forgetful'), 'naru:{%2Fforgetful}:store:forgetful'];
    for (let n = 0; n < 200; n += 1) {
      await writer.call(TEXTS.swap, '/forgetful', 'a', n === 0 ? undefined : `${n - 1}`, `${n}`);
      expect(await redis.call('HLEN', hash)).toBeLessThan(40);
    }
    writer.settled = 150;
    for (let n = 200; n < 300; n += 1) await writer.call(TEXTS.swap, '/forgetful', 'a', `${n - 1}`, `${n}`);
    for (const back of [99, 50, 0])
      expect(await writer.repeatEarlier(back, TEXTS.swap, '/forgetful', 'a', `${298 - back}`, 'x')).toMatchObject({
        swapped: true,
      });
  });
});

describe.skipIf(whyNoRedis)('the texts of no namespace', () => {
  it('are listed in the order of their keys, with any prefix', async () => {
    const writer = redis.writer('lister');
    const all = ['b 2', 'b 10', 'b', 'b ', 'é 1', 'é%', 'a b c', 'once 🚢 1', ''];
    for (const key of all)
      await writer.call(TEXTS.set, undefined, key, `of ${key}`, key.length % 2 ? 60_000 : undefined);
    for (const prefix of ['', 'b', 'b ', 'b 1', 'é', 'once ', 'once 🚢', 'a b ', 'nothing', 'no thing'])
      for (const limit of [0, 1, 2, 100]) {
        const expected = all
          .filter((key) => key.startsWith(prefix))
          .sort()
          .slice(0, limit);
        expect(await writer.call(TEXTS.list, prefix, limit)).toEqual(expected.map((key) => [key, `of ${key}`]));
      }
    for (const key of all) await writer.call(TEXTS.delete, undefined, key);
    expect(await writer.call(TEXTS.list, '', 100)).toEqual([]);
  });

  it('are listed beyond a thousand that have expired', async () => {
    const writer = redis.writer('thousands');
    const texts = Array.from({ length: 1_500 }, (_, n) => `x ${String(n).padStart(4, '0')}`);
    await Promise.all(texts.map((key) => writer.call(TEXTS.set, undefined, key, '', 60_000)));
    await writer.call(TEXTS.set, undefined, 'x 9999', 'last');
    // As when they expire.
    await redis.call('UNLINK', ...texts.map((key) => `naru:{texts}:s:${key}`));
    expect(await writer.call(TEXTS.list, 'x ', 1)).toEqual([['x 9999', 'last']]);
  });

  it('are trimmed to the bounds in steps, and those go first that expire first', async () => {
    const writer = redis.writer('trimmer');
    const trim = (changes: Partial<TextBounds>): Promise<void> =>
      trimTexts(redis.run, redis.keys, 'z ', { countMax: 1e9, bytesMax: 1e9, sparedMs: 0, ...changes });
    const keys = Array.from({ length: 3_000 }, (_, n) => `z ${String(n).padStart(4, '0')}`);
    await Promise.all(
      keys.map((key, n) => writer.call(TEXTS.set, undefined, key, 'xxxx', (n % 100) * 1_000_000 + 60_000)),
    );
    await writer.call(TEXTS.set, undefined, 'zz', 'other', 1_000);
    const left = async (): Promise<string[]> => (await writer.call(TEXTS.list, 'z ', 9_999)).map(([key]) => key);
    await trim({ countMax: 2_550 });
    expect(await left()).toEqual(keys.filter((_, n) => n % 100 >= 15));
    // All have ten bytes.
    await trim({ bytesMax: 9_000 });
    expect(await left()).toEqual(keys.filter((_, n) => n % 100 >= 70));
    await trim({ countMax: 0, sparedMs: 89_500_000 });
    expect(await left()).toEqual(keys.filter((_, n) => n % 100 >= 70 && n % 100 < 90));
    expect(await redis.call('ZCARD', 'naru:{texts}:i:z ')).toBe(600);
    await trim({ countMax: 0 });
    expect([await left(), await writer.call(TEXTS.get, undefined, 'zz')]).toEqual([[], 'other']);
    await expect(trimTexts(redis.run, redis.keys, 'z 0', { countMax: 1, bytesMax: 1, sparedMs: 0 })).rejects.toThrow(
      'Redis can trim texts by one word and a space, and not by "z 0".',
    );
    await writer.call(TEXTS.delete, undefined, 'zz');
  });

  it('leave the index when they expire, as soon as others are written', async () => {
    const writer = redis.writer('sweeper');
    const index = 'naru:{texts}:i:y ';
    for (let n = 0; n < 100; n += 1) await writer.call(TEXTS.set, undefined, `y ${n}`, '', 60_000);
    expect(await redis.call('ZCARD', index)).toBe(100);
    for (let n = 0; n < 100; n += 1) await redis.call('ZADD', index, '1', `y ${n}`);
    for (let n = 0; n < 30; n += 1) await writer.call(TEXTS.set, undefined, 'y live', '', 60_000);
    expect(await redis.call('ZCARD', index)).toBe(1);
    await writer.call(TEXTS.set, undefined, 'y live', '');
    await writer.call(TEXTS.delete, undefined, 'y live');
    expect(await redis.call('EXISTS', index)).toBe(0);
  });
});
