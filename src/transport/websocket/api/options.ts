/** The options of `naru/websocket`. */
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { count, flag, fn, milliseconds, passedOn, text, value } from '../../../base/options/kinds.js';
import { isObject, type OptionsOf, options } from '../../../base/options/table.js';
import type { WebSocketOptions } from '../settings.js';

/** A refused request: the HTTP status, and the body of the answer. */
export interface Refused {
  status: number;
  reason?: string;
  headers?: readonly (readonly [name: string, value: string])[];
}

/** The table of the options for accepting connections. */
export const acceptingTable = options('', {
  /** Whether the sends of one turn of the event loop go out as one write at its end. Otherwise each send writes at once. @default true */
  coalesce: flag(true),
  /** Subprotocols that this server speaks. Of those that a client offers, its first that is here is agreed. */
  protocols: value<readonly string[]>('a list of names', isNames),
  /** Chooses a subprotocol from those that the client offers; `undefined` for none. It replaces `protocols`. */
  selectProtocol: fn<(offered: readonly string[], request: IncomingMessage) => string | undefined>(),
  /** Further header fields for the response that opens a connection. */
  headers: value<readonly (readonly [name: string, value: string])[]>('a list of pairs of name and value', isPairs),
});

/** Options for accepting connections. */
export interface AcceptingOptions extends WebSocketOptions, OptionsOf<typeof acceptingTable> {
  coalesce?: boolean;
}

/** The table of the options that a server has besides. */
export const listeningTable = options('', {
  /** Path of the requests that are accepted. Others get 404, or go to other listeners for upgrades. @default any */
  path: text(undefined, 'a path such as "/live"'),
  /** Connections at a time. Beyond it requests get 503. @default Infinity */
  connectionsMax: count(Number.POSITIVE_INFINITY),
  /** Decides about a request before it is accepted: true, false (401), or the refusal itself. */
  verify: fn<(request: IncomingMessage) => boolean | Refused | Promise<boolean | Refused>>(),
});

/** Options of a server. */
export interface ListeningOptions extends AcceptingOptions, OptionsOf<typeof listeningTable> {}

/** Every option of `connect` besides those of the connection. The options of Node's `http.request` and `tls.connect` mean what they mean there. */
export const connectingTable = options('', {
  /** Whether the sends of one turn of the event loop go out as one write at its end. Otherwise each send writes at once. @default true */
  coalesce: flag(true),
  /** Further header fields for the request. Those of the handshake itself are set last. */
  headers: value<Record<string, string | string[]>>('an object of header fields', isObject),
  /** Subprotocols to offer, best first. The server must choose one of them. */
  protocols: value<readonly string[]>('a list of names', isNames),
  /** Time for the connection and the handshake. With 0, as long as it takes. @default 0 (number of milliseconds from 0 on) */
  timeoutMs: milliseconds(0, { min: 0 }),
  /** Gives up when it is aborted before the connection is open. */
  signal: value<AbortSignal>('an AbortSignal', (given) => given instanceof AbortSignal),
  agent: passedOn<RequestOptions['agent']>(),
  ca: passedOn<RequestOptions['ca']>(),
  cert: passedOn<RequestOptions['cert']>(),
  ciphers: passedOn<RequestOptions['ciphers']>(),
  family: passedOn<RequestOptions['family']>(),
  key: passedOn<RequestOptions['key']>(),
  localAddress: passedOn<RequestOptions['localAddress']>(),
  lookup: passedOn<RequestOptions['lookup']>(),
  passphrase: passedOn<RequestOptions['passphrase']>(),
  pfx: passedOn<RequestOptions['pfx']>(),
  rejectUnauthorized: passedOn<RequestOptions['rejectUnauthorized']>(),
  servername: passedOn<RequestOptions['servername']>(),
});

/** Options of one outgoing connection. */
export interface ConnectOptions extends WebSocketOptions, OptionsOf<typeof connectingTable> {
  coalesce?: boolean;
}

function isNames(given: unknown): boolean {
  return Array.isArray(given) && given.every((name) => typeof name === 'string');
}

function isPairs(given: unknown): boolean {
  return Array.isArray(given) && given.every((pair) => isNames(pair) && pair.length === 2);
}
