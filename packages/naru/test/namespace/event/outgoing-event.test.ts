import { describe, expect, it } from 'vitest';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { nameIn, OutgoingEvent } from '../../../src/namespace/event/outgoing-event.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';

const codec = new StandardCodec(DIALECT_V5, {});
const lobby = new Set(['lobby']);

function encoded(data: unknown[], { nsp = '/', id = undefined as number | undefined, offset = '' } = {}) {
  const packet = { type: PacketType.EVENT, nsp, data, id };
  const sent = offset === '' ? packet : { ...packet, data: [...data, offset] };
  const details = { rooms: lobby, offset: offset === '' ? undefined : offset };
  return OutgoingEvent.ofEncoded(packet, codec.encode(sent, true), details);
}

describe('OutgoingEvent', () => {
  it.each([
    ['no argument', ['say'], '[]'],
    ['one', ['say', { a: [1, 'x'] }], '[{"a":[1,"x"]}]'],
    ['several', ['say', 'hi', null, 3], '["hi",null,3]'],
    ['a name to escape', ['a"b\\c[é', 1], '[1]'],
  ])('reads %s from the encoded packet', (_name, data, json) => {
    for (const nsp of ['/', '/a[b']) {
      for (const id of [undefined, 0, 17]) {
        const event = encoded(data, { nsp, id });
        expect([event.name, event.id, event.json, event.args()]).toEqual([data[0], id, json, JSON.parse(json)]);
      }
    }
  });

  it('reads the arguments after a number as the name', () => {
    for (const data of [[5, 'abc'], [-12], [1e21, null], [Number.NaN, 'a'], [Number.POSITIVE_INFINITY]])
      for (const offset of ['', '00000000001']) {
        const event = encoded(data, { offset });
        expect([event.name, event.args()]).toEqual([String(data[0]), data.slice(1)]);
      }
  });

  it('leaves out the offset that recovery adds', () => {
    for (const data of [['say'], ['say', 1], ['say', ['x'], '00000000001']]) {
      const event = encoded(data, { offset: '00000000001' });
      expect([event.args(), event.offset]).toEqual([data.slice(1), '00000000001']);
    }
  });

  it('puts bytes in their places', () => {
    const [one, two] = [Uint8Array.of(1), Uint8Array.of(2, 3)];
    for (const event of [
      encoded(['pic', { one }, two], { nsp: '/x', id: 3 }),
      OutgoingEvent.of({ type: PacketType.EVENT, nsp: '/x', data: ['pic', { one }, two] }),
    ]) {
      expect(event.attachments).toEqual([one, two]);
      expect(event.args()).toEqual([{ one }, two]);
      expect(event.soleBytes).toBeUndefined();
    }
    expect(encoded(['pic', two]).soleBytes).toEqual(two);
    expect(encoded(['pic', '{"_placeholder":true,"num":0}']).soleBytes).toBeUndefined();
  });

  it('ignores values that only resemble a placeholder', () => {
    expect(encoded(['x', { _placeholder: true, num: 0 }]).args()).toEqual([{ _placeholder: true, num: 0 }]);
  });

  it('stays as it was when it was emitted', () => {
    const data = { n: 1 };
    const events = [
      encoded(['say', data]),
      OutgoingEvent.of({ type: PacketType.EVENT, nsp: '/', data: ['say', data] }),
    ];
    data.n = 2;
    for (const event of events) expect(event.args()).toEqual([{ n: 1 }]);
  });

  it('encodes the form of each wire once', () => {
    const [stomp, line] = [{}, {}];
    const event = encoded(['say', 1]);
    let made = 0;
    const make = () => {
      made += 1;
      return `form ${made}`;
    };
    expect([event.formFor(stomp, make), event.formFor(stomp, make), event.formFor(line, make)]).toEqual([
      'form 1',
      'form 1',
      'form 2',
    ]);
  });

  it('refuses data that cannot be encoded', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => OutgoingEvent.of({ type: PacketType.EVENT, nsp: '/', data: ['x', circle] })).toThrow(
      /contains itself/,
    );
  });
});

describe('nameIn', () => {
  it.each([
    ['["say",{"n":"],["}]', 'say'],
    ['["say"]', 'say'],
    ['["",1]', ''],
    ['["a \\"quoted\\" name \\\\",1]', 'a "quoted" name \\'],
    ['["\\ud83d\\ude80 안녕\\n",1]', '🚀 안녕\n'],
    ['[7,"seven"]', 7],
    ['[{"a":"b"},1]', { a: 'b' }],
  ])('returns the first item of %s', (event, name) => {
    expect(nameIn(event)).toEqual(name);
  });

  it('does not parse the arguments, and takes long names', () => {
    expect(nameIn('["say",not JSON]')).toBe('say');
    const long = '\\"x'.repeat(1_000_000);
    expect(nameIn(`["${long}"]`)).toBe('"x'.repeat(1_000_000));
  });
});
