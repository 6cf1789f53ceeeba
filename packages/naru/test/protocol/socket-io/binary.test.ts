import { describe, expect, it } from 'vitest';
import { detachBinary, ENCODE_DEPTH_MAX, hasBinary } from '../../../src/protocol/socket-io/binary.js';

describe('bytes in data', () => {
  it.each<[string, unknown]>([
    ['a Buffer', Buffer.from([1])],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a typed array', new Float64Array(1)],
    ['a DataView', new DataView(new ArrayBuffer(1))],
    ['a Blob', new Blob(['x'])],
    ['bytes in an array', ['a', [0, Buffer.from([1])]]],
    ['bytes in an object', { a: { b: Buffer.from([1]) } }],
    ['bytes behind toJSON', { toJSON: () => ({ b: Buffer.from([1]) }) }],
    ['bytes in an object without prototype', Object.assign(Object.create(null), { a: Buffer.from([1]) })],
    [
      'bytes under the key __proto__',
      Object.defineProperty({}, '__proto__', { value: Buffer.from([1]), enumerable: true }),
    ],
  ])('finds %s', (_what, data) => {
    expect(hasBinary(data)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['text', 'a'],
    ['null', null],
    ['undefined', undefined],
    ['numbers', [1, { a: 2 }]],
    ['a Date', new Date()],
    ['a Map of bytes, which JSON writes as {}', new Map([['a', Buffer.from([1])]])],
    ['inherited bytes', Object.create({ a: Buffer.from([1]) })],
    ['bytes that toJSON drops', { a: Buffer.from([1]), toJSON: () => 'a' }],
    ['a function with bytes', Object.assign(() => 0, { a: Buffer.from([1]) })],
  ])('finds none in %s', (_what, data) => {
    expect(hasBinary(data)).toBe(false);
  });

  it('leaves no object beside bytes that looks like a placeholder, and changes nothing without bytes', () => {
    const attachments: (Uint8Array | Blob)[] = [];
    const lookalike = { _placeholder: true, num: 9, x: [{ num: 0, _placeholder: true }] };
    const bytes = Buffer.from('a');
    const data = [lookalike, bytes, { _placeholder: 1, x: lookalike }];
    const kept = { num: 9, x: [{ num: 0 }] };
    expect(detachBinary(data, attachments)).toEqual([
      kept,
      { _placeholder: true, num: 0 },
      { _placeholder: 1, x: kept },
    ]);
    expect([attachments, data[0]]).toEqual([[bytes], lookalike]);
    const text = ['a', lookalike];
    expect(detachBinary(text, [])).toBe(text);
  });

  it('numbers placeholders in the order of the JSON', () => {
    const attachments: (Uint8Array | Blob)[] = [];
    const [a, b, c] = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')];
    const data = [a, { x: b, y: [c, a] }, { untouched: 1 }];
    expect(JSON.stringify(detachBinary(data, attachments))).toBe(
      '[{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1},"y":[{"_placeholder":true,"num":2},{"_placeholder":true,"num":3}]},{"untouched":1}]',
    );
    expect(attachments).toEqual([a, b, c, a]);
  });

  it('copies only the containers of bytes', () => {
    const untouched = { a: [1, 2] };
    const detached = detachBinary([untouched, Buffer.from('a')], []) as unknown[];
    expect(detached[0]).toBe(untouched);
    const none = [untouched];
    expect(detachBinary(none, [])).toBe(none);
  });

  it('terminates for data that contains itself', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle, cycle);
    const error = expect.objectContaining({ code: 'NOT_ENCODABLE' });
    expect(() => hasBinary(cycle)).toThrow(error);
    expect(() => detachBinary(cycle, [])).toThrow(error);
    let deep: unknown = 0;
    for (let level = 0; level < ENCODE_DEPTH_MAX; level += 1) deep = { deep };
    expect(hasBinary(deep)).toBe(false);
    expect(() => hasBinary({ deep })).toThrow(error);
    expect(() => detachBinary({ deep }, [])).toThrow(error);
  });
});
