/** Converts data to Node's Buffers. The client in browsers uses none of this, since browsers have no Buffer. */
import { Buffer } from 'node:buffer';
import { type Bytes, checkedBytes } from '../bytes.js';

/** Data that a socket can send. Text goes out as UTF-8. */
export type Sendable = string | ArrayBuffer | ArrayBufferView;

/** Returns the same bytes as a Buffer, without a copy. */
export function asBuffer(bytes: Bytes): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Returns data as a Buffer; binary data is not copied. Throws a ConfigError (BAD_ARGUMENT) for anything else. */
export function toBuffer(data: Sendable): Buffer {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : asBuffer(checkedBytes(data));
}
