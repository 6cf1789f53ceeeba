/** Allocates and slices bytes for the frame layer, with Node's Buffer where it exists. */
import { type Bytes, decodeUtf8 } from '../base/bytes.js';

type Slice = (this: Bytes, start: number, end: number) => string;

interface NodeBuffer {
  allocUnsafe(size: number): Bytes;
  allocUnsafeSlow(size: number): Bytes;
  readonly prototype: { readonly latin1Slice?: Slice; readonly utf8Slice?: Slice };
}

const nodeBuffer = (globalThis as { Buffer?: NodeBuffer }).Buffer;
const latin1Slice = nodeBuffer?.prototype.latin1Slice;
const utf8Slice = nodeBuffer?.prototype.utf8Slice;

/** Allocates memory with undefined content. Small sizes may share a pool. A Buffer in Node. */
export const allocateBytes: (size: number) => Bytes = nodeBuffer
  ? (size) => nodeBuffer.allocUnsafe(size)
  : (size) => new Uint8Array(size);

/**
 * Allocates memory with undefined content that is never part of a pool, for data that is kept long or grows. A Buffer
 * in Node.
 */
export const allocateOwnBytes: (size: number) => Bytes = nodeBuffer
  ? (size) => nodeBuffer.allocUnsafeSlow(size)
  : (size) => new Uint8Array(size);

/** Returns the text of bytes that are known to be ASCII. */
export const sliceAscii: (bytes: Bytes, start: number, end: number) => string = latin1Slice
  ? (bytes, start, end) => latin1Slice.call(bytes, start, end)
  : (bytes, start, end) => decodeUtf8(bytes.subarray(start, end));

/** Returns the text of UTF-8 bytes. Invalid bytes become U+FFFD, and a byte order mark is kept. */
export const sliceUtf8: (bytes: Bytes, start: number, end: number) => string = utf8Slice
  ? (bytes, start, end) => utf8Slice.call(bytes, start, end)
  : (bytes, start, end) => decodeUtf8(bytes.subarray(start, end));

/**
 * Copies a range, so that the memory around it can be freed. A small copy may keep a pool of Buffers alive: 8 KiB, or
 * 64 KiB since Node 26.
 */
export function copyBytes(bytes: Bytes, start: number, end: number): Bytes {
  const copy = allocateBytes(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** Returns a range that the receiver may keep. The range is copied if it is less than half of its buffer. */
export function keepBytes(bytes: Bytes, start: number, end: number): Bytes {
  return (end - start) * 2 >= bytes.buffer.byteLength ? bytes.subarray(start, end) : copyBytes(bytes, start, end);
}

/** Writes a 32-bit integer, big-endian. */
export function writeUint32(target: Bytes, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** Reads an unsigned 32-bit integer, big-endian. */
export function readUint32(bytes: Bytes, at: number): number {
  const low = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return (bytes[at] as number) * 0x100_0000 + low;
}
