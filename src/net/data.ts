/** What can be sent, as bytes. */
import { Buffer } from 'node:buffer';
import { checkedBytes } from '../base/bytes.js';

/** What can be sent: text goes as UTF-8. */
export type Sendable = string | ArrayBuffer | ArrayBufferView;

/** The bytes of what is to be sent, in the same memory where they are bytes already. Throws a ConfigError (BAD_ARGUMENT). */
export function toBuffer(data: Sendable): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  const bytes = checkedBytes(data);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
