import { expect, it } from 'vitest';
import { asBuffer, type Sendable, toBuffer } from '../../../src/base/node/buffer.js';

it('keeps bytes in the same memory, encodes text as UTF-8, and refuses other values', () => {
  const buffer = Buffer.from('abcd');
  expect(toBuffer(buffer)).toBe(buffer);
  const view = new DataView(new ArrayBuffer(8), 2, 3);
  expect(toBuffer(view)).toMatchObject({ buffer: view.buffer, byteOffset: 2, byteLength: 3 });
  expect(toBuffer(new ArrayBuffer(3)).byteLength).toBe(3);
  expect(String(toBuffer('나루'))).toBe('나루');
  for (const data of [5, null, undefined, {}, [1, 2]]) {
    expect(() => toBuffer(data as Sendable)).toThrow(/^data of type \w+ cannot be sent: use a string/);
  }
});

it('returns bytes as a Buffer in the same memory', () => {
  const bytes = Uint8Array.from([1, 2, 3]).subarray(1);
  expect([...asBuffer(bytes)]).toEqual([2, 3]);
  expect(asBuffer(bytes).buffer).toBe(bytes.buffer);
  const buffer = Buffer.from(bytes);
  expect(asBuffer(buffer)).toBe(buffer);
});
