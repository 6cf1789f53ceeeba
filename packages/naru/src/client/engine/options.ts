/** The options of the engine, and the contract between the engine and its transports. Each refers to the other. */
import type { Bytes } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { Untyped } from '../../base/event-map.js';
import type { Random } from '../../base/id.js';
import { bytes, flag, milliseconds, objectWith, passedOn, secret, value } from '../../base/options/kinds.js';
import { isObject, type OptionsOf, options } from '../../base/options/table.js';
import type { EnginePacket } from '../../protocol/engine-io/packet.js';
import type { PublicEmitter } from '../emitter.js';

/** Whether a value is text. */
export const isText = (given: unknown): boolean => typeof given === 'string';
/** Whether a value has one of these types. */
export const isAnyOf =
  (...types: string[]) =>
  (given: unknown): boolean =>
    types.includes(typeof given);
const isListOf = (item: (given: unknown) => boolean) => (given: unknown) => Array.isArray(given) && given.every(item);

const string = (initial?: string) => value<string>('a string', isText, initial);
const NO_JSONP = 'remove it, because no browser needs JSONP any more';

/**
 * The table of the engine's options. The bundles for `<script>` leave it out to stay small, so only the two files
 * check-options.ts import it. The other modules import types, and write the defaults where they use them.
 */
export const clientEngineTable = options(
  '',
  {
    /** Host name with an optional port. Usually part of the URI instead. */
    host: string(),
    /** Host name. @default the page's, or `localhost` */
    hostname: string(),
    /** Port. @default the page's, or 443 when secure and 80 otherwise */
    port: value<string | number>('a number or a string', isAnyOf('number', 'string')),
    /** Whether to use TLS. @default from the URI or the page */
    secure: flag(undefined),
    /** Path of the endpoint on the server. @default '/engine.io', and '/socket.io' for `io()` */
    path: string(),
    /** Whether `path` ends with a slash. @default true */
    addTrailingSlash: flag(true),
    /** Parameters added to each request. `EIO`, `transport`, `sid`, `sse` and `once` are reserved. @default {} */
    query: value<Record<string, Untyped> | string>(
      'an object or a string',
      (given) => isText(given) || isObject(given),
    ),
    /**
     * Transports in the order in which to try them, by name or as classes. By default long-polling opens the session,
     * which then moves to a WebSocket, or to HTTP streaming (`sse`) if a WebSocket fails. After a WebSocket has worked,
     * later sessions with that server start with it and fall back to polling at once. If the server offers
     * WebTransport, the session tries that first.
     * @default ['polling', 'sse', 'websocket', 'webtransport']
     */
    transports: value<readonly (string | TransportClass)[]>(
      'a list of names and classes of transports, such as ["websocket"]',
      isListOf(isAnyOf('string', 'function')),
    ),
    /** Whether to move from polling to a better transport. @default true */
    upgrade: flag(true),
    /**
     * Whether to start with a WebSocket at servers where one has worked. @default true for `io()` without `transports`,
     * `extraHeaders` and `transportOptions`, else false
     */
    rememberUpgrade: flag(undefined),
    /** Whether to try the next transport when one cannot open. @default false */
    tryAllTransports: flag(false),
    /** Options for single transports, by name. @default {} */
    transportOptions: value<Record<string, Partial<EngineOptions>>>('an object', isObject),
    /** Headers of each request. Browsers send them with polling only. */
    extraHeaders: value<Record<string, string>>('an object', isObject),
    /**
     * Whether cookies are sent to other origins. In Node, whether the server's cookies are kept for the
     * session. @default false
     */
    withCredentials: flag(false),
    /** Whether bytes travel as base64 on a WebSocket too. @default false */
    forceBase64: flag(false),
    /** Whether each request carries a unique parameter. @default true for polling, false for WebSocket */
    timestampRequests: flag(undefined),
    /** Name of that parameter. @default "t" */
    timestampParam: string('t'),
    /**
     * Milliseconds that one polling request may take, or 0 for no limit. @default 0 (number of milliseconds, 0 or more)
     */
    requestTimeout: milliseconds(0, { min: 0 }),
    /** Whether the connection closes silently when the user leaves the page. @default false */
    closeOnBeforeunload: flag(false),
    /** Subprotocols that a WebSocket asks for. */
    protocols: value<string | string[]>(
      'a string or a list of strings',
      (given) => isText(given) || isListOf(isText)(given),
    ),
    /** Whether to use the native timers even when a test has replaced the global ones. @default false */
    useNativeTimers: flag(false),
    /** Node: whether the program may end while connections and timers are open. @default false */
    autoUnref: flag(false),
    /** Node: the agent of node:http or node:https, for proxies and connection pools, or `false` for none. */
    agent: value<unknown>('an agent of node:http or false', isAnyOf('object', 'boolean', 'string', 'function')),
    /**
     * Node: compression of WebSocket messages of at least `threshold` bytes, or `false` for none. @default { threshold:
     * 1024 }
     */
    perMessageDeflate: value<{ threshold?: number } | boolean>(
      'true, false or an object',
      (given) => typeof given === 'boolean' || isObject(given),
    ),
    /** Node, TLS: see node:tls. */
    pfx: passedOn<unknown>(),
    /** Node, TLS: see node:tls. */
    key: passedOn<unknown>(),
    /** Node, TLS: see node:tls. */
    cert: passedOn<unknown>(),
    /** Node, TLS: see node:tls. */
    ca: passedOn<unknown>(),
    /** Node, TLS: see node:tls. */
    passphrase: secret(string()),
    /** Node, TLS: see node:tls. */
    ciphers: string(),
    /** Node, TLS: see node:tls. @default true */
    rejectUnauthorized: flag(true),
    /** Node: most bytes in one message or polling response. A larger one closes the session. @default 104857600 */
    payloadBytesMax: bytes(100 * 1024 * 1024),
    /** Node: further wires, such as `[udp()]`. @default none */
    wires: value<readonly ClientWire[]>(
      'a list of wires',
      (given) => Array.isArray(given) && given.every((wire) => isObject(wire) && typeof wire.transport === 'function'),
    ),
    /** Source of time. @default the clock of the machine */
    clock: objectWith<Clock>('an object with now, setTimeout and clearTimeout', ['now', 'setTimeout', 'clearTimeout']),
    /** Source of jitter. @default Math.random */
    random: objectWith<Pick<Random, 'fraction'>>('an object with the method fraction', ['fraction']),
  },
  {
    resource: 'use "path"',
    'try multiple transports': 'use "tryAllTransports"',
    jsonp: NO_JSONP,
    forceJSONP: NO_JSONP,
    enablesXDR: 'remove it, because no browser has XDomainRequest any more',
    policyPort: 'remove it, because no browser has Flash any more',
    forceNode: 'use "transports" with the classes NodeXHR and NodeWebSocket',
    onlyBinaryUpgrades: 'use "upgrade"',
    'sync disconnect on unload': 'use "closeOnBeforeunload"',
  },
);

/** Options of the engine, for opening and keeping one connection. */
export interface EngineOptions extends OptionsOf<typeof clientEngineTable> {}

/** Data of a message: text, or bytes in any of their forms. */
export type EngineData = string | Bytes | ArrayBuffer | ArrayBufferView | Blob;

/** An outgoing packet with its write options. */
export interface OutgoingPacket {
  readonly type: EnginePacket['type'];
  readonly data?: EngineData;
  readonly options?: WriteOptions;
}

/** Options of a write. */
export interface WriteOptions {
  /**
   * Whether the message may be dropped instead of waiting, and may travel outside the ordered stream. @default false
   */
  volatile?: boolean;
  /** Whether the message may be compressed. @default true */
  compress?: boolean;
  /** The idempotency key of an event that may be sent again. */
  key?: string;
}

/** The type in which listeners get received bytes. */
export type BinaryType = 'arraybuffer' | 'blob' | 'nodebuffer';

/** The reason why a transport closed. */
export interface CloseDetails {
  description: string;
  /** The CloseEvent, XMLHttpRequest or Response, if there is one. */
  context?: unknown;
}

/** The engine's options in the form that a transport gets. */
export interface TransportOptions extends EngineOptions {
  query: Record<string, unknown>;
  /** The engine. Absent when a transport is used without one. */
  socket?: { readonly binaryType: BinaryType };
}

/** The events of a transport. */
export interface TransportEvents {
  open: () => void;
  packet: (packet: EnginePacket) => void;
  drain: () => void;
  close: (details?: CloseDetails) => void;
  error: (error: Error) => void;
}

/**
 * The contract of a transport. `naru/client` exports the base class `Transport`, which implements everything except the
 * wire.
 */
export interface ClientTransport extends PublicEmitter<TransportEvents> {
  /** The name, as in the option `transports`. */
  readonly name: string;
  readonly query: Record<string, unknown>;
  /** Whether `send` may be called now. `drain` is emitted when it may be called again. */
  readonly writable: boolean;
  readonly readyState: TransportState | undefined;
  /** Starts to open. `open` or `error` follows. */
  open(): unknown;
  /** Closes after the packets that were sent. `close` is emitted before this returns. */
  close(): unknown;
  /** Writes packets. Call it only while `writable`. */
  send(packets: readonly OutgoingPacket[]): void;
  /**
   * Throws ConfigError when the wire cannot carry a message, given as all of its units. Absent if the wire carries
   * every message.
   */
  check?(units: readonly EngineData[]): void;
  /**
   * Sends a Socket.IO message, text first, outside the ordered stream. Returns `false` when it cannot. Absent if the
   * transport never can.
   */
  sendVolatile?(units: readonly unknown[]): boolean;
  /**
   * Returns how many of these packets fit a payload of `bytesMax`, at least one. Absent if each packet travels alone.
   */
  fit?(packets: readonly OutgoingPacket[], bytesMax: number): number;
  /** Calls `onPause` when no more packets are under way, so that another transport can take over. */
  pause?(onPause: () => void): void;
  /** Continues after `pause`. */
  resume?(): void;
}

/** The states of a transport. */
export type TransportState = 'opening' | 'open' | 'pausing' | 'paused' | 'closed';

/** A transport class for the option `transports`. Its prototype has the `name`. */
export type TransportClass = {
  new (options: TransportOptions): ClientTransport;
  readonly prototype: { readonly name: string };
};

/** A wire as the client sees it: a value of the platform, or one that the program gives in the option `wires`. */
export interface ClientWire {
  /** Its transport. The prototype has the name of the wire, as in the option `transports`. */
  readonly transport: TransportClass;
  /** The schemes of its addresses. Without any, it is a default transport for those of HTTP and WebSocket. */
  readonly schemes?: readonly string[];
  /** Adds what the wire has beside a connection, which is a Manager: for example a lane. */
  readonly accompany?: (connection: object) => void;
}
