import { describe, expect, it } from 'vitest';
import { encodeFrame, encodeMaskedFrame } from '../../../../../test/kit/frames/websocket.js';
import { encodeUtf8 } from '../../../src/base/bytes.js';
import {
  FIN,
  frameHeaderSize,
  OPCODE,
  RSV1,
  sealMaskedFrame,
  writeFrameHeader,
} from '../../../src/protocol/websocket/frame.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('frame', () => {
  it('writes the examples in RFC 6455, section 5.7', () => {
    const hello = encodeUtf8('Hello');
    expect(hex(encodeFrame(OPCODE.text, hello))).toBe('810548656c6c6f');
    const key = Uint8Array.from([0x37, 0xfa, 0x21, 0x3d]);
    expect(hex(encodeMaskedFrame(OPCODE.text, hello, key))).toBe('818537fa213d7f9f4d5158');
    expect(hex(encodeFrame(OPCODE.text, encodeUtf8('Hel'), { isFinal: false }))).toBe('010348656c');
    expect(hex(encodeFrame(OPCODE.continuation, encodeUtf8('lo')))).toBe('80026c6f');
    expect(hex(encodeFrame(OPCODE.ping, hello))).toBe('890548656c6c6f');
    expect(hex(encodeFrame(OPCODE.binary, new Uint8Array(256)).subarray(0, 4))).toBe('827e0100');
    expect(hex(encodeFrame(OPCODE.binary, new Uint8Array(65_536)).subarray(0, 10))).toBe('827f0000000000010000');
  });

  it('marks compressed messages in the first reserved bit', () => {
    expect(FIN | RSV1 | OPCODE.text).toBe(0xc1);
    expect(RSV1 | OPCODE.text).toBe(0x41);
    expect(FIN | OPCODE.close).toBe(0x88);
  });

  it('needs 2, 4 or 10 bytes for a header', () => {
    expect([0, 125, 126, 65_535, 65_536].map(frameHeaderSize)).toEqual([2, 2, 4, 4, 10]);
    const target = new Uint8Array(12);
    expect(writeFrameHeader(target, 2, 0x82, 2 ** 40 + 5)).toBe(12);
    expect(hex(target)).toBe('0000827f0000010000000005');
  });

  it('masks a payload in place after its header', () => {
    const frame = new Uint8Array(6 + 5);
    frame.set(encodeUtf8('Hello'), 6);
    sealMaskedFrame(frame, 0x81, 5, Uint8Array.from([0x37, 0xfa, 0x21, 0x3d]));
    expect(hex(frame)).toBe('818537fa213d7f9f4d5158');
  });
});
