import * as msgpack from 'socket.io-msgpack-parser';
import { describe, expect, it } from 'vitest';
import {
  DIALECT_V4,
  DIALECT_V5,
  type PacketCodec,
  ParserCodec,
  StandardCodec,
} from '../../../src/namespace/event/codec.js';
import { PacketType, type SocketPacket } from '../../../src/protocol/socket-io/packet.js';
import type { Parser } from '../../../src/protocol/socket-io/parser.js';

const EVENT: SocketPacket = { type: PacketType.EVENT, nsp: '/', data: ['a', 1] };
const BINARY: SocketPacket = {
  type: PacketType.EVENT,
  nsp: '/x',
  data: ['a', Buffer.from([1]), { b: Buffer.from([2]) }],
  id: 7,
};

function unitsOf(codec: PacketCodec, packet: SocketPacket): unknown[] {
  return codec.encode(packet, true).map((encoded) => encoded.unit);
}

describe('StandardCodec', () => {
  it('writes an Engine.IO message, then the attachments', () => {
    const codec = new StandardCodec(DIALECT_V5, {});
    expect(unitsOf(codec, EVENT)).toEqual(['42["a",1]']);
    expect(unitsOf(codec, BINARY)).toEqual([
      '452-/x,7["a",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}]',
      Buffer.from([1]),
      Buffer.from([2]),
    ]);
    expect(codec.encode(EVENT, false)[0]?.compress).toBe(false);
  });

  it('reads whole packets without a reader, and others with one', () => {
    const codec = new StandardCodec(DIALECT_V5, {});
    expect(codec.isWhole('2["a",1]')).toBe(true);
    expect(codec.decode('2["a",1]')).toMatchObject({ type: 2, data: ['a', 1] });
    expect(codec.isWhole('51-["a",{"_placeholder":true,"num":0}]')).toBe(false);
    const reader = codec.createReader();
    expect(reader.add('51-["a",{"_placeholder":true,"num":0}]')).toBeUndefined();
    // Another connection is not disturbed by a waiting one.
    expect(codec.decode('2["b"]')).toMatchObject({ data: ['b'] });
    expect(reader.add(Buffer.from([9]))).toMatchObject({ data: ['a', Buffer.from([9])] });
  });

  it('forgets a waiting packet when it is closed', () => {
    const reader = new StandardCodec(DIALECT_V5, {}).createReader();
    reader.add('51-["a",{"_placeholder":true,"num":0}]');
    reader.reset();
    expect(() => reader.add(Buffer.from([9]))).toThrow(/attachment/);
  });

  it('writes CONNECT without data for clients of protocol 4', () => {
    const packet: SocketPacket = { type: PacketType.CONNECT, nsp: '/', data: { sid: 'x' } };
    expect(unitsOf(new StandardCodec(DIALECT_V4, {}), packet)).toEqual(['40']);
    expect(unitsOf(new StandardCodec(DIALECT_V5, {}), packet)).toEqual(['40{"sid":"x"}']);
  });
});

describe('ParserCodec', () => {
  const parser = msgpack as unknown as Parser;

  it('reads its own output, with a custom parser', () => {
    const codec = new ParserCodec(parser);
    const reader = codec.createReader();
    expect(codec.isWhole()).toBe(false);
    expect(codec.decode()).toBeUndefined();
    for (const unit of unitsOf(codec, BINARY)) {
      expect(reader.add(unit as Uint8Array)).toMatchObject({
        type: 2,
        nsp: '/x',
        id: 7,
        data: ['a', Buffer.from([1]), { b: Buffer.from([2]) }],
      });
    }
    reader.reset();
  });

  it('turns an error of the parser into a ProtocolError', () => {
    expect(() => new ParserCodec(parser).createReader().add('nonsense')).toThrow(
      expect.objectContaining({ code: 'SIO_BAD_PACKET' }),
    );
  });

  it('refuses an invalid parser', () => {
    expect(() => new ParserCodec({} as Parser)).toThrow(/"parser"/);
  });
});
