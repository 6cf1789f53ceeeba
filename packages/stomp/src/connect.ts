/** Reads CONNECT and writes CONNECTED. STOMP 1.2, "Connecting". */

import type { NamespaceFinder } from 'naru/wire';
import { badRequest } from './destination.js';
import { encodeFrame, type StompHeaders } from './protocol/frame.js';
import {
  agreeOnHeartBeat,
  agreeOnVersion,
  decodeHeartBeat,
  encodeHeartBeat,
  type HeartBeatOffer,
  type StompVersion,
} from './protocol/version.js';

/** The terms of a connection. */
export interface Greeting {
  readonly version: StompVersion;
  /** The namespace that the client wants to join. */
  readonly namespace: string;
  /** The headers that the application sees as `handshake.auth`. */
  readonly auth: Record<string, unknown>;
  /** The longest time between two heart-beats to the client, in milliseconds. 0 means no heart-beats. */
  readonly sendsEveryMs: number;
  /** The longest time between two heart-beats from the client, in milliseconds. 0 means no heart-beats. */
  readonly expectsEveryMs: number;
}

/** Headers of CONNECT that the application does not see. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept-version',
  'host',
  'namespace',
  'heart-beat',
  'receipt',
  'content-length',
  'content-type',
]);

/**
 * Reads the headers of CONNECT. Returns `undefined` if the client names no known version. Throws STOMP_BAD_REQUEST for
 * a bad header.
 */
export function decodeConnect(
  headers: StompHeaders,
  heartBeatMin: number,
  namespaces: Pick<NamespaceFinder, 'get'>,
): Greeting | undefined {
  const version = agreeOnVersion(headers.get('accept-version'));
  if (version === undefined) return undefined;
  const theirs = decodeHeartBeat(headers.get('heart-beat'));
  if (!theirs) throw badRequest('the header "heart-beat" must be two numbers of milliseconds, such as "1000,1000"');
  const ours = oursOf(heartBeatMin);
  const hasBeats = version !== '1.0';
  return {
    version,
    namespace: namespaceOf(headers, namespaces),
    auth: Object.fromEntries([...headers].filter(([name]) => !OWN_HEADERS.has(name))),
    sendsEveryMs: hasBeats ? agreeOnHeartBeat(ours, theirs) : 0,
    expectsEveryMs: hasBeats ? agreeOnHeartBeat(theirs, ours) : 0,
  };
}

function oursOf(heartBeatMin: number): HeartBeatOffer {
  return { sendsMs: heartBeatMin, wantsMs: heartBeatMin };
}

/** Writes CONNECTED. `session` is the id of the socket. */
export function encodeConnected({ version }: Greeting, session: string, heartBeatMin: number): string {
  const headers = { version, session, server: 'naru' };
  const beats = version === '1.0' ? {} : { 'heart-beat': encodeHeartBeat(oursOf(heartBeatMin)) };
  return encodeFrame('CONNECTED', Object.entries({ ...headers, ...beats }), version);
}

/**
 * The header `namespace` names the namespace. Without it, `host` does, if it begins with a slash or is the name of an
 * existing namespace. Any other host is a machine name, which STOMP requires of every client, and leads to the main
 * namespace.
 */
function namespaceOf(headers: StompHeaders, namespaces: Pick<NamespaceFinder, 'get'>): string {
  const named = headers.get('namespace');
  if (named !== undefined && named !== '') return named.startsWith('/') ? named : `/${named}`;
  const host = headers.get('host') ?? '/';
  if (host.startsWith('/')) return host;
  return namespaces.get(`/${host}`) ? `/${host}` : '/';
}
