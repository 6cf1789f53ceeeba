import { describe, expect, it } from 'vitest';
import {
  decodeBase64Unit,
  decodePacket,
  encodeBase64Unit,
  encodePacket,
} from '../../../../src/protocol/engine-io/v3/packet.js';

const badPacket = expect.objectContaining({ name: 'ProtocolError', code: 'EIO_BAD_PACKET' });

describe('Engine.IO 3 packet', () => {
  it('writes text after a digit and bytes after a byte', () => {
    expect(encodePacket({ type: 'ping', data: 'probe' })).toBe('2probe');
    expect(encodePacket({ type: 'message' })).toBe('4');
    expect(encodePacket({ type: 'message', data: Uint8Array.of(1, 255) })).toEqual(Uint8Array.of(4, 1, 255));
    expect(encodePacket({ type: 'message', data: new Uint8Array(0) })).toEqual(Uint8Array.of(4));
  });

  it('writes bytes as base64 for clients that read only text', () => {
    expect(encodeBase64Unit(Uint8Array.of(4, 1, 2, 3))).toBe('b4AQID');
    expect(encodeBase64Unit(Uint8Array.of(4))).toBe('b4');
  });

  it('reads its own output', () => {
    for (const unit of ['0{}', '1', '2', '3probe', '4', '42["a"]', '5', '6']) {
      expect(encodePacket(decodePacket(unit))).toBe(unit);
    }
    expect(decodePacket(Uint8Array.of(4, 1, 2))).toEqual({ type: 'message', data: Uint8Array.of(1, 2) });
    expect(decodePacket('b4AQID')).toEqual({ type: 'message', data: Uint8Array.of(1, 2, 3) });
    expect(decodeBase64Unit('b4AQID')).toEqual(Uint8Array.of(4, 1, 2, 3));
    expect(decodeBase64Unit('b4')).toEqual(Uint8Array.of(4));
  });

  it.each(['', '7', 'x', '-', 'b', 'b7AQID', 'bxAQID', 'b4AQ', 'b4*QID', 'bAQID'])('refuses %j', (unit) => {
    expect(() => decodePacket(unit)).toThrow(badPacket);
  });

  it.each([[[]], [[7]], [[52, 1]], [[255]]])('refuses the bytes %j', (bytes) => {
    expect(() => decodePacket(Uint8Array.from(bytes))).toThrow(badPacket);
  });
});
