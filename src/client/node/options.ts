/** The options of a transport as Node's transports find them, completed for the session. */
import type { TransportOptions } from '../engine/options.js';
import type { CookieJar } from './cookies.js';

/** Options with what the platform added. */
export interface NodeOptions extends TransportOptions {
  /** The session's cookies, with `withCredentials`. */
  cookies?: CookieJar;
  payloadBytesMax: number;
}
