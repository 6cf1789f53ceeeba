import { describe, expect, it } from 'vitest';
import { decodeHandshake, payloadMaxOf, upgradesOf } from '../../../src/protocol/engine-io/handshake.js';

const handshake = {
  sid: 'lv_VI97HAXpY6yYWAAAC',
  upgrades: ['websocket'],
  pingInterval: 25000,
  pingTimeout: 20000,
  maxPayload: 1000000,
};

describe('Engine.IO handshake', () => {
  it('reads the example of the specification', () => {
    const data =
      '{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';
    expect(decodeHandshake(data)).toEqual(handshake);
  });

  it('assumes no limit if the server names none, as before Engine.IO 6.2', () => {
    const { maxPayload, ...older } = handshake;
    const maxOf = (given: object): number => payloadMaxOf(decodeHandshake(JSON.stringify(given)));
    expect(maxOf(handshake)).toBe(1_000_000);
    expect(maxOf(older)).toBe(Number.POSITIVE_INFINITY);
    expect(maxOf({ ...handshake, maxPayload: -5 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('leaves out upgrades that are not names', () => {
    const offered = (upgrades: unknown): readonly string[] =>
      upgradesOf(decodeHandshake(JSON.stringify({ ...handshake, upgrades })));
    expect(offered(['websocket', 1, null, {}])).toEqual(['websocket']);
    expect(offered('websocket')).toEqual([]);
    expect(offered(undefined)).toEqual([]);
  });

  it.each([
    undefined,
    '',
    'null',
    '[]',
    '1',
    '"x"',
    '{',
    '{}',
    '{"sid":"","upgrades":[],"pingInterval":1,"pingTimeout":1}',
    '{"sid":7,"upgrades":[],"pingInterval":1,"pingTimeout":1}',
    '{"sid":"a","upgrades":[],"pingInterval":-1,"pingTimeout":1}',
    '{"sid":"a","upgrades":[],"pingInterval":"25000","pingTimeout":1}',
    '{"sid":"a","upgrades":[],"pingInterval":null,"pingTimeout":1}',
    '{"sid":"a","upgrades":[],"pingInterval":1}',
    `{"sid":"${'a'.repeat(1001)}","upgrades":[],"pingInterval":1,"pingTimeout":1}`,
  ])('refuses %j', (data) => {
    expect(() => decodeHandshake(data)).toThrow(expect.objectContaining({ code: 'EIO_BAD_PACKET' }));
  });
});
