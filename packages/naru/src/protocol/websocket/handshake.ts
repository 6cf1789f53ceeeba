/**
 * The opening handshake: the server's checks of the request and the client's checks of the response. RFC 6455,
 * section 4.
 */
import { type Bytes, encodeBase64 } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';

/** Header fields as Node provides them, with lower-case names. */
export type HeaderFields = { readonly [name: string]: string | readonly string[] | undefined };

/** Computes the SHA-1 of ASCII text as base64. Each platform passes its own function. */
export type Sha1Base64 = (text: string) => string;

/** The parts of an opening request that the server checks. */
export interface UpgradeRequest {
  readonly method?: string | undefined;
  readonly httpVersion: string;
  readonly headers: HeaderFields;
}

/** A refused handshake: the status, the reason, and the header fields that the answer needs. */
export interface Refusal {
  readonly status: 400 | 405 | 426;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** The version of the protocol in RFC 6455. */
const WEBSOCKET_VERSION = '13';

const UPGRADE = Object.entries({ Upgrade: 'websocket', Connection: 'Upgrade' });
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY_FORM = /^[+/0-9A-Za-z]{22}==$/;
const KEY_BYTES = 16;
const TOKEN_FORM = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Checks an opening request and returns its key, or why it is refused. RFC 6455, section 4.2.1. */
export function checkRequest(request: UpgradeRequest): string | Refusal {
  const { headers } = request;
  if (request.method !== 'GET') return refusal(405, 'the method of a WebSocket handshake is GET', [['Allow', 'GET']]);
  if (isBefore11(request.httpVersion)) return refusal(400, 'a WebSocket handshake needs HTTP/1.1');
  if (!hasToken(headers.upgrade, 'websocket')) {
    return refusal(426, 'the Upgrade header is not "websocket"', UPGRADE);
  }
  if (!hasToken(headers.connection, 'upgrade')) return refusal(400, 'the Connection header has no "Upgrade"');
  if (headers['sec-websocket-version'] !== WEBSOCKET_VERSION) {
    // RFC 6455, section 4.2.2, requires the version, and RFC 9110, section 15.5.22, the header Upgrade in every 426.
    const version = ['Sec-WebSocket-Version', WEBSOCKET_VERSION] as const;
    return refusal(426, 'the Sec-WebSocket-Version header is not "13"', [...UPGRADE, version]);
  }
  const key = headers['sec-websocket-key'];
  if (typeof key !== 'string' || !KEY_FORM.test(key)) {
    return refusal(400, 'the Sec-WebSocket-Key header is missing or is not 16 bytes as base64');
  }
  return key;
}

/** Returns the value of Sec-WebSocket-Accept for a key. RFC 6455, section 4.2.2. */
export function acceptOf(key: string, sha1: Sha1Base64): string {
  return sha1(key + GUID);
}

/** Creates a Sec-WebSocket-Key from 16 random bytes. */
export function encodeKey(random: (size: number) => Bytes): string {
  return encodeBase64(random(KEY_BYTES));
}

/**
 * Parses the subprotocols that a client offers, in its order. Returns `undefined` if the header is malformed. RFC 6455,
 * section 4.1.
 */
export function parseProtocols(value: string | readonly string[] | undefined): string[] | undefined {
  if (value === undefined) return [];
  const text = typeof value === 'string' ? value : value.join(',');
  const offered = new Set<string>();
  for (const part of text.split(',')) {
    const name = part.trim();
    if (!TOKEN_FORM.test(name) || offered.has(name)) return undefined;
    offered.add(name);
  }
  return [...offered];
}

/** Whether a name may be offered as a subprotocol. */
export function isProtocolName(name: string): boolean {
  return TOKEN_FORM.test(name);
}

/** Checks a response with status 101 and returns the agreed subprotocol ('' for none). RFC 6455, section 4.1. */
export function checkResponse(
  headers: HeaderFields,
  expected: { readonly accept: string; readonly protocols: readonly string[] },
): string | ProtocolError {
  const upgrade = headers.upgrade;
  if (typeof upgrade !== 'string' || upgrade.toLowerCase() !== 'websocket') {
    return bad('the Upgrade header of the response is not "websocket"');
  }
  if (!hasToken(headers.connection, 'upgrade')) return bad('the Connection header of the response has no "Upgrade"');
  if (headers['sec-websocket-accept'] !== expected.accept) return bad('the Sec-WebSocket-Accept header does not match');
  const protocol = headers['sec-websocket-protocol'];
  if (protocol === undefined) {
    return expected.protocols.length === 0 ? '' : bad('the server agreed to none of the subprotocols');
  }
  if (typeof protocol !== 'string' || !expected.protocols.includes(protocol)) {
    return bad('the server chose a subprotocol that was not offered');
  }
  return protocol;
}

function refusal(status: 400 | 405 | 426, reason: string, headers: Refusal['headers'] = []): Refusal {
  return { status, reason, headers };
}

function bad(message: string): ProtocolError {
  return new ProtocolError('WS_BAD_HANDSHAKE', message);
}

function isBefore11(version: string): boolean {
  return version === '1.0' || version === '0.9';
}

function hasToken(value: string | readonly string[] | undefined, token: string): boolean {
  if (value === undefined) return false;
  const text = (typeof value === 'string' ? value : value.join(',')).toLowerCase();
  if (text === token) return true;
  for (const part of text.split(',')) if (part.trim() === token) return true;
  return false;
}
