/**
 * Node's modules for encrypted connections, loaded when they are first used. Most servers stand behind a proxy that has
 * TLS, and these modules take as long to load as half of Naru.
 */
import type * as https from 'node:https';
import type * as tls from 'node:tls';

/** The modules. Each is loaded when it is read for the first time. */
export const secure = {
  /** The module `node:https`. */
  get https(): typeof https {
    return process.getBuiltinModule('node:https');
  },
  /** The module `node:tls`. */
  get tls(): typeof tls {
    return process.getBuiltinModule('node:tls');
  },
};
