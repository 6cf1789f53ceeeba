/** The cross-origin rules of an application, declared here because the package `cors` has no types. */
import type { IncomingMessage } from 'node:http';
import { count, flag, groupOr, value } from '../../base/options/kinds.js';
import { isObject, type OptionsOf, options } from '../../base/options/table.js';

/** Origins that may read responses: all (`true`, `"*"`), none (`false`), those named, or those that match. */
export type CorsOrigin = boolean | string | RegExp | (boolean | string | RegExp)[];

/** Decides whether the origin of one request is allowed. `origin` is `undefined` when the request names none. */
export type CorsOriginDecider = (
  origin: string | undefined,
  callback: (error: Error | null, origin?: CorsOrigin) => void,
) => void;

const isText = (given: unknown) => typeof given === 'string';
const isOrigin = (given: unknown) => isText(given) || typeof given === 'boolean' || given instanceof RegExp;
const isOriginSetting = (given: unknown) =>
  isOrigin(given) || typeof given === 'function' || (Array.isArray(given) && given.every(isOrigin));
const names = () => value<string | string[]>('a text or a list of texts', (given) => [given].flat().every(isText));

/** The table of `cors`. */
export const corsTable = options('cors', {
  /** Origins that may read responses. @default "*" */
  origin: value<CorsOrigin | CorsOriginDecider>(
    'true, false, a text, a regular expression, a list of these or a function',
    isOriginSetting,
  ),
  /** Methods that a preflight allows. @default "GET,HEAD,PUT,PATCH,POST,DELETE" */
  methods: names(),
  /** Request headers that a preflight allows. @default those that it asks for */
  allowedHeaders: names(),
  /** Request headers that a preflight allows, as `allowedHeaders`, which wins if both are given. */
  headers: names(),
  /** Response headers that pages may read. */
  exposedHeaders: names(),
  /** Whether requests may come with cookies; `origin` must then name origins. @default false */
  credentials: flag(undefined),
  /** Seconds for which a browser may remember a preflight. @default the browser's own time */
  maxAge: count(undefined, { min: 0 }),
  /** Whether preflights are left to the next listener. @default false */
  preflightContinue: flag(undefined),
  /** Status of the answer to a preflight. @default 204 */
  optionsSuccessStatus: count(undefined, { min: 200, max: 299 }),
});

/** Cross-origin rules. Fetch standard, "HTTP-network-or-cache fetch" and "CORS protocol". */
export interface CorsOptions extends OptionsOf<typeof corsTable> {}

/** Passes the rules for one request to `callback`. */
export type CorsOptionsDelegate = (
  request: IncomingMessage,
  callback: (error: Error | null, options?: CorsOptions) => void,
) => void;

/**
 * The option `cors`: rules, or `true` or `"*"` for every origin without cookies, or `false` for the same origin only.
 */
export type CorsSetting = CorsOptions | CorsOptionsDelegate | boolean | '*';

const corsGroup = groupOr<CorsOptions, typeof corsTable, CorsOptionsDelegate | boolean | '*'>(
  corsTable,
  '',
  (given) => given === '*' || typeof given === 'boolean' || typeof given === 'function',
);

/** Only `"*"` is accepted as a text. Socket.IO reads any text as `"*"`, even one that names a single origin. */
export const corsOption: typeof corsGroup = {
  ...corsGroup,
  expects: 'true, false, "*", a function or an object of options such as { origin: "https://a.b" }',
  keep: (given, path) => {
    // A variable that is not set must not open the server to all.
    const isUnset = isObject(given) && Object.hasOwn(given, 'origin') && given.origin === undefined;
    return corsGroup.keep?.(isUnset ? { ...given, origin: false } : given, path);
  },
};
