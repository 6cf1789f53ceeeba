/** The options of the engine, and the contract between it and its transports; each refers to the other. */
import type { Bytes } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
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
 * The table of the engine's options. The bundles for `<script>` have no room for it, so only check-options.ts imports it. The other modules
 * import types, and write the defaults where they use them.
 */
export const clientEngineTable = options(
  '',
  {
    /** Host name with an optional port; the URI is the usual way to say it. */
    host: string(),
    /** Host name. @default the page's, or `localhost` */
    hostname: string(),
    /** Port. @default the page's, or 443 when secure and 80 otherwise */
    port: value<string | number>('a number or a string', isAnyOf('number', 'string')),
    /** Whether to use TLS. @default what the URI or the page says */
    secure: flag(undefined),
    /** Path of the endpoint on the server. @default '/engine.io', and '/socket.io' for `io()` */
    path: string(),
    /** Whether `path` ends with a slash. @default true */
    addTrailingSlash: flag(true),
    /** Parameters added to each request; `EIO`, `transport` and `sid` are taken. @default {} */
    query: value<Record<string, unknown> | string>(
      'an object or a string',
      (given) => isText(given) || isObject(given),
    ),
    /**
     * Transports in the order of trial, by name or as classes. When it is left out, long-polling opens the session, which then moves
     * to a WebSocket, or to HTTP streaming (`sse`) where a WebSocket cannot be had. After a WebSocket has worked, the next sessions at
     * that server start with it and fall back to polling at once. A server that takes WebTransport is asked for it first.
     * @default ['polling', 'sse', 'websocket', 'webtransport']
     */
    transports: value<readonly (string | TransportClass)[]>(
      'a list of names and classes of transports, such as ["websocket"]',
      isListOf(isAnyOf('string', 'function')),
    ),
    /** Whether to move from polling to a better transport. @default true */
    upgrade: flag(true),
    /** Whether to start with a WebSocket where one has worked before. @default true for `io()` without `transports`, `extraHeaders` and `transportOptions`, else false */
    rememberUpgrade: flag(undefined),
    /** Whether the next transport is tried when one cannot open. @default false */
    tryAllTransports: flag(false),
    /** Options for single transports, by their names. @default {} */
    transportOptions: value<Record<string, Partial<EngineOptions>>>('an object', isObject),
    /** Headers of each request. Browsers send them with polling only. */
    extraHeaders: value<Record<string, string>>('an object', isObject),
    /** Whether cookies are sent to other origins; in Node, whether the server's cookies are kept for the session. @default false */
    withCredentials: flag(false),
    /** Whether bytes travel as base64 on a WebSocket too. @default false */
    forceBase64: flag(false),
    /** Whether each request carries a unique parameter. @default true for polling, false for WebSocket */
    timestampRequests: flag(undefined),
    /** Name of that parameter. @default "t" */
    timestampParam: string('t'),
    /** Milliseconds that one polling request may take; 0 for no limit. @default 0 (number of milliseconds from 0 on) */
    requestTimeout: milliseconds(0, { min: 0 }),
    /** Whether the connection closes silently when the page is left. @default false */
    closeOnBeforeunload: flag(false),
    /** Subprotocols that a WebSocket asks for. */
    protocols: value<string | string[]>(
      'a string or a list of strings',
      (given) => isText(given) || isListOf(isText)(given),
    ),
    /** Whether timers set before a test replaced them are used. @default false */
    useNativeTimers: flag(false),
    /** Node: whether open connections and timers let the program end. @default false */
    autoUnref: flag(false),
    /** Node: the agent of node:http or node:https, for proxies and connection pools; `false` for none. */
    agent: value<unknown>('an agent of node:http or false', isAnyOf('object', 'boolean', 'string', 'function')),
    /** Node: compression of WebSocket messages from `threshold` bytes on; `false` for none. @default { threshold: 1024 } */
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
    /** Node: most bytes in one message or polling response; a bigger one closes the session. @default 104857600 */
    payloadBytesMax: bytes(100 * 1024 * 1024),
    /** Node, UDP: a secret that the server knows as well, as text or bytes. */
    psk: secret(
      value<string | Uint8Array>('a string or bytes', (given) => isText(given) || given instanceof Uint8Array),
    ),
    /** Node, UDP: whether to agree on a key that nobody who only listens can know. @default true */
    keyExchange: flag(true),
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

/** Options of the engine: how one connection is made and kept. */
export interface EngineOptions extends OptionsOf<typeof clientEngineTable> {}

/** Data of a message: text, or bytes in any of their forms. */
export type EngineData = string | Bytes | ArrayBuffer | ArrayBufferView | Blob;

/** A packet on its way out, with how it is written. */
export interface OutgoingPacket {
  readonly type: EnginePacket['type'];
  readonly data?: EngineData;
  readonly options?: WriteOptions;
}

/** How a message is written. */
export interface WriteOptions {
  /** Whether the message may be lost rather than wait, and may go beside the others. @default false */
  volatile?: boolean;
  /** Whether the message may be compressed. @default true */
  compress?: boolean;
  /** The key of an event that may be sent again. */
  key?: string;
}

/** How received bytes are given to listeners. */
export type BinaryType = 'arraybuffer' | 'blob' | 'nodebuffer';

/** Why a transport closed. */
export interface CloseDetails {
  description: string;
  /** The CloseEvent, XMLHttpRequest or Response, where there is one. */
  context?: unknown;
}

/** The engine's options as a transport gets them. */
export interface TransportOptions extends EngineOptions {
  query: Record<string, unknown>;
  /** The engine; absent when a transport is used by itself. */
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

/** What the engine needs of a transport. `naru/client` exports the base class `Transport`, which has all but the wire. */
export interface ClientTransport extends PublicEmitter<TransportEvents> {
  /** As in the `transports` option. */
  readonly name: string;
  readonly query: Record<string, unknown>;
  /** Whether `send` may be called now; `drain` says when it may again. */
  readonly writable: boolean;
  readonly readyState: TransportState | undefined;
  /** Starts to open; `open` or `error` follows. */
  open(): unknown;
  /** Closes, after what was sent; `close` is emitted before this returns. */
  close(): unknown;
  /** Writes packets, only while `writable`. */
  send(packets: readonly OutgoingPacket[]): void;
  /** Throws ConfigError for a message, all of its units, that the wire cannot carry; absent where it carries any. */
  check?(units: readonly EngineData[]): void;
  /** Sends a message of Socket.IO, its text first, beside the ordered ones; absent where there is no such way. `false`: it cannot. */
  sendVolatile?(units: readonly unknown[]): boolean;
  /** How many of these packets, at least one, fit a payload of `bytesMax`; absent where each packet travels alone. */
  fit?(packets: readonly OutgoingPacket[], bytesMax: number): number;
  /** Calls back when nothing is on its way any more, so that another transport can go on. */
  pause?(onPause: () => void): void;
  /** Goes on after `pause`. */
  resume?(): void;
}

/** Where a transport stands in its life. */
export type TransportState = 'opening' | 'open' | 'pausing' | 'paused' | 'closed';

/** A class that can stand in `transports`; its prototype has the `name`. */
export type TransportClass = {
  new (options: TransportOptions): ClientTransport;
  readonly prototype: { readonly name: string };
};
