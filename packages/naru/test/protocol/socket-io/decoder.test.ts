import { describe, expect, it } from 'vitest';
import { acceptsData, PacketDecoder } from '../../../src/protocol/socket-io/decoder.js';
import type { SocketPacket } from '../../../src/protocol/socket-io/packet.js';

const decode = (...units: (string | Uint8Array)[]) => {
  const decoder = new PacketDecoder();
  return units.map((unit) => decoder.add(unit)).at(-1);
};
const error = (code: string) => expect.objectContaining({ name: 'ProtocolError', code });
const A = Buffer.from([1, 2, 3]);
const B = Buffer.from([4]);

describe('Socket.IO 5 decoder', () => {
  it.each([
    ['0', { type: 0, nsp: '/' }],
    ['0{"token":"123"}', { type: 0, nsp: '/', data: { token: '123' } }],
    ['0/admin,{"sid":"x"}', { type: 0, nsp: '/admin', data: { sid: 'x' } }],
    ['0/admin?a=1,', { type: 0, nsp: '/admin?a=1' }],
    ['0/admin', { type: 0, nsp: '/admin' }],
    ['1', { type: 1, nsp: '/' }],
    ['1/admin,', { type: 1, nsp: '/admin' }],
    ['2["foo"]', { type: 2, nsp: '/', data: ['foo'] }],
    ['2/admin,["bar"]', { type: 2, nsp: '/admin', data: ['bar'] }],
    ['212["foo"]', { type: 2, nsp: '/', data: ['foo'], id: 12 }],
    ['20["foo"]', { type: 2, nsp: '/', data: ['foo'], id: 0 }],
    ['29007199254740991["foo"]', { type: 2, nsp: '/', data: ['foo'], id: 2 ** 53 - 1 }],
    ['2[1,2]', { type: 2, nsp: '/', data: [1, 2] }],
    ['2[""]', { type: 2, nsp: '/', data: [''] }],
    ['2["__proto__",{"constructor":1}]', { type: 2, nsp: '/', data: ['__proto__', { constructor: 1 }] }],
    ['3/admin,13[]', { type: 3, nsp: '/admin', data: [], id: 13 }],
    ['4{"message":"Not authorized"}', { type: 4, nsp: '/', data: { message: 'Not authorized' } }],
    ['4"no"', { type: 4, nsp: '/', data: 'no' }],
    ['2["a","\u2028\ud83d\ude00é"]', { type: 2, nsp: '/', data: ['a', '\u2028\ud83d\ude00é'] }],
  ])('reads %j', (text, packet) => {
    expect(decode(text)).toEqual(packet);
  });

  it('replaces placeholders by attachments, unchanged', () => {
    const packet = decode('52-/b,7["a",{"x":{"_placeholder":true,"num":1}},[{"_placeholder":true,"num":0}]]', A, B);
    expect(packet).toEqual({ type: 2, nsp: '/b', id: 7, data: ['a', { x: B }, [A]] });
    expect(((packet as SocketPacket).data as [string, { x: unknown }])[1].x).toBe(B);
    expect(decode('61-5[{"_placeholder":true,"num":0}]', A)).toEqual({ type: 3, nsp: '/', id: 5, data: [A] });
  });

  it('returns nothing until the last attachment has arrived', () => {
    const decoder = new PacketDecoder();
    expect(decoder.add('52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')).toBeUndefined();
    expect(decoder.add(A)).toBeUndefined();
    expect(decoder.add(B)?.data).toEqual(['a', A, B]);
    expect(decoder.add('2["next"]')?.data).toEqual(['next']);
  });

  it('ignores placeholders in packets that are not binary, and values that only resemble one', () => {
    const lookalike = '{"_placeholder":1,"num":0}';
    expect(decode('2["a",{"_placeholder":true,"num":0}]')?.data).toEqual(['a', { _placeholder: true, num: 0 }]);
    expect(decode(`51-["a",${lookalike},{"_placeholder":true,"num":0}]`, A)?.data).toEqual([
      'a',
      JSON.parse(lookalike),
      A,
    ]);
  });

  it.each([
    '',
    'x',
    '7',
    '8["a"]',
    '-1',
    ' 2["a"]',
    ':',
    '/',
    '\uff12["a"]',
    '2',
    '2/a',
    '2/a,',
    '2{}',
    '2"a"',
    '2["a"',
    '2["a"]x',
    '2["a"] []',
    '2 ["a"]',
    '2[]',
    '2[null]',
    '2[true,"a"]',
    '2[{"toString":"a"}]',
    '2[["a"]]',
    '21.5["a"]',
    '2-1["a"]',
    '2+1["a"]',
    '20x1["a"]',
    '21e3["a"]',
    '2Infinity["a"]',
    '29007199254740992["a"]',
    `2${'9'.repeat(400)}["a"]`,
    '2["connect"]',
    '2["connect_error"]',
    '2["disconnect"]',
    '2["disconnecting"]',
    '2["newListener"]',
    '2["removeListener"]',
    '3',
    '3{}',
    '3null',
    '3"a"',
    '1{}',
    '1/a,[]',
    '0[]',
    '0"a"',
    '0null',
    '0{',
    '0 {}',
    '4\n"x"',
    '4',
    '4[]',
    '4null',
    '41',
    '2NaN',
    '2undefined',
    '2[1e999,"a"]',
    '2[-1e999]',
  ])('refuses %j', (text) => {
    expect(() => decode(text)).toThrow(error('SIO_BAD_PACKET'));
  });

  it.each(['2["a"', '37[0'])('refuses more than 10,000 arguments after %j', (begin) => {
    expect(decode(`${begin}${',0'.repeat(9_999)}]`)?.data).toHaveLength(10_000);
    expect(() => decode(`${begin}${',0'.repeat(10_000)}]`)).toThrow(error('SIO_BAD_PACKET'));
  });

  it.each([
    '5',
    '51',
    '5-',
    '5["a"]',
    '5a-["a"]',
    '51a-["a"]',
    '5-1-["a"]',
    '5+1-["a"]',
    '5 1-["a"]',
    '51 -["a"]',
    '501-["a"]',
    '500-["a"]',
    '50-["a"]',
    '51.0-["a"]',
    '51.23-["a"]',
    '51e0-["a"]',
    '51e9-["a"]',
    '50x1-["a"]',
    '5Infinity-["a"]',
    '5/a,1-["a"]',
  ])('refuses the attachment count of %j', (text) => {
    expect(() => decode(text)).toThrow(error('SIO_BAD_ATTACHMENTS'));
  });

  it.each(['2001', '99999999', '99999999999999999999', '9'.repeat(400)])('refuses %s attachments', (count) => {
    expect(() => decode(`5${count}-["a",{"_placeholder":true,"num":0}]`)).toThrow(error('SIO_TOO_MANY_ATTACHMENTS'));
  });

  it.each(['-1', '1', '0.5', '1e9', '"0"', 'null', 'true', '[0]', '{}', '-0.1'])(
    'refuses a placeholder with the number %s',
    (num) => {
      expect(() => decode(`51-["a",{"_placeholder":true,"num":${num}}]`)).toThrow(error('SIO_BAD_ATTACHMENTS'));
    },
  );

  it.each([
    ['without a number', '51-["a",{"_placeholder":true}]'],
    ['used twice', '51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]'],
    ['missing', '51-["a"]'],
    ['missing one of two', '52-["a",{"_placeholder":true,"num":0}]'],
    ['inherited', '51-["a",{"__proto__":{"_placeholder":true,"num":0},"x":{"_placeholder":true,"num":1}}]'],
    ['inside a placeholder', '52-["a",{"_placeholder":true,"num":0,"x":{"_placeholder":true,"num":1}}]'],
  ])('refuses a placeholder %s, before any attachment arrives', (_what, text) => {
    expect(() => decode(text)).toThrow(error('SIO_BAD_ATTACHMENTS'));
  });

  it('refuses a placeholder for an event name or for the data', () => {
    expect(() => decode('51-[{"_placeholder":true,"num":0}]')).toThrow(error('SIO_BAD_PACKET'));
    expect(() => decode('51-{"_placeholder":true,"num":0}')).toThrow(error('SIO_BAD_PACKET'));
  });

  it('starts afresh after an error', () => {
    const decoder = new PacketDecoder();
    const binary = '52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
    expect(() => decoder.add(A)).toThrow(error('SIO_BAD_ATTACHMENTS'));
    decoder.add(binary);
    decoder.add(A);
    expect(() => decoder.add('2["b"]')).toThrow(error('SIO_BAD_ATTACHMENTS'));
    expect(() => decoder.add(B)).toThrow(error('SIO_BAD_ATTACHMENTS'));
    expect(decoder.add('2["c"]')?.data).toEqual(['c']);
    decoder.add(binary);
    decoder.reset();
    expect(decoder.add('2["d"]')?.data).toEqual(['d']);
  });

  it('changes no prototype, neither by keys nor by attachments', () => {
    const packet = decode(
      '52-["a",{"__proto__":{"polluted":1},"b":{"__proto__":{"_placeholder":true,"num":0}}},{"constructor":{"prototype":{"_placeholder":true,"num":1}}}]',
      A,
      B,
    );
    const [, first, second] = (packet as SocketPacket).data as [
      string,
      { b: object },
      { constructor: { prototype: unknown } },
    ];
    expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(first.b)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(first.b, '__proto__')?.value).toBe(A);
    expect(second.constructor.prototype).toBe(B);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('limits the total bytes of the attachments', () => {
    const decoder = new PacketDecoder({ attachmentBytesMax: 4 });
    const binary = '52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
    decoder.add(binary);
    decoder.add(A);
    expect(decoder.add(B)).toBeDefined();
    decoder.add(binary);
    decoder.add(A);
    expect(() => decoder.add(A)).toThrow(error('SIO_TOO_MANY_ATTACHMENTS'));
    expect(decoder.add('2["c"]')).toBeDefined();
  });

  it('limits the depth of the data, in any packet', () => {
    const nest = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(decode(`2["a",${nest(1999)}]`)).toBeDefined();
    expect(() => decode(`2["a",${nest(2000)}]`)).toThrow(error('SIO_TOO_DEEP'));
    expect(() => decode(`0{"a":${nest(2000)}}`)).toThrow(error('SIO_TOO_DEEP'));
    expect(() => decode(`2["a",${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}]`)).toThrow(error('SIO_TOO_DEEP'));
    expect(() => decode(`2["a",${'[{"a":'.repeat(200_000)}`)).toThrow(error('SIO_BAD_PACKET'));
    expect(() => new PacketDecoder({ depthMax: 2 }).add('2["a",[[]]]')).toThrow(error('SIO_TOO_DEEP'));
    expect(new PacketDecoder({ depthMax: 2 }).add('2["a",[],{"b":"[[[["}]')).toBeDefined();
  });

  it('passes the reviver to JSON.parse', () => {
    const decoder = new PacketDecoder({ reviver: (_key, value) => (value === 'now' ? 7 : value) });
    expect(decoder.add('2["a","now"]')?.data).toEqual(['a', 7]);
  });

  it('accepts shapes by type', () => {
    expect([0, 1, 2, 3, 4].map((type) => acceptsData(type, undefined))).toEqual([true, true, false, false, false]);
    expect([0, 1, 2, 3, 4].map((type) => acceptsData(type, {}))).toEqual([true, false, false, false, true]);
    expect([0, 1, 2, 3, 4].map((type) => acceptsData(type, ['a']))).toEqual([false, false, true, true, false]);
  });
});
