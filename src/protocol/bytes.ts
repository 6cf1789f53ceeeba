/** Allocation and slicing of bytes as the frame layer needs them, with Node's Buffer where there is one. */
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

/** New memory whose content is not defined; small sizes may share a pool. A Buffer in Node. */
export const allocateBytes: (size: number) => Bytes = nodeBuffer
  ? (size) => nodeBuffer.allocUnsafe(size)
  : (size) => new Uint8Array(size);

/** New memory that is never part of a pool, for what is kept long or grows. A Buffer in Node. */
export const allocateOwnBytes: (size: number) => Bytes = nodeBuffer
  ? (size) => nodeBuffer.allocUnsafeSlow(size)
  : (size) => new Uint8Array(size);

/** The text of bytes that are known to be ASCII. */
export const sliceAscii: (bytes: Bytes, start: number, end: number) => string = latin1Slice
  ? (bytes, start, end) => latin1Slice.call(bytes, start, end)
  : (bytes, start, end) => decodeUtf8(bytes.subarray(start, end));

/** The text of UTF-8; what is not UTF-8 becomes U+FFFD and a byte order mark is kept. */
export const sliceUtf8: (bytes: Bytes, start: number, end: number) => string = utf8Slice
  ? (bytes, start, end) => utf8Slice.call(bytes, start, end)
  : (bytes, start, end) => decodeUtf8(bytes.subarray(start, end));

/** A copy of a range that lets go of what is around it; a small one may hold on to a pool of Buffers (8 KiB, since Node 26 64). */
export function copyBytes(bytes: Bytes, start: number, end: number): Bytes {
  const copy = allocateBytes(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** A range that the receiver may keep: copied where keeping it would hold on to much more memory than it has. */
export function keepBytes(bytes: Bytes, start: number, end: number): Bytes {
  return (end - start) * 2 >= bytes.buffer.byteLength ? bytes.subarray(start, end) : copyBytes(bytes, start, end);
}

/** Writes an integer of 32 bits, big-endian. */
export function writeUint32(target: Bytes, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** Reads an integer of 32 bits, big-endian. */
export function readUint32(bytes: Bytes, at: number): number {
  const low = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return (bytes[at] as number) * 0x100_0000 + low;
}
