import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/base/errors.js';
import * as packets from '../../../src/protocol/engine-io/packet.js';
import { decodePacket, ENGINE_PACKET_TYPES, packetTypeOf } from '../../../src/protocol/engine-io/packet.js';

describe('Engine.IO 4 packet', () => {
  it.each([
    ['0{"sid":"x"}', { type: 'open', data: '{"sid":"x"}' }],
    ['1', { type: 'close' }],
    ['2probe', { type: 'ping', data: 'probe' }],
    ['3', { type: 'pong' }],
    ['4', { type: 'message' }],
    ['42["a"]', { type: 'message', data: '2["a"]' }],
    ['5', { type: 'upgrade' }],
    ['6', { type: 'noop' }],
    ['4\u2028\ud83d\ude00', { type: 'message', data: '\u2028\ud83d\ude00' }],
  ])('reads %j', (text, packet) => {
    expect(decodePacket(text)).toEqual(packet);
  });

  it('reads any bytes as a message without a copy', () => {
    const data = Uint8Array.of(7, 0, 255);
    expect(decodePacket(data).data).toBe(data);
    expect(decodePacket(new Uint8Array(0))).toEqual({ type: 'message', data: new Uint8Array(0) });
  });

  it('reads base64 text, as a client with forceBase64 sends it', () => {
    expect(Array.from(decodePacket('bAQID').data as Uint8Array)).toEqual([1, 2, 3]);
    expect((decodePacket('b').data as Uint8Array).byteLength).toBe(0);
  });

  it.each(['', '7', '9x', 'a', '/', ':', '-1', ' 4', 'bA', 'bAB*=', 'b=', 'bAAAAA', 'B', '\u0664', '\uff14'])(
    'refuses %j',
    (text) => {
      expect(() => decodePacket(text)).toThrow(ProtocolError);
      expect(() => decodePacket(text)).toThrow(expect.objectContaining({ code: 'EIO_BAD_PACKET' }));
    },
  );
});

it('has a digit for each type, and names the type of a text by its first character', () => {
  const { OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP } = packets;
  expect([OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP].map(packetTypeOf)).toEqual(ENGINE_PACKET_TYPES);
  expect(['0{}', '3probe', '4hi'].map(packetTypeOf)).toEqual(['open', 'pong', 'message']);
  expect(['x', '', '7', '/', '__proto__'].map(packetTypeOf)).toEqual(Array(5).fill(undefined));
});
