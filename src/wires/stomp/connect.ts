/** The beginning of a connection: what CONNECT asks for, and what CONNECTED answers. STOMP 1.2, "Connecting". */

import type { NamespaceFinder } from '../../namespace/connection.js';
import { encodeFrame, type StompHeaders } from '../../protocol/stomp/frame.js';
import {
  agreeOnHeartBeat,
  agreeOnVersion,
  decodeHeartBeat,
  encodeHeartBeat,
  type HeartBeatOffer,
  type StompVersion,
} from '../../protocol/stomp/version.js';
import { badRequest } from './destination.js';

/** What was agreed on. */
export interface Greeting {
  readonly version: StompVersion;
  /** The namespace that the client wants to enter. */
  readonly namespace: string;
  /** What the application sees as `handshake.auth`. */
  readonly auth: Record<string, unknown>;
  /** The most milliseconds between two signs of life to the client; 0: none are due. */
  readonly sendsEveryMs: number;
  /** The same from the client. */
  readonly expectsEveryMs: number;
}

/** Headers of CONNECT that are not the application's. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept-version',
  'host',
  'namespace',
  'heart-beat',
  'receipt',
  'content-length',
  'content-type',
]);

/** Reads the headers of CONNECT; `undefined` when no version is known to both. Throws STOMP_BAD_REQUEST for a bad header. */
export function decodeConnect(
  headers: StompHeaders,
  heartBeatMin: number,
  namespaces: Pick<NamespaceFinder, 'get'>,
): Greeting | undefined {
  const version = agreeOnVersion(headers.get('accept-version'));
  if (version === undefined) return undefined;
  const theirs = decodeHeartBeat(headers.get('heart-beat'));
  if (!theirs) throw badRequest('the header "heart-beat" is not two numbers of milliseconds');
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
 * `namespace` names it, or `host` where that begins with a slash or is the name of one that exists. Any other host is the name of the
 * machine, which every client has to give, and leads to the main namespace.
 */
function namespaceOf(headers: StompHeaders, namespaces: Pick<NamespaceFinder, 'get'>): string {
  const named = headers.get('namespace');
  if (named !== undefined && named !== '') return named.startsWith('/') ? named : `/${named}`;
  const host = headers.get('host') ?? '/';
  if (host.startsWith('/')) return host;
  return namespaces.get(`/${host}`) ? `/${host}` : '/';
}
