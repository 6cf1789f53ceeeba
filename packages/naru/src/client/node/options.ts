/** The options of Node's transports, completed for one session. */
import type { ConnectionOptions } from 'node:tls';
import type { EngineOptions, TransportOptions } from '../engine/options.js';
import type { CookieJar } from './cookies.js';

/** Transport options with Node's additions. */
export interface NodeOptions extends TransportOptions {
  /** The session's cookies, with `withCredentials`. */
  cookies?: CookieJar;
  payloadBytesMax: number;
}

const TLS_NAMES = ['pfx', 'key', 'passphrase', 'cert', 'ca', 'ciphers', 'rejectUnauthorized'] as const;

/** Returns the TLS options that are set. */
export function tlsOptions(options: EngineOptions): ConnectionOptions {
  const set = TLS_NAMES.filter((name) => options[name] !== undefined && options[name] !== null);
  return Object.fromEntries(set.map((name) => [name, options[name]]));
}
