/** The options of the engine: connections, without events. */
import type { IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '../../base/clock.js';
import { type Random, systemRandom } from '../../base/id.js';
import {
  bytes,
  count,
  flag,
  fn,
  list,
  milliseconds,
  objectWith,
  oneOf,
  orFalse,
  switched,
  text,
  value,
} from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions, type SettingsOf } from '../../base/options/table.js';
import type { TransportName } from '../../transport/transport.js';
import { type DeflateOptions, deflateTable } from '../../transport/websocket/deflate/settings.js';
import { corsOption } from './cors-options.js';

/** Receives the answer of `allowRequest`: a message for the client, and whether it may connect. */
export type AllowRequestCallback = (message: string | null | undefined, isAllowed: boolean) => void;

/** The table of `httpCompression`. */
export const httpCompressionTable = options('httpCompression', {
  /** Bodies below this size are not compressed. @default 1024 (whole number of bytes, 0 or more) */
  threshold: bytes(1_024, { min: 0 }),
});

/** Compression of long-polling responses. */
export interface HttpCompressionOptions extends OptionsOf<typeof httpCompressionTable> {}

const isOneOf = (names: readonly string[]) => (given: unknown) =>
  typeof given === 'string' && names.includes(given.toLowerCase());

/** The table of `cookie`. The package `cookie` writes the attributes. */
export const cookieTable = options('cookie', {
  /** Name of the cookie. @default "io" */
  name: text('io'),
  /** Path of the URLs that the cookie is sent to. With `false`, the browser chooses. @default "/" */
  path: orFalse(text('/', 'a path such as "/"', /^/)),
  /** Host that the cookie is sent to, with its subdomains. @default the host of the response alone */
  domain: text(undefined),
  /** Seconds until the browser forgets the cookie. @default until the browser ends */
  maxAge: value<number>('a whole number of seconds', Number.isInteger),
  /** Moment at which the browser forgets the cookie. @default when the browser ends */
  expires: value<Date>('a Date', (given) => given instanceof Date),
  /** Whether scripts of the page cannot read the cookie. @default true */
  httpOnly: flag(true),
  /** Whether the cookie is sent over TLS only. @default false */
  secure: flag(undefined),
  /** Whether each top-level site has a cookie of its own. @default false */
  partitioned: flag(undefined),
  /** Priority with which the browser keeps the cookie. @default the browser's choice */
  priority: value<'low' | 'medium' | 'high'>('"low", "medium" or "high"', isOneOf(['low', 'medium', 'high'])),
  /** Whether the cookie is sent with requests from other sites. @default "lax" */
  sameSite: value<boolean | 'lax' | 'strict' | 'none', 'lax'>(
    'true, false, "lax", "strict" or "none"',
    (given) => typeof given === 'boolean' || isOneOf(['lax', 'strict', 'none'])(given),
    'lax',
  ),
  /** Writes the session's id as the value of the cookie. @default encodeURIComponent */
  encode: fn<(value: string) => string>(),
});

/** The session cookie, which leads a load balancer to the process of a polling client. */
export interface CookieOptions extends OptionsOf<typeof cookieTable> {}

/** The settings of the session cookie. */
export interface CookieSettings extends SettingsOf<typeof cookieTable> {}

const TRANSPORT_NAMES: readonly TransportName[] = ['polling', 'websocket', 'sse', 'webtransport'];
const DEFAULT_TRANSPORTS: readonly TransportName[] = ['polling', 'websocket', 'sse'];

const ALWAYS_ON = 'leave it out, heartbeats are always on';
const LISTEN_TO_EVENTS = 'leave it out, and listen to the events of the server';
const USE_CORS = 'use "cors"';

/** The table of the engine's options. */
export const engineTable = options(
  '',
  {
    /** Path of the engine's requests. @default "/engine.io" (the engine alone), "/socket.io" (the server) */
    path: text('/engine.io', 'a path such as "/socket.io"'),
    /** Whether the path ends with a slash. @default true */
    addTrailingSlash: flag(true),
    /**
     * Time after which an unanswered upgrade request outside the path is ended; see `destroyUpgrade`.
     * @default 1000 (number of milliseconds, 0 or more)
     */
    destroyUpgradeTimeout: milliseconds(1_000, { min: 0 }),
    /** Whether upgrade requests that no listener answers are ended. @default true */
    destroyUpgrade: flag(true),
    /** Time that a client has to answer a ping. Then it is closed with `ping timeout`. @default 20000 */
    pingTimeout: milliseconds(20_000),
    /** Time between a pong and the next ping. @default 25000 */
    pingInterval: milliseconds(25_000),
    /** Time that an upgrade may take. Then the session stays on polling. @default 10000 */
    upgradeTimeout: milliseconds(10_000),
    /**
     * Bytes of one message, and of one polling body. Beyond that, the sender gets 413 or close code 1009. @default
     * 1000000
     */
    maxHttpBufferSize: bytes(1_000_000),
    /** Decides whether a client may connect. Called for each handshake, and for each POST of plain events. */
    allowRequest: fn<(request: IncomingMessage, callback: AllowRequestCallback) => void>(),
    /**
     * Transports that clients may use. Sessions of "webtransport" come from `acceptWebTransport`. @default ["polling",
     * "websocket", "sse"]
     */
    transports: list(oneOf(TRANSPORT_NAMES, undefined), DEFAULT_TRANSPORTS),
    /** Whether sessions may move to a better transport. @default true */
    allowUpgrades: flag(true),
    /** Compression of WebSocket messages. */
    perMessageDeflate: switched<DeflateOptions, typeof deflateTable>(deflateTable, false),
    /** Compression of long-polling responses. */
    httpCompression: switched<HttpCompressionOptions, typeof httpCompressionTable>(httpCompressionTable, true),
    /** Message that is sent right after the handshake. */
    initialPacket: value<string | ArrayBuffer | ArrayBufferView>(
      'a text, an ArrayBuffer or a view of one',
      (given) => typeof given === 'string' || given instanceof ArrayBuffer || ArrayBuffer.isView(given),
    ),
    /** The session cookie. */
    cookie: switched<CookieOptions, typeof cookieTable>(cookieTable, false),
    /**
     * Cross-origin rules of polling, as the `cors` package takes them. `true` and `"*"` allow every origin, without
     * cookies.
     * @default none: only pages of the same origin
     */
    cors: corsOption,
    /** Whether clients of Socket.IO 2 (Engine.IO protocol 3) may connect. @default false */
    allowEIO3: flag(false),
    /** Sessions at once. Beyond that, handshakes are refused with 503. @default 1000000 */
    sessionsMax: count(1_000_000),
    /**
     * Handshakes that may wait for `allowRequest` or an id at once. As many may also wait for their turn. Beyond that,
     * they are refused with
     * 503. @default 10000
     */
    handshakesMax: count(10_000),
    /**
     * Handshakes that may begin in any one second, on all wires together. Further ones wait for their turn. @default
     * Infinity
     */
    handshakesPerSecondMax: count(Number.POSITIVE_INFINITY),
    /**
     * Time that a handshake may wait for its turn. Beyond that, a handshake of the network with the most waiting ones
     * is refused with 503 and `Retry-After`. @default 10000 (number of milliseconds, 0 or more)
     */
    handshakeWaitMax: milliseconds(10_000, { min: 0 }),
    /**
     * Bytes that may wait for a client that does not read. Beyond that, its session ends with
     * `transport error`. @default 67108864
     */
    bufferedBytesMax: bytes(64 * 1024 * 1024),
    /** Packets in one polling body. Beyond that, the session ends with 400. @default 10000 */
    packetsPerPayloadMax: count(10_000),
    /** Frames of one WebSocket message. Beyond that, the close code is 1008. @default 131072 */
    fragmentsMax: count(131_072),
    /** Time that a polling body may take. Then the request ends with 408 and its session closes. @default 30000 */
    bodyTimeout: milliseconds(30_000),
    /**
     * Time that `allowRequest`, an id or the engine's middleware may take. Then the request is refused
     * with 503. @default 45000
     */
    handshakeTimeout: milliseconds(45_000),
    /** Time that the other side has for its part of a close. Then the connection is cut. @default 30000 */
    closeTimeout: milliseconds(30_000),
    /**
     * Whether undocumented parts of Node are used for their speed, if this runtime has them.
     * docs/node-internals.md. @default true
     */
    nodeInternals: flag(true),
    /** Source of time, for tests. @default the machine's clock */
    clock: objectWith<Clock, Clock>('a clock, such as a FakeClock', ['now', 'setTimeout'], systemClock),
    /** Source of randomness, for tests. @default the system's secure source */
    random: objectWith<Random, Random>('a source such as a SeededRandom', ['id', 'bytes'], systemRandom),
  },
  {
    wsEngine: 'leave it out, Naru has a WebSocket layer of its own (docs/migration.md)',
    maxPayload: 'use "maxHttpBufferSize"',
    origins: USE_CORS,
    'match origin protocol': USE_CORS,
    handlePreflightRequest: USE_CORS,
    authorization: 'use "allowRequest", or middleware by io.use',
    cookiePath: 'use "cookie.path"',
    cookieHttpOnly: 'use "cookie.httpOnly"',
    resource: 'use "path"',
    heartbeats: ALWAYS_ON,
    heartbeatTimeout: 'use "pingTimeout"',
    'heartbeat timeout': 'use "pingTimeout"',
    heartbeatInterval: 'use "pingInterval"',
    'heartbeat interval': 'use "pingInterval"',
    'close timeout': 'use "pingTimeout"',
    'polling duration': 'use "pingInterval"',
    'destroy upgrade': 'use "destroyUpgrade"',
    'destroy buffer size': 'use "maxHttpBufferSize"',
    logger: LISTEN_TO_EVENTS,
    'log level': LISTEN_TO_EVENTS,
  },
);

/** Options of the engine: connections, without events. */
export interface EngineOptions extends OptionsOf<typeof engineTable> {}

/** The engine's options with all defaults in place. */
export interface EngineSettings extends SettingsOf<typeof engineTable> {}

/**
 * Returns the options of an engine with defaults. Throws a ConfigError that names the option, the value and the fix.
 */
export function readEngineOptions(given: EngineOptions = {}): EngineSettings {
  return readOptions(engineTable, given);
}
