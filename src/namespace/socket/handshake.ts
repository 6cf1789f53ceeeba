/** What `socket.handshake` shows. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { Untyped } from '../../base/event-map.js';
import { type HandshakeRequest, parseQuery } from '../../session/handshake-request.js';

/** The details of the handshake. */
export interface Handshake {
  /** Headers of the opening request. */
  headers: IncomingHttpHeaders;
  /** When the socket was made, as text. */
  time: string;
  /** Address of the peer. */
  address: string;
  /** Whether the request came from a page of another origin. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** When the socket was made, in milliseconds since the Unix epoch. */
  issued: number;
  /** Target of the opening request. */
  url: string;
  /** Its query. */
  query: ParsedUrlQuery;
  /** What the client gave as `auth`; any client can give anything, so check it. */
  auth: Record<string, Untyped>;
}

/** Builds the details from what the session kept of its request. */
export function createHandshake(request: HandshakeRequest, issuedAt: number, auth: Record<string, Untyped>): Handshake {
  const headers = request.headers as IncomingHttpHeaders;
  return {
    headers,
    time: `${new Date(issuedAt)}`,
    address: request.remoteAddress,
    xdomain: headers.origin !== undefined,
    secure: request.isSecure,
    issued: issuedAt,
    url: request.url,
    query: parseQuery(request.url),
    auth,
  };
}
