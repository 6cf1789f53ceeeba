import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../src/codec.js';

// The encoder that comes with the adapter of Socket.IO.
const adapter = createRequire(createRequire(import.meta.url).resolve('@socket.io/redis-adapter'));
const notepack = adapter('notepack.io') as { encode(value: unknown): Buffer; decode(bytes: Buffer): unknown };

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    127,
    128,
    -129,
    65_536,
    2 ** 31,
    2 ** 40,
    -(2 ** 40),
    1.5,
    -0.1,
    '',
    'é🚢',
    'x'.repeat(70_000),
  ],
  ...[[], {}, [1, [2, [3]]], { a: { b: [null, { c: 'd' }] } }, Array.from({ length: 70_000 }, (_, n) => n % 7)],
];

describe('the values of messages', () => {
  it('are read as the adapter of Socket.IO writes them, and the other way round', () => {
    for (const value of VALUES) {
      expect(decode(notepack.encode(value))).toEqual(value);
      expect(notepack.decode(Buffer.from(encode(value)))).toEqual(value);
    }
    let nested: unknown = 'end';
    for (let depth = 0; depth < 1_000; depth += 1) nested = [nested];
    expect(JSON.stringify(decode(encode(nested)))).toBe(JSON.stringify(nested));
    expect(JSON.stringify(notepack.decode(Buffer.from(encode(nested))))).toBe(JSON.stringify(nested));
    const bytes = { deep: [Buffer.from([1, 2, 255])] };
    expect(decode(notepack.encode(bytes))).toEqual(bytes);
    expect(notepack.decode(Buffer.from(encode(bytes)))).toEqual(bytes);
  });

  it('become what JSON would make of them', () => {
    const at = new Date(1_700_000_000_000);
    const given = {
      at,
      no: undefined,
      not: () => 1,
      own: { toJSON: () => ({ made: at }) },
      list: [new Float32Array([1])],
    };
    const made = notepack.decode(Buffer.from(encode(given)));
    const text = '2023-11-14T22:13:20.000Z';
    expect(made).toEqual({ at: text, own: { made: text }, list: [Buffer.from([0, 0, 128, 63])] });
  });

  it('may be JSON, or the ArrayBuffer and the undefined of an earlier version', () => {
    expect(decode(Buffer.from('{"requestId":"é"}'))).toEqual({ requestId: 'é' });
    expect(decode(Buffer.from([0xc7, 3, 0, 7, 8, 9]))).toEqual(Buffer.from([7, 8, 9]));
    expect(decode(Buffer.from([0xd4, 0, 0]))).toBe(undefined);
    expect(() => decode(Buffer.from('{"requestId'))).toThrow();
    expect(() => decode(Buffer.from([0x93, 1]))).toThrow();
  });
});
