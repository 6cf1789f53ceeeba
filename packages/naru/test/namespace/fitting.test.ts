import { expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/base/errors.js';
import { DIALECT_V5, StandardCodec } from '../../src/namespace/event/codec.js';
import { encodeFitting } from '../../src/namespace/fitting.js';
import { PacketType, type SocketPacket } from '../../src/protocol/socket-io/packet.js';

const codec = new StandardCodec(DIALECT_V5, {});
const checkFits = vi.fn(() => {
  throw new ConfigError('NOT_ENCODABLE', 'too large');
});
const textsOf = (packet: Partial<SocketPacket>, transport: object = { checkFits }) =>
  encodeFitting({ type: PacketType.EVENT, nsp: '/', ...packet }, true, codec, transport).map(({ unit }) => unit);

it('throws for events of the application, and only for them', () => {
  expect(() => textsOf({ data: ['a'] })).toThrow('too large');
  expect(() => textsOf({ data: [1] })).toThrow('too large');
  expect(textsOf({ data: ['naru:presence:list'] })).toEqual(['42["naru:presence:list"]']);
  expect(textsOf({ type: PacketType.CONNECT_ERROR, data: { message: 'a' } })).toEqual(['44{"message":"a"}']);
});

it('replaces an answer by the error', () => {
  const answer = { type: PacketType.ACK, id: 3, data: ['a', Uint8Array.of(1)] };
  expect(textsOf({ ...answer, nsp: '/b' })).toEqual([
    '43/b,3[{"error":{"code":"NOT_ENCODABLE","message":"too large"}}]',
  ]);
});

it('keeps everything on a wire that carries it', () => {
  expect(textsOf({ data: ['a'] }, {})).toEqual(['42["a"]']);
  expect(textsOf({ type: PacketType.ACK, id: 3, data: ['a'] }, { checkFits: () => undefined })).toEqual(['433["a"]']);
});
