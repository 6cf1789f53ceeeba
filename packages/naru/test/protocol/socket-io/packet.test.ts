import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/base/errors.js';
import {
  encodeJson,
  encodePacket,
  encodeText,
  PacketType,
  type SocketPacket,
} from '../../../src/protocol/socket-io/packet.js';

const notEncodable = expect.objectContaining({ name: 'ConfigError', code: 'NOT_ENCODABLE' });

describe('Socket.IO 5 packet', () => {
  it.each<[SocketPacket, string]>([
    [{ type: PacketType.CONNECT, nsp: '/' }, '0'],
    [
      { type: PacketType.CONNECT, nsp: '/admin', data: { sid: 'oSO0OpakMV_3jnilAAAA' } },
      '0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}',
    ],
    [
      { type: PacketType.CONNECT_ERROR, nsp: '/', data: { message: 'Not authorized' } },
      '4{"message":"Not authorized"}',
    ],
    [{ type: PacketType.EVENT, nsp: '/', data: ['foo'] }, '2["foo"]'],
    [{ type: PacketType.EVENT, nsp: '/admin', data: ['bar'] }, '2/admin,["bar"]'],
    [{ type: PacketType.EVENT, nsp: '/', data: ['foo'], id: 12 }, '212["foo"]'],
    [{ type: PacketType.EVENT, nsp: '/', data: ['foo'], id: 0 }, '20["foo"]'],
    [{ type: PacketType.ACK, nsp: '/admin', data: [], id: 13 }, '3/admin,13[]'],
    [{ type: PacketType.DISCONNECT, nsp: '/admin' }, '1/admin,'],
    [
      { type: PacketType.EVENT, nsp: '/', data: ['d', new Date(0), null, undefined, Number.NaN, () => 1] },
      '2["d","1970-01-01T00:00:00.000Z",null,null,null,null]',
    ],
  ])('writes %j', (packet, text) => {
    expect(encodePacket(packet)).toEqual([text]);
  });

  it('takes the bytes of an event and an ack, in the order of their numbers', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(encodePacket({ type: PacketType.EVENT, nsp: '/', data: ['baz', bytes] })).toEqual([
      '51-["baz",{"_placeholder":true,"num":0}]',
      bytes,
    ]);
    const [text, first, second] = encodePacket({
      type: PacketType.ACK,
      nsp: '/admin',
      id: 456,
      data: [{ a: bytes, b: [new Uint8Array(0)] }],
    });
    expect(text).toBe('62-/admin,456[{"a":{"_placeholder":true,"num":0},"b":[{"_placeholder":true,"num":1}]}]');
    expect(first).toBe(bytes);
    expect((second as Uint8Array).byteLength).toBe(0);
  });

  it('attaches ArrayBuffers and views over the same memory', () => {
    const buffer = Uint8Array.of(0, 1, 2, 3).buffer;
    const parts = encodePacket({
      type: PacketType.EVENT,
      nsp: '/',
      data: ['a', buffer, new DataView(buffer, 1, 2), new Uint16Array(buffer)],
    });
    expect(parts.slice(1).map((part) => [...(part as Uint8Array)])).toEqual([
      [0, 1, 2, 3],
      [1, 2],
      [0, 1, 2, 3],
    ]);
    for (const part of parts.slice(1)) expect((part as Uint8Array).buffer).toBe(buffer);
  });

  it("does not change the caller's data", () => {
    const data = ['a', { b: Buffer.from([1]), c: { d: 1 } }];
    const copy = structuredClone(data);
    encodePacket({ type: PacketType.EVENT, nsp: '/', data });
    expect(data).toEqual([copy[0], { b: Buffer.from([1]), c: { d: 1 } }]);
  });

  it('writes a packet of binary type without bytes as text', () => {
    expect(encodePacket({ type: PacketType.BINARY_EVENT, nsp: '/', data: ['a'] })).toEqual(['2["a"]']);
    expect(encodePacket({ type: PacketType.BINARY_ACK, nsp: '/', id: 1, data: [Buffer.from([1])] })).toEqual([
      '61-1[{"_placeholder":true,"num":0}]',
      Buffer.from([1]),
    ]);
  });

  it('calls toJSON as JSON does: once per value, with its key, and not on its result', () => {
    class Model {
      toJSON(key: string): unknown {
        return Object.assign(new Model(), { key, bytes: Buffer.from([9]) });
      }
    }
    const parts = encodePacket({ type: PacketType.EVENT, nsp: '/', data: ['m', { model: new Model() }] });
    expect(parts).toEqual([
      '51-["m",{"model":{"key":"model","bytes":{"_placeholder":true,"num":0}}}]',
      Buffer.from([9]),
    ]);
    expect(
      encodePacket({ type: PacketType.EVENT, nsp: '/', data: ['m', { toJSON: () => 5, gone: Buffer.from([1]) }] }),
    ).toEqual(['2["m",5]']);
    const self = { bytes: Buffer.from([1]), toJSON: (): unknown => self };
    expect(encodePacket({ type: PacketType.EVENT, nsp: '/', data: [self] })[0]).toBe(
      '51-[{"bytes":{"_placeholder":true,"num":0}}]',
    );
  });

  it('keeps a key __proto__ beside bytes', () => {
    const data = JSON.parse('["a",{"__proto__":{"x":1}}]');
    data[1].bytes = Buffer.from([1]);
    expect(encodePacket({ type: PacketType.EVENT, nsp: '/', data })[0]).toBe(
      '51-["a",{"__proto__":{"x":1},"bytes":{"_placeholder":true,"num":0}}]',
    );
  });

  it('keeps dates, boxed values and holes beside bytes as JSON has them', () => {
    // biome-ignore lint/suspicious/noSparseArray: a hole is the case
    const data = ['a', Buffer.from([1]), new Date(0), new String('s'), [, 1], new Map([[1, 2]]), undefined];
    expect(encodePacket({ type: PacketType.EVENT, nsp: '/', data })[0]).toBe(
      '51-["a",{"_placeholder":true,"num":0},"1970-01-01T00:00:00.000Z","s",[null,1],{},null]',
    );
  });

  it.each([PacketType.EVENT, PacketType.ACK, PacketType.CONNECT])(
    'refuses cycles, BigInt and endless data in type %i',
    (type) => {
      const cycle: unknown[] = ['a'];
      cycle.push(cycle, { cycle });
      const endless = { toJSON: (): unknown => ({ next: { toJSON: endless.toJSON } }) };
      for (const data of [
        cycle,
        ['a', 1n],
        ['a', endless],
        ['a', { cycle, bytes: Buffer.from([1]) }],
        ['a', Buffer.from([1]), cycle],
      ]) {
        expect(() => encodePacket({ type, nsp: '/', data })).toThrow(notEncodable);
      }
    },
  );

  it('accepts 2,000 levels, including the outer array, and refuses more', () => {
    const nest = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const packet = (levels: number) => ({ type: PacketType.EVENT, nsp: '/', data: ['a', nest(levels)] });
    expect(encodePacket(packet(1999))[0]).toHaveLength(4005);
    expect(() => encodePacket(packet(2000))).toThrow(notEncodable);
  });

  it('cannot write a Blob', () => {
    const packet = { type: PacketType.EVENT, nsp: '/', data: ['a', new Blob(['x'])] };
    expect(() => encodePacket(packet)).toThrow(notEncodable);
  });

  it('joins text from parts', () => {
    expect(encodeText(PacketType.EVENT, '/', undefined, '["a"]')).toBe('2["a"]');
    expect(encodeText('51-', '/a', 3, '[]')).toBe('51-/a,3[]');
    expect(encodeJson({ a: undefined })).toBe('{}');
    expect(() => encodeJson(1n)).toThrow(ConfigError);
  });
});
