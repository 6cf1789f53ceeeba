/** Converts the data that a socket sends to bytes. */
import { Buffer } from 'node:buffer';
import { checkedBytes } from '../base/bytes.js';

/** Data that a socket can send. Text goes out as UTF-8. */
export type Sendable = string | ArrayBuffer | ArrayBufferView;

/** Returns data as a Buffer; binary data is not copied. Throws a ConfigError (BAD_ARGUMENT) for anything else. */
export function toBuffer(data: Sendable): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  const bytes = checkedBytes(data);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
