/** The TLS options of the client as node:tls takes them. */
import type { ConnectionOptions } from 'node:tls';
import type { EngineOptions } from '../engine/options.js';

const NAMES = ['pfx', 'key', 'passphrase', 'cert', 'ca', 'ciphers', 'rejectUnauthorized'] as const;

/** Those of the TLS options that are set. */
export function tlsOptions(options: EngineOptions): ConnectionOptions {
  const set = NAMES.filter((name) => options[name] !== undefined && options[name] !== null);
  return Object.fromEntries(set.map((name) => [name, options[name]]));
}
