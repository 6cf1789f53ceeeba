/** The options of `naru/websocket`. */
import type { IncomingMessage } from 'node:http';
import { count, flag, fn, text, value } from '../../../base/options/kinds.js';
import { type OptionsOf, options } from '../../../base/options/table.js';
import type { connectingTable } from '../dial.js';
import { isNames, type WebSocketOptions } from '../settings.js';

/** A refused request: the HTTP status, and the body of the answer. */
export interface Refused {
  status: number;
  reason?: string;
  headers?: readonly (readonly [name: string, value: string])[];
}

/** The table of the options for accepting connections. */
export const acceptingTable = options('', {
  /**
   * Whether all sends of one turn of the event loop become one write at its end. Otherwise each send writes at
   * once. @default true
   */
  coalesce: flag(true),
  /** The subprotocols of this server. The first that a client offers and that is listed here is agreed. */
  protocols: value<readonly string[]>('a list of names', isNames),
  /** Chooses a subprotocol from those that the client offers; `undefined` for none. It replaces `protocols`. */
  selectProtocol: fn<(offered: readonly string[], request: IncomingMessage) => string | undefined>(),
  /** Further header fields for the response that opens a connection. */
  headers: value<readonly (readonly [name: string, value: string])[]>('a list of pairs of name and value', isPairs),
});

/** Options for accepting connections. */
export interface AcceptingOptions extends WebSocketOptions, OptionsOf<typeof acceptingTable> {
  coalesce?: boolean | undefined;
}

/** The table of the further options of a server. */
export const listeningTable = options('', {
  /** The path of accepted requests. Others get 404, or go to other listeners for upgrades. @default any */
  path: text(undefined, 'a path such as "/live"'),
  /** The most connections at a time. Further requests get 503. @default Infinity */
  connectionsMax: count(Number.POSITIVE_INFINITY),
  /** Decides about a request before it is accepted: true, false (401), or the refusal itself. */
  verify: fn<(request: IncomingMessage) => boolean | Refused | Promise<boolean | Refused>>(),
});

/** Options of a server. */
export interface ListeningOptions extends AcceptingOptions, OptionsOf<typeof listeningTable> {}

/** Options of one outgoing connection. */
export interface ConnectOptions extends WebSocketOptions, OptionsOf<typeof connectingTable> {
  coalesce?: boolean | undefined;
}

function isPairs(given: unknown): boolean {
  return Array.isArray(given) && given.every((pair) => isNames(pair) && pair.length === 2);
}
