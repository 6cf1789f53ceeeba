/**
 * The server's half of the opening handshake over HTTP/1.1: checks a request and answers with 101 or an error. RFC
 * 6455, section 4.2.
 */
import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';
import { nodeModule } from '../../base/node/modules.js';
import { type Extension, formatExtensions, parseExtensions } from '../../protocol/websocket/extensions.js';
import {
  acceptOf,
  checkRequest,
  type HeaderFields,
  parseProtocols,
  type Sha1Base64,
} from '../../protocol/websocket/handshake.js';
import { acceptDeflate } from '../../protocol/websocket/permessage-deflate.js';
import { WebSocketConnection, type WebSocketHandler } from './connection.js';
import type { WebSocketSettings } from './settings.js';

/** The options of one accepted request. */
export interface AcceptOptions {
  /** The subprotocols of the server. The first that the client offers and that is listed here is agreed. */
  protocols?: readonly string[];
  /** Further header fields for the response. */
  headers?: readonly (readonly [name: string, value: string])[];
  /** The request's header fields, if the caller has already read them. @default those of the request */
  fields?: HeaderFields;
  /** Whole frames, as a latin1 string, that leave in the same write as the response. */
  firstFrames?: string;
}

const HEAD_101 =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ';
const REFUSED_TIMEOUT_MS = 5_000;
const FORBIDDEN_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/** Returns the SHA-1 of a text in base64. */
export const sha1Base64: Sha1Base64 = (text) => nodeModule('crypto').hash('sha1', text, 'base64');

const NONE: readonly Extension[] = [];

/** The parts of a request that the handshake checks. */
export type OpeningRequest = Pick<IncomingMessage, 'method' | 'httpVersion' | 'headers'>;

/**
 * Accepts the request of an `upgrade` event and returns the connection. Answers an invalid handshake with 400, 405 or
 * 426, closes its socket and returns `undefined`.
 */
export function acceptUpgrade(
  request: OpeningRequest,
  socket: Duplex,
  head: Buffer,
  settings: WebSocketSettings,
  handler: WebSocketHandler,
  options?: AcceptOptions,
): WebSocketConnection | undefined {
  const fields = options?.fields ?? request.headers;
  const key = checkRequest({ method: request.method, httpVersion: request.httpVersion, headers: fields });
  if (typeof key !== 'string') {
    refuseUpgrade(socket, key.status, key.reason, key.headers);
    return undefined;
  }
  const offered = fields['sec-websocket-protocol'];
  let protocol = '';
  if (offered !== undefined) {
    const names = parseProtocols(offered);
    if (names === undefined) {
      refuseUpgrade(socket, 400, 'the Sec-WebSocket-Protocol header is malformed');
      return undefined;
    }
    const spoken = options?.protocols;
    if (spoken !== undefined) protocol = names.find((name) => spoken.includes(name)) ?? '';
  }
  // Most clients offer compression. If the server does not use it, nothing in this header matters, so it is not parsed.
  const extensions = settings.deflate && fields['sec-websocket-extensions'];
  const offers = extensions === undefined ? NONE : parseExtensions(extensions);
  if (offers === undefined) {
    refuseUpgrade(socket, 400, 'the Sec-WebSocket-Extensions header is malformed');
    return undefined;
  }
  if (!socket.readable || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const agreed = settings.deflate && acceptDeflate(offers, settings.deflate.wish);
  let response = `${HEAD_101}${acceptOf(key, sha1Base64)}\r\n`;
  if (protocol !== '') response += `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  if (agreed !== undefined) response += `Sec-WebSocket-Extensions: ${formatExtensions([agreed.answer])}\r\n`;
  if (options?.headers !== undefined) response += encodeHeaders(options.headers);
  prepareSocket(socket);
  socket.write(`${response}\r\n${options?.firstFrames ?? ''}`, 'latin1');
  const connection = new WebSocketConnection(socket, 'server', settings, handler, agreed?.params, head);
  connection.protocol = protocol;
  return connection;
}

/**
 * Answers an upgrade with an HTTP error whose body is `reason`, and closes the socket without a reset. With 503, a
 * client that is not told otherwise may try again in a second.
 */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  reason: string,
  headers: readonly (readonly [string, string])[] = [],
  clock: Clock = systemClock,
): void {
  const body = `${reason}\n`;
  const isTold = status !== 503 || headers.some(([name]) => name === 'Retry-After');
  // The peer may already be gone. Its errors do not matter any more.
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${isTold ? '' : 'Retry-After: 1\r\n'}${encodeHeaders(headers)}\r\n${body}`,
  );
  socket.resume();
  socket.once('end', () => socket.destroy());
  const timer = clock.setTimeout((late) => late.destroy(), REFUSED_TIMEOUT_MS, socket);
  socket.once('close', () => clock.clearTimeout(timer));
}

/**
 * Returns header fields as lines. Throws a ConfigError for a name or value with a character that could break out of its
 * line.
 */
export function encodeHeaders(headers: readonly (readonly [string, string])[]): string {
  let lines = '';
  for (const [name, value] of headers) {
    if (FORBIDDEN_IN_HEADER.test(value) || FORBIDDEN_IN_HEADER.test(name)) {
      throw new ConfigError('BAD_ARGUMENT', `header "${name}" contains a character that HTTP does not allow`);
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/**
 * Turns off two features of HTTP connections that WebSockets do not want: the idle timeout and the delay of small
 * writes.
 */
export function prepareSocket(socket: Duplex): void {
  const tcp = socket as { setTimeout?(ms: number): void; setNoDelay?(on: boolean): void };
  tcp.setTimeout?.(0);
  tcp.setNoDelay?.(true);
}
