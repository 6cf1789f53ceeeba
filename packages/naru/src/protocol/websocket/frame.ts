/** Writes frame headers, and seals masked frames. RFC 6455, section 5.2. */
import type { Bytes } from '../../base/bytes.js';
import { writeUint32 } from '../bytes.js';
import { mask } from './mask.js';

/** The opcodes of RFC 6455, section 11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The bit of the first header byte that marks the last frame of a message. */
export const FIN = 0x80;

/** The bit of the first header byte that marks a compressed message (RFC 7692, section 6). */
export const RSV1 = 0x40;

/** The maximum payload of a control frame in bytes. RFC 6455, section 5.5. */
export const CONTROL_BYTES_MAX = 125;

const MASK_BIT = 0x80;
const MASK_SIZE = 4;
const SIZE_16 = 126;
const SIZE_64 = 127;
const TWO_32 = 0x1_0000_0000;

/** Returns the size of the header for a payload of `payloadSize` bytes, in bytes, without the masking key. */
export function frameHeaderSize(payloadSize: number): number {
  return payloadSize < SIZE_16 ? 2 : payloadSize < 0x1_0000 ? 4 : 10;
}

/**
 * Writes a header at `at` and returns the index after it. `first` combines FIN, RSV1 and the opcode. Without `maskBit`
 * the frame is unmasked.
 */
export function writeFrameHeader(target: Bytes, at: number, first: number, payloadSize: number, maskBit = 0): number {
  target[at] = first;
  if (payloadSize < SIZE_16) {
    target[at + 1] = maskBit | payloadSize;
    return at + 2;
  }
  if (payloadSize < 0x1_0000) {
    target[at + 1] = maskBit | SIZE_16;
    target[at + 2] = payloadSize >>> 8;
    target[at + 3] = payloadSize;
    return at + 4;
  }
  target[at + 1] = maskBit | SIZE_64;
  writeUint32(target, at + 2, Math.floor(payloadSize / TWO_32));
  writeUint32(target, at + 6, payloadSize % TWO_32);
  return at + 10;
}

/**
 * Writes the header of a masked frame whose payload is already at the end of `frame`, and masks the payload in place.
 */
export function sealMaskedFrame(frame: Bytes, first: number, payloadSize: number, key: Bytes): void {
  const at = writeFrameHeader(frame, 0, first, payloadSize, MASK_BIT);
  frame.set(key, at);
  mask(frame, at + MASK_SIZE, at + MASK_SIZE + payloadSize, key);
}
