/** Reads the secret that both ends of a datagram session know in advance. */
import { Buffer } from 'node:buffer';
import { ConfigError } from 'naru/base';

/** Returns the bytes of a secret from the API. Throws a ConfigError if it is empty, or neither text nor bytes. */
export function readSecret(secret: string | Uint8Array | undefined): Uint8Array | undefined {
  if (secret === undefined) return undefined;
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  if (!(bytes instanceof Uint8Array) || bytes.byteLength === 0)
    throw new ConfigError(
      'BAD_OPTION',
      'Option "psk" must be a non-empty string or Uint8Array, the same on both ends.',
    );
  return bytes;
}
