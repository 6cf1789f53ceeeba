/** Secrets that both ends of a datagram session know before they speak. */
import { Buffer } from 'node:buffer';
import { ConfigError } from '../../../base/errors.js';

/** A secret as the API takes it, as bytes. Throws ConfigError for an empty one. */
export function readSecret(secret: string | Uint8Array | undefined): Uint8Array | undefined {
  if (secret === undefined) return undefined;
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  if (!(bytes instanceof Uint8Array) || bytes.byteLength === 0)
    throw new ConfigError('BAD_OPTION', 'the option "psk" is empty; give a text or bytes that both ends know');
  return bytes;
}
