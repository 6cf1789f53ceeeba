/**
 * Encrypts links between machines. The key that both ends have proves each of them to the other, before anything else
 * is read.
 */
import { Buffer } from 'node:buffer';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { nodeModule } from '../../base/node/modules.js';

/** A link has the key of a secret. The name of its first form stands in both ends. */
const NAME = 'naru link 1';
const KEY_BYTES = 32;
/** Bytes that tell the keys of one server apart. More would help to guess a weak secret. */
const TAG_BYTES = 4;

/**
 * Nobody without the key can take part in this suite of TLS 1.2, because it has no certificates. An exchange of Diffie
 * and Hellman protects earlier traffic if the secret becomes known. RFC 7905. In TLS 1.3, a server may choose a
 * certificate instead of the key.
 */
const SUITE = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/** The key that is made of a secret. */
export interface LinkKey {
  readonly psk: Buffer;
  /** Says which key it is, before the connection is encrypted. The key cannot be computed from it. */
  readonly identity: string;
}

/** The keys that a server accepts. It makes its own connections with the first. */
export type LinkKeys = readonly [LinkKey, ...LinkKey[]];

/** Returns the key of a secret. */
export function keyOf(secret: string): LinkKey {
  const derived = (name: string, size: number): Buffer =>
    Buffer.from(nodeModule('crypto').hkdfSync('sha256', secret, '', name, size));
  return { psk: derived(NAME, KEY_BYTES), identity: `${NAME} ${derived(`${NAME} tag`, TAG_BYTES).toString('hex')}` };
}

/** Returns the options of a server that only ends with one of the keys can connect to. */
export function listeningOptions(keys: LinkKeys): TlsOptions {
  const pskCallback: TlsOptions['pskCallback'] = (_socket, identity) => {
    if (!identity.startsWith(`${NAME} `)) return null;
    // With an unknown key, both ends find that their keys differ, and both can say so.
    return (keys.find((key) => key.identity === identity) ?? keys[0]).psk;
  };
  return { ...SUITE, pskCallback };
}

/** Returns the options of a connection to such a server. */
export function connectingOptions(key: LinkKey): ConnectionOptions {
  return { ...SUITE, pskCallback: () => key, checkServerIdentity: () => undefined };
}

/** Whether the error of a connection says that both ends have different keys. */
export function isOtherKey({ code }: { readonly code?: string | undefined }): boolean {
  return code?.endsWith('_BAD_RECORD_MAC') === true || code?.endsWith('_DECRYPT_ERROR') === true;
}
