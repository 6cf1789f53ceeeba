import { describe, expect, it } from 'vitest';
import { decodeHandshake } from '../../../src/protocol/engine-io/handshake.js';

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
    expect(decodeHandshake(JSON.stringify(older)).maxPayload).toBe(Number.POSITIVE_INFINITY);
    expect(decodeHandshake(JSON.stringify({ ...handshake, maxPayload: -5 })).maxPayload).toBe(Number.POSITIVE_INFINITY);
  });

  it('shortens an interval that a timer cannot hold', () => {
    const far = decodeHandshake('{"sid":"a","upgrades":[],"pingInterval":1e300,"pingTimeout":9999999999}');
    expect(far.pingInterval + far.pingTimeout).toBeLessThan(2 ** 31);
  });

  it('leaves out upgrades that are not names', () => {
    expect(
      decodeHandshake('{"sid":"a","upgrades":["websocket",1,null,{}],"pingInterval":1,"pingTimeout":1}').upgrades,
    ).toEqual(['websocket']);
    expect(decodeHandshake('{"sid":"a","upgrades":"websocket","pingInterval":1,"pingTimeout":1}').upgrades).toEqual([]);
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
