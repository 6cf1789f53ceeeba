/** Every option of the server, declared once: default, unit, bounds and what happens at the bound. Checked once, then frozen. */

import type { IncomingMessage } from 'node:http';
import type { SerializeOptions } from 'cookie';
import type { Backplane } from '../../backplane/backplane.js';
import { type Clock, systemClock } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';
import { type Random, systemRandom } from '../../base/id.js';
import { withoutUndefined } from '../../base/without-undefined.js';
import type { HistorySettings } from '../../namespace/history/history.js';
import type { KeyOwner } from '../../namespace/once/once.js';
import type { PresenceSettings } from '../../namespace/presence/settings.js';
import type { PublishedParser } from '../../protocol/socket-io/parser.js';
import type { TransportName } from '../../transport/transport.js';
import { type CorsSetting, checkCors } from './cors-options.js';
import { type EventsOptions, type EventsSettings, settleEventsOptions } from './events-options.js';
import {
  type HistoryOptions,
  type PresenceServerOptions,
  settleHistoryOptions,
  settlePresenceOptions,
} from './history-options.js';
import {
  checkBackplane,
  checkIdempotency,
  checkInitialPacket,
  checkNumber,
  checkTransports,
  TRANSPORTS,
} from './option-checks.js';
import type { SlowReadersOptions } from './slow-options.js';
import { type StompEndpointSettings, type StompOptions, settleStompOptions } from './stomp-options.js';
import { settleTcpOptions, type TcpOptions } from './tcp-options.js';
import { settleUdpOptions, type UdpOptions } from './udp-options.js';

/** Called with the answer of `allowRequest`: a message for the client, and whether it may come in. */
export type AllowRequestCallback = (message: string | null | undefined, isAllowed: boolean) => void;

/** Options of the permessage-deflate extension, RFC 7692. */
export interface PerMessageDeflateOptions {
  /** Messages below this size in bytes are not compressed. @default 1024 */
  threshold?: number;
  /** Whether the server starts each message with an empty window. @default false */
  serverNoContextTakeover?: boolean;
  /** Whether the client has to start each message with an empty window. @default false */
  clientNoContextTakeover?: boolean;
  /** Window of the server, 8 to 15 bits. @default 15 */
  serverMaxWindowBits?: number;
  /** Window asked of the client, 8 to 15 bits. @default 15 */
  clientMaxWindowBits?: number | boolean;
  /** Messages being compressed at once, over all connections. @default 10 */
  concurrencyLimit?: number;
  /** Options of node:zlib for compression. Its `windowBits` is what was agreed on with the client, whatever stands here. */
  zlibDeflateOptions?: {
    level?: number;
    memLevel?: number;
    chunkSize?: number;
    strategy?: number;
    windowBits?: number;
  };
  /** Options of node:zlib for decompression; `chunkSize` alone has an effect. */
  zlibInflateOptions?: { chunkSize?: number; windowBits?: number; memLevel?: number };
}

/** Compression of long-polling responses. */
export interface HttpCompressionOptions {
  /** Bodies below this size in bytes are not compressed. @default 1024 */
  threshold?: number;
}

/** The session cookie, which load balancers can use to find the node of a polling client. */
export type CookieOptions = SerializeOptions & { name?: string };

/** Options of the engine: connections, without events. */
export interface EngineOptions {
  /** Path of the engine's requests. @default "/engine.io" (the engine alone), "/socket.io" (the server) */
  path?: string;
  /** Whether the path ends with a slash. @default true */
  addTrailingSlash?: boolean;
  /** Milliseconds that upgrade requests of others are left alone before they are ended; see `destroyUpgrade`. @default 1000 */
  destroyUpgradeTimeout?: number;
  /** Whether upgrade requests that nobody answers are ended. @default true */
  destroyUpgrade?: boolean;
  /** Milliseconds that a client has to answer a ping; then it is closed with `ping timeout`. 1 to 2^31-1. @default 20000 */
  pingTimeout?: number;
  /** Milliseconds between a pong and the next ping. 1 to 2^31-1. @default 25000 */
  pingInterval?: number;
  /** Milliseconds that an upgrade may take; then the session stays on polling. 1 to 2^31-1. @default 10000 */
  upgradeTimeout?: number;
  /** Bytes of one message, and of one polling body. Beyond it the sender gets 413 or close code 1009. 1 or more. @default 1000000 */
  maxHttpBufferSize?: number;
  /** Decides over each handshake and upgrade. */
  allowRequest?: (request: IncomingMessage, callback: AllowRequestCallback) => void;
  /** The transports that clients may use; "webtransport" needs sessions from `acceptWebTransport`. @default ["polling", "websocket", "sse"] */
  transports?: TransportName[];
  /** Whether sessions may move to a better transport. @default true */
  allowUpgrades?: boolean;
  /** Whether WebSocket messages are compressed, and how. @default false */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Whether long-polling responses are compressed, and how. @default true, from 1024 bytes */
  httpCompression?: boolean | HttpCompressionOptions;
  /** A message that is sent right behind the handshake. */
  initialPacket?: string | ArrayBufferView;
  /** The session cookie. @default false */
  cookie?: CookieOptions | boolean;
  /**
   * Cross-origin rules of polling, as the `cors` package takes them; `true` or `"*"` for its own: every origin, without cookies.
   * @default none: only pages of the same origin
   */
  cors?: CorsSetting;
  /** Whether clients of Socket.IO 2 (Engine.IO protocol 3) may connect. @default false */
  allowEIO3?: boolean;
  /** Sessions at once; beyond it handshakes are refused with 503. 1 or more. @default 1000000 */
  sessionsMax?: number;
  /** Handshakes waiting for `allowRequest` or an id at once, and as many for their turn; beyond it they are refused with 503. 1 or more. @default 10000 */
  handshakesMax?: number;
  /**
   * Handshakes that are begun in any second, on all wires together; more wait for their turn in the order in which they came. 1 or more.
   * @default Infinity
   */
  handshakesPerSecondMax?: number;
  /** Milliseconds that a handshake may wait for its turn; beyond it one of the network that has most waiting is refused with 503 and `Retry-After`. 0 or more. @default 10000 */
  handshakeWaitMax?: number;
  /** Bytes that may wait for a client that does not read; beyond it its session ends with `transport error`. @default 67108864 */
  bufferedBytesMax?: number;
  /** Packets in one polling body; beyond it the session ends with 400. 1 or more. @default 10000 */
  packetsPerPayloadMax?: number;
  /** Frames of one WebSocket message; beyond it the close code is 1008. 1 or more. @default 131072 */
  fragmentsMax?: number;
  /** Milliseconds that a polling body may take; then the request ends with 408 and its session closes. @default 30000 */
  bodyTimeout?: number;
  /** Milliseconds that `allowRequest`, an id or the engine's middleware may take; then the request is refused with 503. @default 45000 */
  handshakeTimeout?: number;
  /** Milliseconds that the other side has for its part of a close; then the connection is cut. @default 30000 */
  closeTimeout?: number;
  /** Whether undocumented parts of Node are used for their speed, where this runtime has them. docs/node-internals.md. @default true */
  nodeInternals?: boolean;
  /** Where time comes from; for tests. @default the machine's clock */
  clock?: Clock;
  /** Where randomness comes from; for tests. @default the system's secure source */
  random?: Random;
}

/** Connection state recovery: a client that comes back in time gets its id, rooms, data and missed events. */
export interface ConnectionStateRecoveryOptions {
  /** Milliseconds for which sessions and events are kept. 1 to 2^31-1. @default 120000 */
  maxDisconnectionDuration?: number;
  /** Whether middleware is skipped for a recovered session. @default true */
  skipMiddlewares?: boolean;
  /** Bytes of events that a namespace keeps; beyond it the oldest go and who needs them is not recovered. @default 67108864 */
  bytesMax?: number;
  /** Sessions that a namespace keeps after their connection went; beyond it those that went first are let go. @default 100000 */
  keptSessionsMax?: number;
}

/** What is remembered of events that clients send until they are answered, so that no listener gets one twice. docs/delivery.md. */
export interface IdempotencyOptions {
  /** Milliseconds for which an answer is remembered; an event that is sent again later counts as new. @default 86400000 */
  ageMax?: number;
  /** Events that are remembered in memory; beyond it the oldest count as new when they are sent again. @default 100000 */
  countMax?: number;
  /** Bytes of memory for what is remembered; beyond it the oldest count as new when they are sent again. @default 67108864 */
  bytesMax?: number;
  /** Answers in the store of the backplane, of all processes that share it; beyond it the oldest go. 1 or more. @default 1000000 */
  storedCountMax?: number;
  /** Bytes of these answers and their keys; beyond it the oldest go. 1 or more. @default 268435456, 256 MiB */
  storedBytesMax?: number;
  /**
   * Names whom the keys of a socket belong to, a user for instance: the same key of somebody else is another one, and keys need not be
   * secret. It is asked when an event comes. @default none: a key has 20 characters at least, and is a secret of its client
   */
  scope?: (socket: KeyOwner) => string;
}

/** Options of the server. */
export interface ServerOptions extends EngineOptions {
  /** Whether the client bundles are served under the path. @default true */
  serveClient?: boolean;
  /** Milliseconds that a client has to join a namespace; then it is closed. 1 to 2^31-1. @default 45000 */
  connectTimeout?: number;
  /** Replaces the packet format on both ends. @default Socket.IO's own */
  parser?: PublishedParser;
  /** Keeps sessions and events for clients that come back. @default off */
  connectionStateRecovery?: ConnectionStateRecoveryOptions;
  /** Plain events over HTTP: streams for `EventSource` and `curl`, POST to publish, WebSockets without a library. @default false */
  events?: boolean | EventsOptions;
  /** Whether a namespace that a pattern or function made goes when its last socket leaves. @default false */
  cleanupEmptyChildNamespaces?: boolean;
  /** Attachments of one packet; beyond it the session ends with `parse error`. @default 1000 */
  attachmentsMax?: number;
  /** Bytes of all attachments of one packet; beyond it the session ends with `parse error`. @default 16 times maxHttpBufferSize */
  attachmentBytesMax?: number;
  /** Levels of arrays and objects in one packet; beyond it the session ends with `parse error`. @default 1000 */
  depthMax?: number;
  /** Acknowledgements that one socket may owe; beyond it the oldest is let go. @default 10000 */
  acksMax?: number;
  /** Rooms of one socket besides its own; joining one more disconnects it. @default 10000 */
  roomsPerSocketMax?: number;
  /** Namespaces of one connection; joining one more is refused with `connect_error`. @default 100 */
  namespacesPerConnectionMax?: number;
  /** Namespaces that patterns and functions made, by names of at most 500 characters; beyond it clients are refused with `connect_error`. @default 100000 */
  dynamicNamespacesMax?: number;
  /** Where the log of the namespaces is kept; its maker closes it. @default none, or memory with connectionStateRecovery */
  backplane?: Backplane;
  /** Bytes that may wait for a client; one that has more reads what follows from the log when it can. Only where there is a log. @default 1048576 */
  lateBytesMax?: number;
  /** What becomes of events for clients that read slowly, where namespace and room do not say. docs/slow-readers.md has these options. @default {} */
  slowReaders?: SlowReadersOptions;
  /** How long, and how many, answers to events with a key are remembered, and whose a key is. docs/delivery.md has these options. @default {} */
  idempotency?: IdempotencyOptions;
  /** Bounds of what is read at once of what was sent to a room. docs/history.md has these options. @default {} */
  history?: HistoryOptions;
  /** Who is in a room: grace, leases and bounds. docs/presence.md has these options. @default {} */
  presence?: PresenceServerOptions;
  /** Sessions over UDP, and lanes beside other wires: `io.listen('udp://:4001')`. docs/udp.md has these options. @default {} */
  udp?: UdpOptions;
  /** Endpoints of byte streams: `tcp://`, `tls://` and `unix:`. docs/tcp.md has these options. @default {} */
  tcp?: TcpOptions;
  /** STOMP over WebSockets, with these options; they count for `stomp://` endpoints too, which need no option. docs/stomp.md has them. @default false */
  stomp?: boolean | StompOptions;
}

type Settled<Options> = {
  readonly [Name in keyof Required<Options>]: Exclude<Options[Name & keyof Options], undefined>;
};
type OptionalNames = 'allowRequest' | 'initialPacket' | 'cors';

/** The engine's options with all defaults in place. */
export type EngineSettings = Settled<Omit<EngineOptions, OptionalNames>> & Pick<EngineOptions, OptionalNames>;

/** Those that are kept as they were given: whoever reads them knows their defaults. */
type KeptNames = OptionalNames | 'parser' | 'udp' | 'tcp' | 'backplane' | 'slowReaders';
/** Those that are settled into something else. */
type OtherNames = 'connectionStateRecovery' | 'idempotency' | 'events' | 'stomp' | 'history' | 'presence';

/** The server's options with all defaults in place. */
export type ServerSettings = Settled<Omit<ServerOptions, KeptNames | OtherNames>> &
  Pick<ServerOptions, KeptNames> & {
    readonly connectionStateRecovery: Required<ConnectionStateRecoveryOptions> | undefined;
    readonly idempotency: Required<Omit<IdempotencyOptions, 'scope'>> & { readonly scope: IdempotencyOptions['scope'] };
    readonly events: EventsSettings | undefined;
    readonly history: HistorySettings;
    readonly presence: PresenceSettings;
    readonly stomp: StompEndpointSettings;
  };

const TIMER_MAX = 2 ** 31 - 1;

/** Ranges of the numbers; what is not here is not a number. */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  destroyUpgradeTimeout: [0, TIMER_MAX],
  pingTimeout: [1, TIMER_MAX],
  pingInterval: [1, TIMER_MAX],
  upgradeTimeout: [1, TIMER_MAX],
  connectTimeout: [1, TIMER_MAX],
  bodyTimeout: [1, TIMER_MAX],
  closeTimeout: [1, TIMER_MAX],
  handshakeTimeout: [1, TIMER_MAX],
  maxDisconnectionDuration: [1, TIMER_MAX],
  maxHttpBufferSize: [1, Number.POSITIVE_INFINITY],
  sessionsMax: [1, Number.POSITIVE_INFINITY],
  keptSessionsMax: [1, Number.POSITIVE_INFINITY],
  handshakesMax: [1, Number.POSITIVE_INFINITY],
  handshakesPerSecondMax: [1, Number.POSITIVE_INFINITY],
  handshakeWaitMax: [0, TIMER_MAX],
  bufferedBytesMax: [1, Number.POSITIVE_INFINITY],
  packetsPerPayloadMax: [1, Number.POSITIVE_INFINITY],
  fragmentsMax: [1, Number.POSITIVE_INFINITY],
  bytesMax: [1, Number.POSITIVE_INFINITY],
  ageMax: [1, Number.POSITIVE_INFINITY],
  countMax: [1, Number.POSITIVE_INFINITY],
  storedCountMax: [1, Number.POSITIVE_INFINITY],
  storedBytesMax: [1, Number.POSITIVE_INFINITY],
  attachmentsMax: [0, Number.POSITIVE_INFINITY],
  attachmentBytesMax: [0, Number.POSITIVE_INFINITY],
  depthMax: [1, Number.POSITIVE_INFINITY],
  acksMax: [1, Number.POSITIVE_INFINITY],
  roomsPerSocketMax: [1, Number.POSITIVE_INFINITY],
  namespacesPerConnectionMax: [1, Number.POSITIVE_INFINITY],
  dynamicNamespacesMax: [0, Number.POSITIVE_INFINITY],
  lateBytesMax: [1, Number.POSITIVE_INFINITY],
};

/** Options of Socket.IO that Naru has no use for, and what to do instead. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  adapter: 'there is no adapter class; one process needs none, and several share a "backplane" (docs/migration.md)',
  wsEngine: 'Naru has its own WebSocket layer, so there is none to choose (docs/migration.md)',
};

/** The options of an engine with defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleEngineOptions(options: EngineOptions): EngineSettings {
  checkOptions(options);
  return Object.freeze({
    path: '/engine.io',
    addTrailingSlash: true,
    destroyUpgradeTimeout: 1_000,
    destroyUpgrade: true,
    pingTimeout: 20_000,
    pingInterval: 25_000,
    upgradeTimeout: 10_000,
    maxHttpBufferSize: 1_000_000,
    transports: [...TRANSPORTS],
    allowUpgrades: true,
    perMessageDeflate: false,
    httpCompression: true,
    cookie: false,
    allowEIO3: false,
    sessionsMax: 1_000_000,
    handshakesMax: 10_000,
    handshakesPerSecondMax: Number.POSITIVE_INFINITY,
    handshakeWaitMax: 10_000,
    bufferedBytesMax: 64 * 1024 * 1024,
    packetsPerPayloadMax: 10_000,
    fragmentsMax: 131_072,
    bodyTimeout: 30_000,
    closeTimeout: 30_000,
    handshakeTimeout: 45_000,
    nodeInternals: true,
    clock: systemClock,
    random: systemRandom,
    ...withoutUndefined(options),
  });
}

/** The options of a server with defaults. Throws ConfigError, naming the option, the value and the fix. */
export function settleServerOptions(options: ServerOptions): ServerSettings {
  const { connectionStateRecovery, ...others } = options;
  const engine = settleEngineOptions({ ...others, path: options.path ?? '/socket.io' });
  if (connectionStateRecovery !== undefined) checkOptions(connectionStateRecovery);
  if (options.idempotency !== undefined) {
    checkOptions(options.idempotency);
    checkIdempotency(options.idempotency);
  }
  checkBackplane(options.backplane);
  settleUdpOptions(options.udp);
  settleTcpOptions(options.tcp);
  return Object.freeze({
    serveClient: true,
    connectTimeout: 45_000,
    cleanupEmptyChildNamespaces: false,
    attachmentsMax: 1_000,
    attachmentBytesMax: 16 * engine.maxHttpBufferSize,
    depthMax: 1_000,
    acksMax: 10_000,
    roomsPerSocketMax: 10_000,
    namespacesPerConnectionMax: 100,
    dynamicNamespacesMax: 100_000,
    lateBytesMax: 1024 * 1024,
    ...withoutUndefined(others),
    ...engine,
    events: settleEventsOptions(options.events),
    history: settleHistoryOptions(options.history),
    presence: settlePresenceOptions(
      options.presence,
      connectionStateRecovery && (connectionStateRecovery.maxDisconnectionDuration ?? 120_000),
    ),
    stomp: settleStompOptions(options.stomp, engine.maxHttpBufferSize),
    idempotency: {
      ageMax: 24 * 60 * 60 * 1_000,
      countMax: 100_000,
      bytesMax: 64 * 1024 * 1024,
      storedCountMax: 1_000_000,
      storedBytesMax: 256 * 1024 * 1024,
      scope: undefined,
      ...withoutUndefined(options.idempotency ?? {}),
    },
    connectionStateRecovery: connectionStateRecovery && {
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: true,
      bytesMax: 64 * 1024 * 1024,
      keptSessionsMax: 100_000,
      ...withoutUndefined(connectionStateRecovery),
    },
  });
}

function checkOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const fix = LEFT_OUT[name];
    if (fix !== undefined) throw new ConfigError('BAD_OPTION', `the option "${name}" is left out on purpose: ${fix}`);
    const range = RANGES[name];
    if (range) checkNumber(name, value, range);
  }
  const { transports, path, cors, initialPacket } = options as EngineOptions;
  checkInitialPacket(initialPacket);
  checkCors(cors);
  if (path !== undefined && typeof path !== 'string') {
    throw new ConfigError('BAD_OPTION', `the option "path" is ${String(path)}; give a path such as "/socket.io"`);
  }
  if (transports !== undefined) checkTransports(transports);
}
