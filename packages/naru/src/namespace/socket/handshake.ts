/** The value of `socket.handshake`. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { Untyped } from '../../base/event-map.js';
import { type HandshakeRequest, parseQuery } from '../../session/handshake-request.js';

/** The details of the handshake. */
export interface Handshake {
  /** Headers of the opening request. */
  headers: IncomingHttpHeaders;
  /** When the socket was created, as text. */
  time: string;
  /** Address of the peer. */
  address: string;
  /** Whether the request came from a page of another origin. */
  xdomain: boolean;
  /** Whether the connection is encrypted. */
  secure: boolean;
  /** When the socket was created, in milliseconds since the Unix epoch. */
  issued: number;
  /** Target of the opening request. */
  url: string;
  /** The query of that request. */
  query: ParsedUrlQuery;
  /** The `auth` data of the client. A client can send anything here, so check it. */
  auth: Record<string, Untyped>;
}

/** Builds the details from the request that opened the session. */
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
