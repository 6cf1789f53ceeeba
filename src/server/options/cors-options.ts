/** The cross-origin rules that applications give, declared here because the package that carries them out brings no types. */
import type { IncomingMessage } from 'node:http';
import { ConfigError } from '../../base/errors.js';

/** Which origins may: all (`true`, `"*"`), none (`false`), these, or those that match. */
export type CorsOrigin = boolean | string | RegExp | (boolean | string | RegExp)[];

/** Decides over the origin of one request; `undefined` when it has none. */
export type CorsOriginDecider = (
  origin: string | undefined,
  callback: (error: Error | null, origin?: CorsOrigin) => void,
) => void;

/** Cross-origin rules. Fetch standard, "HTTP-network-or-cache fetch" and "CORS protocol". */
export interface CorsOptions {
  /** Who may read responses. @default "*" */
  origin?: CorsOrigin | CorsOriginDecider;
  /** Methods that a preflight allows. @default "GET,HEAD,PUT,PATCH,POST,DELETE" */
  methods?: string | string[];
  /** Request headers that a preflight allows. @default those it asks for */
  allowedHeaders?: string | string[];
  /** Response headers that pages may read. @default none */
  exposedHeaders?: string | string[];
  /** Whether requests may come with cookies; `origin` must then name origins. @default false */
  credentials?: boolean;
  /** Seconds for which a browser may remember a preflight. @default the browser's */
  maxAge?: number;
  /** Whether preflights are left to the next listener. @default false */
  preflightContinue?: boolean;
  /** Status of the answer to a preflight. @default 204 */
  optionsSuccessStatus?: number;
}

/** Gives the rules for one request. */
export type CorsOptionsDelegate = (
  request: IncomingMessage,
  callback: (error: Error | null, options?: CorsOptions) => void,
) => void;

/** What a program may give: rules, or `true` or `"*"` for those of the package, which let every origin in and no cookies; `false` for none. */
export type CorsSetting = CorsOptions | CorsOptionsDelegate | boolean | '*';

/**
 * Throws ConfigError for what can be no rules. Socket.IO takes any other text for `"*"`, also one that names a single origin, which is the
 * opposite of what it says.
 */
export function checkCors(cors: unknown): void {
  if (cors === undefined || cors === '*' || ['boolean', 'function', 'object'].includes(typeof cors)) return;
  throw new ConfigError(
    'BAD_OPTION',
    `the option "cors" is ${String(cors)}; give an object such as { origin: 'https://a.b' }, or true for every origin`,
  );
}
