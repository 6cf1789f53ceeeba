/** Converts between bodies and the arguments of events. */
import { Buffer, isUtf8 } from 'node:buffer';
import { asBuffer, asBytes, type Bytes, ProtocolError } from 'naru/base';
import { ARGUMENTS_MAX, decodeValue, encodeValue } from 'naru/protocol';
import type { OutgoingEvent } from 'naru/wire';
import { bodyTypeOf, charsetOf, isJson, jsonOf } from 'naru/wire';
import type { StompHeaders } from './protocol/frame.js';
import type { StompVersion } from './protocol/version.js';

/** The body of a MESSAGE. A text is a string, so that a WebSocket carries it as text. */
export interface MessageBody {
  readonly contentType: string | undefined;
  readonly body: string | Bytes;
}

/** The headers and the body of a SEND. They travel with the event, for subscribers that speak STOMP too. */
export interface StompOrigin {
  /** The sender's own headers. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The original body. `undefined` for JSON, which all wires write as the list of arguments. */
  readonly body: MessageBody | undefined;
}

const JSON_TYPE = 'application/json';
const BYTES_TYPE = 'application/octet-stream';

/** Headers that belong to a frame and not to its message. */
const FRAME_HEADERS: ReadonlySet<string> = new Set([
  'destination',
  'transaction',
  'receipt',
  'content-length',
  'content-type',
  'event',
  'subscription',
  'message-id',
  'ack',
  'offset',
  'redelivered',
]);
const REPLY_TO = 'reply-to';
/** The destination of answers to the server's events. A client must not direct replies of others there. */
const ACK_PLACE = '/ack/';

/**
 * Reads the arguments in the body of a SEND: the items of a JSON array, any other JSON value, a string for text, or
 * bytes. A body without `content-type` is bytes. In STOMP 1.0, which has no content types, it is text unless it has a
 * `content-length`.
 */
export function decodeArgs(body: Bytes, headers: StompHeaders, version: StompVersion, depthMax: number): unknown[] {
  const kind = kindOf(headers, version);
  if (kind === 'bytes') return [asBuffer(body)];
  if (!isUtf8(body)) throw new ProtocolError('STOMP_BAD_REQUEST', 'the body is not valid UTF-8');
  const text = asBuffer(body).toString();
  if (kind === 'text') return [text];
  if (text === '') return [];
  const value = decodeValue(text, depthMax);
  const args = Array.isArray(value) ? value : [value];
  if (args.length <= ARGUMENTS_MAX) return args;
  throw new ProtocolError('STOMP_BAD_REQUEST', `the body has more than ${ARGUMENTS_MAX} arguments`);
}

/** Returns the headers and the body that subscribers with STOMP get unchanged from a SEND. */
export function originOf(body: Bytes, headers: StompHeaders, version: StompVersion): StompOrigin {
  const own = ownHeaders(headers);
  const contentType = headers.get('content-type');
  const kind = kindOf(headers, version);
  return { headers: own, body: kind === 'json' ? undefined : { contentType, body: asText(body, contentType) } };
}

/** Returns the headers of a sender without those that STOMP and Naru define. */
export function ownHeaders(headers: StompHeaders): (readonly [string, string])[] {
  return [...headers].filter(([name, value]) => isOwn(name, value));
}

/** Compares a name without spaces and carriage returns, because subscribers with older versions remove them. */
function isOwn(name: string, value: string): boolean {
  const read = name.replaceAll('\r', '').trim();
  return !FRAME_HEADERS.has(read) && !(read === REPLY_TO && value.trim().startsWith(ACK_PLACE));
}

/** Returns a body as text if it is UTF-8, unless its type is bytes. */
export function asText(body: Bytes, contentType: string | undefined): string | Bytes {
  return contentType !== BYTES_TYPE && isUtf8(body) ? asBuffer(body).toString() : body;
}

/** Encodes the body of an event: the JSON list of its arguments, or its only argument if that is bytes. */
export function encodeBody(event: OutgoingEvent): MessageBody {
  const { soleBytes } = event;
  return soleBytes ? { contentType: BYTES_TYPE, body: soleBytes } : { contentType: JSON_TYPE, body: jsonOf(event) };
}

/** Encodes the body of an answer. Throws NOT_ENCODABLE for data that JSON cannot hold. */
export function encodeArgs(args: readonly unknown[]): MessageBody {
  const [first] = args;
  if (args.length === 1 && (first instanceof ArrayBuffer || ArrayBuffer.isView(first))) {
    return { contentType: BYTES_TYPE, body: Buffer.from(asBytes(first)) };
  }
  return { contentType: JSON_TYPE, body: encodeValue(args) };
}

function kindOf(headers: StompHeaders, version: StompVersion): 'json' | 'text' | 'bytes' {
  const type = headers.get('content-type');
  if (type === undefined) return version === '1.0' && !headers.has('content-length') ? 'text' : 'bytes';
  if (!/^(utf-?8|us-ascii)$/.test(charsetOf(type))) return 'bytes';
  const media = bodyTypeOf(type);
  if (isJson(media)) return 'json';
  return media.startsWith('text/') ? 'text' : 'bytes';
}
