/** Writes RFC 6455 frames: the header, whole unmasked frames and whole masked ones. RFC 6455, section 5.2. */
import type { Bytes } from '../../base/bytes.js';
import { allocateBytes } from '../bytes.js';
import { mask } from './mask.js';

/** The opcodes of RFC 6455, section 11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One of the six opcodes. */
export type Opcode = (typeof OPCODE)[keyof typeof OPCODE];

/** The bit of the first header byte that ends a message. */
export const FIN = 0x80;

/** The bit of the first header byte that marks a compressed message (RFC 7692, section 6). */
export const RSV1 = 0x40;

/** The most bytes that a control frame carries. RFC 6455, section 5.5. */
export const CONTROL_BYTES_MAX = 125;

const MASK_BIT = 0x80;
const MASK_SIZE = 4;
const SIZE_16 = 126;
const SIZE_64 = 127;
const TWO_32 = 0x1_0000_0000;

/** What is not the default in a frame: `isFinal` true, `isCompressed` false. */
export interface FrameOptions {
  isFinal?: boolean;
  isCompressed?: boolean;
}

/** The size in bytes of the header of a frame with `payloadSize` bytes, without the masking key. */
export function frameHeaderSize(payloadSize: number): number {
  return payloadSize < SIZE_16 ? 2 : payloadSize < 0x1_0000 ? 4 : 10;
}

/** Writes an unmasked header at `at` and returns the index after it. `first` is FIN, RSV1 and the opcode. */
export function writeFrameHeader(target: Bytes, at: number, first: number, payloadSize: number): number {
  return writeHeader(target, at, first, payloadSize, 0);
}

/** The first header byte of a frame. */
export function firstByte(opcode: number, options?: FrameOptions): number {
  if (options === undefined) return FIN | opcode;
  return (options.isFinal === false ? 0 : FIN) | (options.isCompressed ? RSV1 : 0) | opcode;
}

/** A whole unmasked frame, as a server sends it; final and not compressed unless the options say otherwise. */
export function encodeFrame(opcode: number, payload: Bytes, options?: FrameOptions): Bytes {
  const size = payload.byteLength;
  const frame = allocateBytes(frameHeaderSize(size) + size);
  frame.set(payload, writeHeader(frame, 0, firstByte(opcode, options), size, 0));
  return frame;
}

/** A whole masked frame, as a client sends it. `key` is 4 unpredictable bytes. RFC 6455, section 5.3. */
export function encodeMaskedFrame(opcode: number, payload: Bytes, key: Bytes, options?: FrameOptions): Bytes {
  const size = payload.byteLength;
  const headerSize = frameHeaderSize(size) + MASK_SIZE;
  const frame = allocateBytes(headerSize + size);
  frame.set(payload, headerSize);
  sealMaskedFrame(frame, firstByte(opcode, options), size, key);
  return frame;
}

/** Writes the header of a masked frame whose payload lies at the end of `frame` already, and masks that payload in place. */
export function sealMaskedFrame(frame: Bytes, first: number, payloadSize: number, key: Bytes): void {
  const at = writeHeader(frame, 0, first, payloadSize, MASK_BIT);
  frame.set(key, at);
  mask(frame, at + MASK_SIZE, at + MASK_SIZE + payloadSize, key);
}

function writeHeader(target: Bytes, at: number, first: number, payloadSize: number, maskBit: number): number {
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

function writeUint32(target: Bytes, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
