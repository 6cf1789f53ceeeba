import { describe, expect, it } from 'vitest';
import { checkHeader, type DecoderRules, header, readHeader } from '../../../src/protocol/websocket/header.js';

const RULES: DecoderRules = {
  isMasked: true,
  allowCompressed: true,
  messageBytesMax: 100,
  fragmentsMax: 10,
  isUtf8: undefined,
};

function read(...bytes: number[]) {
  const size = readHeader(Uint8Array.from(bytes), 0, bytes.length);
  return { size, ...header };
}

describe('readHeader', () => {
  it('reads sizes in 7, 16 and 64 bits, with a key and without', () => {
    expect(read(0x81, 0x05)).toMatchObject({ size: 2, first: 0x81, payloadSize: 5, key: 0 });
    expect(read(0x81, 0x85, 1, 2, 3, 4)).toMatchObject({ size: 6, payloadSize: 5, key: 0x01020304 });
    expect(read(0x82, 0xfe, 1, 0, 1, 2, 3, 4)).toMatchObject({ size: 8, payloadSize: 256 });
    expect(read(0x82, 0x7f, 0, 0, 1, 0, 0, 0, 0, 5)).toMatchObject({ size: 10, payloadSize: 2 ** 40 + 5 });
  });

  it('returns 0 for every header that is cut', () => {
    const whole = [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4];
    for (let size = 0; size < whole.length; size += 1) expect(read(...whole.slice(0, size)).size).toBe(0);
    expect(read(...whole).size).toBe(14);
  });
});

describe('checkHeader', () => {
  const check = (opcode: number, ...bytes: number[]) =>
    checkHeader(Uint8Array.from(bytes), 0, bytes.length, RULES, opcode)?.message;

  it('accepts the first frame of a message, continuations and control frames in valid places', () => {
    for (const first of [0x81, 0x82, 0x01, 0x02, 0xc1, 0x42, 0x88, 0x89, 0x8a])
      expect(check(0, first, 0x80)).toBeUndefined();
    for (const first of [0x00, 0x80, 0x88, 0x89, 0x8a]) expect(check(1, first, 0x80)).toBeUndefined();
  });

  it('needs only the first byte for the rules about it', () => {
    for (const first of [0x91, 0xa1, 0x83, 0x87, 0x8b, 0x8f, 0x09, 0x80, 0x00, 0xc0, 0xc9])
      expect(check(0, first)).toBeDefined();
    for (const first of [0x81, 0x02, 0xc0, 0x40]) expect(check(1, first)).toBeDefined();
  });
});
