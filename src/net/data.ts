/** What can be sent, as bytes. */
import { Buffer } from 'node:buffer';
import { asBytes } from '../base/bytes.js';
import { ConfigError } from '../base/errors.js';

/** What can be sent: text goes as UTF-8. */
export type Sendable = string | ArrayBuffer | ArrayBufferView;

/** The bytes of what is to be sent, in the same memory where they are bytes already. Throws a ConfigError (BAD_ARGUMENT). */
export function toBuffer(data: Sendable): Buffer {
  if (Buffer.isBuffer(data)) return data;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (!(data instanceof ArrayBuffer) && !ArrayBuffer.isView(data)) {
    const fix = 'use a string, an ArrayBuffer or a view of one';
    throw new ConfigError('BAD_ARGUMENT', `data of type ${typeof data} cannot be sent: ${fix}`);
  }
  const { buffer, byteOffset, byteLength } = asBytes(data);
  return Buffer.from(buffer, byteOffset, byteLength);
}
