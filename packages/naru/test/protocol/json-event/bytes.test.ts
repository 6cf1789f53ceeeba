import { describe, expect, it } from 'vitest';
import { markBytes, unmarkBytes } from '../../../src/protocol/json-event/bytes.js';

const BYTES = Uint8Array.of(1, 2, 3);

describe('markBytes', () => {
  it('returns data without bytes and marks unchanged, without a copy', () => {
    const data = [1, 'a', null, { b: [true, { c: 'd$' }] }, new Date(0)];
    expect(markBytes(data)).toBe(data);
  });

  it('replaces bytes by base64, in a copy', () => {
    const data = { a: [BYTES, { b: BYTES.buffer, c: 1 }], d: new DataView(BYTES.buffer, 1, 1) };
    expect(markBytes(data)).toEqual({
      a: [{ $bytes: 'AQID' }, { b: { $bytes: 'AQID' }, c: 1 }],
      d: { $bytes: 'Ag==' },
    });
    expect(data.a[0]).toBe(BYTES);
  });

  it('adds a sign to keys that begin with one', () => {
    expect(markBytes([{ $bytes: 'AQID' }, { a: 1, $$x: { $y: 2 }, b: 3 }])).toEqual([
      { $$bytes: 'AQID' },
      { a: 1, $$$x: { $$y: 2 }, b: 3 },
    ]);
  });

  it('calls toJSON as JSON does, and finds bytes in its result', () => {
    const wrapped = { toJSON: (key: string) => ({ key, bytes: BYTES }) };
    expect(markBytes({ a: wrapped })).toEqual({ a: { key: 'a', bytes: { $bytes: 'AQID' } } });
    const plain = { toJSON: () => 5 };
    expect(JSON.stringify(markBytes([BYTES, plain, new Date(0)]))).toBe(
      '[{"$bytes":"AQID"},5,"1970-01-01T00:00:00.000Z"]',
    );
  });

  it('keeps a key named like a prototype, and drops functions, as JSON does', () => {
    const data = JSON.parse('{"__proto__":{"a":1},"$b":2}') as object;
    expect(JSON.stringify(markBytes(data))).toBe('{"__proto__":{"a":1},"$$b":2}');
    expect(markBytes({ a: () => 1, $b: 2 })).toEqual({ $$b: 2 });
  });

  it('refuses data that contains itself, and Blobs', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => markBytes(loop)).toThrow(/contains itself/);
    expect(() => markBytes([new Blob(['a'])])).toThrow(/Blob/);
  });
});

describe('unmarkBytes', () => {
  it('reverses it', () => {
    const data = [{ a: BYTES, $bytes: 'x' }, { $$bytes: 1 }, [[BYTES]], { $bytes: 7 }, {}];
    const bytes = Buffer.from(BYTES);
    expect(unmarkBytes(JSON.parse(JSON.stringify(markBytes(data))))).toEqual([
      { a: bytes, $bytes: 'x' },
      { $$bytes: 1 },
      [[bytes]],
      { $bytes: 7 },
      {},
    ]);
  });

  it('reads a mark as bytes only if it stands alone and holds text', () => {
    const data = { a: { $bytes: 'AQID', b: 1 }, c: { $bytes: 5 }, $set: 1 };
    expect(unmarkBytes(structuredClone(data))).toEqual(data);
  });

  it('refuses what is not base64', () => {
    for (const text of ['A', 'AQI', 'A*==', 'AQID=']) {
      expect(() => unmarkBytes({ a: { $bytes: text } })).toThrow(expect.objectContaining({ code: 'JSON_BAD_EVENT' }));
    }
  });

  it('changes no prototype', () => {
    const value = unmarkBytes(JSON.parse('{"__proto__":{"$$x":1},"$$y":2}')) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"$x":1},"$y":2}');
  });
});
