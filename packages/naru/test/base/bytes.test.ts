import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import * as bytes from '../../src/base/bytes.js';

/** Loads the module as in a browser: without Buffer. */
async function withoutBuffer(): Promise<typeof bytes> {
  vi.resetModules();
  vi.stubGlobal('Buffer', undefined);
  try {
    return await import('../../src/base/bytes.js');
  } finally {
    vi.unstubAllGlobals();
  }
}

describe.each([
  ['with Buffer', async () => bytes],
  ['without Buffer', withoutBuffer],
])('bytes, %s', (_where, load) => {
  it('encodes and decodes UTF-8, with lone surrogates and bad bytes as U+FFFD and the byte order mark kept', async () => {
    const { encodeUtf8, decodeUtf8, utf8Size } = await load();
    expect([...encodeUtf8('a£€😀')]).toEqual([0x61, 0xc2, 0xa3, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]);
    expect([...encodeUtf8('\ud800')]).toEqual([0xef, 0xbf, 0xbd]);
    expect(decodeUtf8(Uint8Array.of(0xff, 0x61))).toBe('\ufffda');
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
    expect(utf8Size('a£€😀')).toBe(10);
  });

  it('decodes any text that it encoded, also from the middle of a larger buffer', async () => {
    const { encodeUtf8, decodeUtf8, utf8Size } = await load();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const encoded = encodeUtf8(text);
        const larger = new Uint8Array(encoded.byteLength + 10);
        larger.set(encoded, 5);
        expect(decodeUtf8(larger.subarray(5, 5 + encoded.byteLength))).toBe(text);
        expect(utf8Size(text)).toBe(encoded.byteLength);
      }),
    );
  });

  it('encodes and decodes base64', async () => {
    const { encodeBase64, decodeBase64 } = await load();
    expect(encodeBase64(Uint8Array.of(1, 2, 3, 4))).toBe('AQIDBA==');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const text = encodeBase64(data);
        expect(text).toBe(Buffer.from(data).toString('base64'));
        expect([...(decodeBase64(text) ?? [])]).toEqual([...data]);
      }),
    );
    const large = new Uint8Array(100_000).fill(7);
    expect(decodeBase64(encodeBase64(large))?.byteLength).toBe(100_000);
  });

  it.each(['A', 'AA', 'AA=', 'A===', '====', 'AA==AA==', 'A*==', 'AQID\n', 'AQ-_', ' AQID'])(
    'refuses %j, which is not base64',
    async (text) => {
      const { decodeBase64 } = await load();
      expect(decodeBase64(text)).toBeUndefined();
    },
  );

  it('joins parts in order, with and without the size known', async () => {
    const { concatBytes } = await load();
    const parts = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];
    expect([...concatBytes(parts)]).toEqual([1, 2, 3]);
    expect([...concatBytes(parts, 3)]).toEqual([1, 2, 3]);
    expect(concatBytes([]).byteLength).toBe(0);
  });

  it('returns any buffer or view as bytes, without copying', async () => {
    const { asBytes } = await load();
    const memory = new ArrayBuffer(8);
    const seen = asBytes(new DataView(memory, 2, 4));
    seen[0] = 9;
    expect([seen.byteOffset, seen.byteLength, new Uint8Array(memory)[2]]).toEqual([2, 4, 9]);
    expect(asBytes(memory).byteLength).toBe(8);
    const own = Uint8Array.of(1);
    expect(asBytes(own)).toBe(own);
  });

  it('accepts shared buffers, and those of another realm', async () => {
    const { checkedBytes } = await load();
    expect(checkedBytes(new SharedArrayBuffer(3)).byteLength).toBe(3);
    const [memory, view] = runInNewContext('[new ArrayBuffer(4), new Uint8Array([1, 2])]') as [ArrayBuffer, Uint8Array];
    expect([checkedBytes(memory).byteLength, ...checkedBytes(view)]).toEqual([4, 1, 2]);
  });

  it.each([5, 50_000_000, Number.NaN, 5n, true, null, undefined, Symbol('x'), {}, [1, 2], () => 1, new Date(0)])(
    'refuses %o, which is not bytes',
    async (value) => {
      const { checkedBytes } = await load();
      expect(() => checkedBytes(value as unknown as ArrayBuffer)).toThrow(
        /^data of type \w+ cannot be sent: use a string/,
      );
    },
  );
});

it('tells about how much memory a value takes, however deep it is', () => {
  expect(bytes.memoryOf(['x'.repeat(100), new Uint8Array(1_000), { name: 7 }, null])).toBeGreaterThan(1_200);
  let deep: unknown[] = [];
  for (let n = 0; n < 100_000; n += 1) deep = [deep];
  expect(bytes.memoryOf(deep)).toBeGreaterThan(1_000_000);
});
