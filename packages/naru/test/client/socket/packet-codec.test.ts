import { describe, expect, test } from 'vitest';
import { fc } from '../../../../../test/kit/fast-check.js';
import { ClientDecoder, encodePacket, OWN_OFFSET, RESERVED_EVENTS } from '../../../src/client/socket/packet-codec.js';
import { PacketDecoder } from '../../../src/protocol/socket-io/decoder.js';
import { encodePacket as encodeReference, type SocketPacket } from '../../../src/protocol/socket-io/packet.js';

const decode = (...units: unknown[]): SocketPacket | undefined => {
  const decoder = new ClientDecoder();
  return units.map((unit) => decoder.add(unit as string)).at(-1);
};

describe('encodes', () => {
  test.each<[string, SocketPacket, unknown[]]>([
    ['an event', { type: 2, nsp: '/', data: ['a', 1] }, ['2["a",1]']],
    ['an event that asks for an answer', { type: 2, nsp: '/n', data: ['a'], id: 0 }, ['2/n,0["a"]']],
    ['an answer', { type: 3, nsp: '/', data: [], id: 12 }, ['312[]']],
    ['a connect without data', { type: 0, nsp: '/n' }, ['0/n,']],
    ['a connect with data', { type: 0, nsp: '/', data: { a: 1 } }, ['0{"a":1}']],
    ['a disconnect', { type: 1, nsp: '/' }, ['1']],
    ['a date', { type: 2, nsp: '/', data: ['a', new Date(0)] }, ['2["a","1970-01-01T00:00:00.000Z"]']],
  ])('%s', (_label, packet, units) => {
    expect(encodePacket(packet)).toEqual(units);
  });

  test('bytes as attachments, in the order of their placeholders', () => {
    const [a, b] = [new Uint8Array([1]), new Uint8Array([2]).buffer];
    const data = ['x', { a: { b: [a] } }, b];
    expect(encodePacket({ type: 2, nsp: '/', data, id: 3 })).toEqual([
      '52-3["x",{"a":{"b":[{"_placeholder":true,"num":0}]}},{"_placeholder":true,"num":1}]',
      a,
      b,
    ]);
    expect(data[1]).toEqual({ a: { b: [a] } });
  });

  test('a Blob unchanged', () => {
    const blob = new Blob(['x']);
    expect(encodePacket({ type: 3, nsp: '/', data: [blob], id: 1 })[1]).toBe(blob);
  });

  test('bytes that have a toJSON, as Buffers do, and bytes that a toJSON returns', () => {
    const [bytes, more] = [Buffer.from([1, 2]), Uint8Array.of(3)];
    const [text, ...attachments] = encodePacket({ type: 2, nsp: '/', data: ['x', bytes, { toJSON: () => more }] });
    expect(text).toBe('52-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    expect([attachments[0] === bytes, attachments[1] === more]).toEqual([true, true]);
  });

  test('the result of toJSON, with the bytes in it', () => {
    const bytes = new Uint8Array([1]);
    const units = encodePacket({ type: 2, nsp: '/', data: ['x', { toJSON: () => ({ bytes }) }] });
    expect(units).toEqual(['51-["x",{"bytes":{"_placeholder":true,"num":0}}]', bytes]);
  });

  test('no value that JSON cannot hold, or that contains itself', () => {
    const cycle: unknown[] = ['a'];
    cycle.push(cycle);
    for (const data of [cycle, ['a', 1n]]) {
      expect(() => encodePacket({ type: 2, nsp: '/', data })).toThrow(
        expect.objectContaining({ code: 'NOT_ENCODABLE' }),
      );
    }
  });
});

describe('decodes', () => {
  test('text packets', () => {
    expect(decode('2["a",1]')).toEqual({ type: 2, nsp: '/', data: ['a', 1], id: undefined });
    expect(decode('3/n,7[null]')).toEqual({ type: 3, nsp: '/n', data: [null], id: 7 });
    expect(decode('0/n,{"sid":"x"}')).toEqual({ type: 0, nsp: '/n', data: { sid: 'x' }, id: undefined });
    expect(decode('1/n')).toEqual({ type: 1, nsp: '/n', data: undefined, id: undefined });
    expect(decode('4{"message":"no"}')?.data).toEqual({ message: 'no' });
  });

  test('attachments into their places, with ArrayBuffers and Blobs unchanged', () => {
    const [a, b] = [new Uint8Array([1]).buffer, new Blob(['x'])];
    const head = '52-["x",{"__proto__":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]';
    const packet = decode(head, a, b);
    const [name, holder, first] = (packet as SocketPacket).data as [string, object, unknown];
    expect([packet?.type, name]).toEqual([2, 'x']);
    expect(first).toBe(a);
    expect(Object.getOwnPropertyDescriptor(holder, '__proto__')?.value).toBe(b);
    expect(Object.getPrototypeOf(holder)).toBe(Object.prototype);
  });
});

const BAD = [
  ['no type', ''],
  ['an unknown type', '7[]'],
  ['an event without data', '2'],
  ['an event without a name', '2[]'],
  ['an event whose name is an object', '2[{}]'],
  ['an event whose data is an object', '2{"a":1}'],
  ['a reserved event', '2["connect"]'],
  ['an answer without an array', '31{}'],
  ['a connect with an array', '0[]'],
  ['a disconnect with data', '1{}'],
  ['a refusal without a reason', '4'],
  ['JSON cut short', '2["a"'],
  ['more than 10,000 arguments', `2["a"${',0'.repeat(10_000)}]`],
  ['an answer with more than 10,000 arguments', `30[0${',0'.repeat(10_000)}]`],
  ['an id beyond 2^53', '29007199254740993["a"]'],
  ['an id with 16 digits', '21000000000000000["a"]'],
  ['a count on a text packet', '21-["a"]'],
  ['an attachment of a text packet', '21-["a",{"_placeholder":true,"num":0}]'],
  ['an attachment of an answer to CONNECT', '31-{"a":{"_placeholder":true,"num":0}}'],
  ['a count of none on a text packet', '30-[1]'],
  ['no count on a binary packet', '5["a",{"_placeholder":true,"num":0}]'],
  ['a count of none', '50-["a"]'],
  ['a count with a leading zero', '501-["a",{"_placeholder":true,"num":0}]'],
  ['a huge count', '51000000000-["a",{"_placeholder":true,"num":0}]'],
  ['fewer placeholders than attachments', '52-["a",{"_placeholder":true,"num":0}]'],
  ['more placeholders than attachments', '51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'],
  ['a placeholder used twice', '52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]'],
  ['a placeholder out of range', '51-["a",{"_placeholder":true,"num":1}]'],
  ['a negative placeholder', '51-["a",{"_placeholder":true,"num":-1}]'],
  ['a placeholder with a text number', '51-["a",{"_placeholder":true,"num":"0"}]'],
  ['a placeholder numbered __proto__', '51-["a",{"_placeholder":true,"num":"__proto__"}]'],
  ['a placeholder as the data', '51-{"_placeholder":true,"num":0}'],
  ['a binary unit that nothing waits for', new Uint8Array([1])],
] as const;

test.each(BAD)('refuses %s, and starts afresh', (_label, unit) => {
  const decoder = new ClientDecoder();
  expect(() => decoder.add(unit)).toThrow(expect.objectContaining({ code: 'SIO_BAD_PACKET' }));
  expect(decoder.add('2["a"]')?.data).toEqual(['a']);
});

test('refuses text while attachments are missing, and forgets them at reset', () => {
  const decoder = new ClientDecoder();
  const head = '51-["a",{"_placeholder":true,"num":0}]';
  expect(decoder.add(head)).toBe(undefined);
  expect(() => decoder.add('2["a"]')).toThrow();
  decoder.add(head);
  decoder.destroy();
  expect(() => decoder.add(new Uint8Array(1))).toThrow();
});

test('a deep nest of brackets gives a value or an error, without a crash', () => {
  for (const text of ['2', '51-']) {
    const deep = `${text}["a",${'['.repeat(200_000)}${']'.repeat(200_000)}]`;
    try {
      new ClientDecoder().add(deep);
    } catch (error) {
      expect(error).toMatchObject({ code: 'SIO_BAD_PACKET' });
    }
  }
});

test('knows the names that only the library may emit', () => {
  const names = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
  expect(names.every((name) => RESERVED_EVENTS.test(name))).toBe(true);
  expect(['connected', 'xconnect', 'error', ''].some((name) => RESERVED_EVENTS.test(name))).toBe(false);
});

test('distinguishes the offsets of our servers from those of others, and from text', () => {
  expect(['00000000001', 'zzzzzzzzzzz'].every((offset) => OWN_OFFSET.test(offset))).toBe(true);
  const others = ['P1kxYzw', 'P1kxYzw.1', '1690000000000-0', '0000000000', '0000000000Z', 'hello world', ''];
  expect(others.some((offset) => OWN_OFFSET.test(offset))).toBe(false);
});

const bytes = fc.uint8Array({ maxLength: 4 });
const { tree: data } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.jsonValue({ maxDepth: 1 }),
    bytes,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string({ maxLength: 5 }), fc.constant('__proto__')), tie('tree'), { maxKeys: 4 }),
  ),
}));
const packets = fc.record({
  type: fc.constantFrom(2, 3),
  nsp: fc.constantFrom('/', '/n', '/한글'),
  data: fc.tuple(fc.string(), data, data),
  id: fc.option(fc.nat(), { nil: undefined }),
});

describe('agrees with the codec of the server', () => {
  test('on the form of packets', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(encodePacket(packet)).toEqual(encodeReference(packet));
      }),
    );
  });

  test('on the content of packets, and on invalid texts', () => {
    const mutation = fc.tuple(fc.nat(200), fc.constantFrom('', '0', '1', '-', ',', '/', '[', '{', '"', 'num', '_'));
    fc.assert(
      fc.property(packets, fc.option(mutation), (packet, mutated) => {
        const [text, ...attachments] = encodeReference(packet);
        const [at, insert] = mutated ?? [0, ''];
        const units = [`${`${text}`.slice(0, at)}${insert}${`${text}`.slice(at)}`, ...attachments];
        const [mine, theirs] = [new ClientDecoder(), new PacketDecoder()];
        for (const unit of units) {
          expect(outcomeOf(() => mine.add(unit))).toEqual(outcomeOf(() => theirs.add(unit)));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function outcomeOf(act: () => SocketPacket | undefined): unknown {
  try {
    return act();
  } catch {
    return 'refused';
  }
}
