/** Encrypts links between machines. The key that both ends have proves each of them to the other, before anything else is read. */
import { Buffer } from 'node:buffer';
import { hkdfSync } from 'node:crypto';
import type { ConnectionOptions, TlsOptions } from 'node:tls';

/** A link has the key of a secret. The name of its first form stands in both ends. */
const NAME = 'naru link 1';
const KEY_BYTES = 32;

/**
 * Nobody without the key can take part in this suite of TLS 1.2, because it has no certificates. An exchange of Diffie and Hellman protects
 * earlier traffic if the secret becomes known. RFC 7905. In TLS 1.3, a server may choose a certificate instead of the key.
 */
const SUITE = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/** Returns the key of a secret. */
export function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', NAME, KEY_BYTES));
}

/** Returns the options of a server that only ends with the key can connect to. */
export function listeningOptions(key: Buffer): TlsOptions {
  return { ...SUITE, pskCallback: (_socket, name) => (name === NAME ? key : null) };
}

/** Returns the options of a connection to such a server. */
export function connectingOptions(key: Buffer): ConnectionOptions {
  const pskCallback = (): { psk: Buffer; identity: string } => ({ psk: key, identity: NAME });
  return { ...SUITE, pskCallback, checkServerIdentity: () => undefined };
}

/** Whether the error of a connection says that both ends have different keys. */
export function isOtherKey({ code }: { readonly code?: string | undefined }): boolean {
  return code?.endsWith('_BAD_RECORD_MAC') === true || code?.endsWith('_DECRYPT_ERROR') === true;
}
