/** The options of the engine, and the contract between it and its transports; each refers to the other. */
import type { Bytes } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/id.js';
import type { EnginePacket } from '../../protocol/engine-io/packet.js';
import type { PublicEmitter } from '../emitter.js';

/** Options of the engine: how one connection is made and kept. */
export interface EngineOptions {
  /** Host name with an optional port; the URI is the usual way to say it. */
  host?: string;
  /** Host name. @default the page's, or `localhost` */
  hostname?: string;
  /** Port. @default the page's, or 443 when secure and 80 otherwise */
  port?: string | number;
  /** Whether to use TLS. @default what the URI or the page says */
  secure?: boolean;
  /** Path of the endpoint on the server. @default '/engine.io', and '/socket.io' for `io()` */
  path?: string;
  /** Whether `path` ends with a slash. @default true */
  addTrailingSlash?: boolean;
  /** Parameters added to each request; `EIO`, `transport` and `sid` are taken. @default {} */
  query?: Record<string, unknown> | string;
  /**
   * Transports in the order of trial, by name or as classes. When it is left out, long-polling opens the session, which then moves
   * to a WebSocket, or to HTTP streaming (`sse`) where a WebSocket cannot be had; once a WebSocket has worked, the next sessions at
   * that server start with it and fall back to polling at once. A server that takes WebTransport is asked for it first.
   * @default ['polling', 'sse', 'websocket', 'webtransport']
   */
  transports?: readonly (string | TransportClass)[];
  /** Whether to move from polling to a better transport. @default true */
  upgrade?: boolean;
  /** Whether to start with a WebSocket where one has worked before. @default true for `io()` without `transports`, `extraHeaders` and `transportOptions`, else false */
  rememberUpgrade?: boolean;
  /** Whether the next transport is tried when one cannot open. @default false */
  tryAllTransports?: boolean;
  /** Options for single transports, by their names. @default {} */
  transportOptions?: Record<string, Partial<EngineOptions>>;
  /** Headers of each request. Browsers send them with polling only. @default none */
  extraHeaders?: Record<string, string>;
  /** Whether cookies are sent to other origins; in Node, whether the server's cookies are kept for the session. @default false */
  withCredentials?: boolean;
  /** Whether bytes travel as base64 on a WebSocket too. @default false */
  forceBase64?: boolean;
  /** Whether each request carries a unique parameter. @default true for polling, false for WebSocket */
  timestampRequests?: boolean;
  /** Name of that parameter. @default 't' */
  timestampParam?: string;
  /** Milliseconds that one polling request may take; 0 for no limit. @default 0 */
  requestTimeout?: number;
  /** Whether the connection closes silently when the page is left. @default false */
  closeOnBeforeunload?: boolean;
  /** Subprotocols that a WebSocket asks for. */
  protocols?: string | string[];
  /** Whether timers set before a test replaced them are used. @default false */
  useNativeTimers?: boolean;
  /** Node: whether open connections and timers let the program end. @default false */
  autoUnref?: boolean;
  /** Node: the agent of node:http or node:https, for proxies and connection pools; `false` for none. */
  agent?: unknown;
  /** Node: compression of WebSocket messages from `threshold` bytes on; `false` for none. @default { threshold: 1024 } */
  perMessageDeflate?: { threshold?: number } | boolean;
  /** Node, TLS: see node:tls. */
  pfx?: unknown;
  /** Node, TLS: see node:tls. */
  key?: unknown;
  /** Node, TLS: see node:tls. */
  cert?: unknown;
  /** Node, TLS: see node:tls. */
  ca?: unknown;
  /** Node, TLS: see node:tls. */
  passphrase?: string;
  /** Node, TLS: see node:tls. */
  ciphers?: string;
  /** Node, TLS: see node:tls. @default true */
  rejectUnauthorized?: boolean;
  /** Node: most bytes in one message or polling response; a bigger one closes the session. @default 104857600 */
  payloadBytesMax?: number;
  /** Node, UDP: a secret that the server knows as well, as text or bytes. @default none */
  psk?: string | Uint8Array;
  /** Node, UDP: whether to agree on a key that nobody who only listens can know. @default true */
  keyExchange?: boolean;
  /** Where time comes from. @default the clock of the machine */
  clock?: Clock;
  /** Where jitter comes from. @default Math.random */
  random?: Pick<Random, 'fraction'>;
}

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
