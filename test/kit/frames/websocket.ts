/** Whole frames of RFC 6455, of any kind. */
import {
  FIN,
  frameHeaderSize,
  RSV1,
  sealMaskedFrame,
  writeFrameHeader,
} from '../../../packages/naru/src/protocol/websocket/frame.js';

/** Options of a frame. By default `isFinal` is true and `isCompressed` false. */
export interface FrameOptions {
  isFinal?: boolean;
  isCompressed?: boolean;
}

const MASK_SIZE = 4;

/** Returns the first header byte of a frame. */
export function firstByte(opcode: number, { isFinal = true, isCompressed = false }: FrameOptions = {}): number {
  return (isFinal ? FIN : 0) | (isCompressed ? RSV1 : 0) | opcode;
}

/** Encodes a whole unmasked frame, as a server sends it. */
export function encodeFrame(opcode: number, payload: Uint8Array, options?: FrameOptions): Buffer {
  const size = payload.byteLength;
  const frame = Buffer.alloc(frameHeaderSize(size) + size);
  frame.set(payload, writeFrameHeader(frame, 0, firstByte(opcode, options), size));
  return frame;
}

/** Encodes a whole masked frame, as a client sends it, with a key of 4 bytes. */
export function encodeMaskedFrame(
  opcode: number,
  payload: Uint8Array,
  key: Uint8Array,
  options?: FrameOptions,
): Buffer {
  const size = payload.byteLength;
  const headerSize = frameHeaderSize(size) + MASK_SIZE;
  const frame = Buffer.alloc(headerSize + size);
  frame.set(payload, headerSize);
  sealMaskedFrame(frame, firstByte(opcode, options), size, key);
  return frame;
}
