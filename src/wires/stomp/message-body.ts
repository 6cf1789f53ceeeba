/** Turns bodies into arguments of events, and events into bodies. */
import { Buffer, isUtf8 } from 'node:buffer';
import { asBytes, type Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import type { OutgoingEvent } from '../../namespace/outgoing-event.js';
import { decodeValue, encodeValue } from '../../protocol/json-event/message.js';
import type { StompHeaders } from '../../protocol/stomp/frame.js';
import type { StompVersion } from '../../protocol/stomp/version.js';
import { asBuffer } from '../../transport/websocket/sender.js';
import { bodyTypeOf, charsetOf, isJson } from '../events/publication.js';
import { jsonOf } from '../events/wire.js';

/** The body of a MESSAGE: text where it is text, so that a WebSocket carries it as such. */
export interface MessageBody {
  readonly contentType: string | undefined;
  readonly body: string | Bytes;
}

/** What a SEND had besides arguments, for subscribers that speak STOMP too: it goes out with the event. */
export interface StompOrigin {
  /** The headers of the sender's own. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body as it came; not for JSON, which is the same on all wires: the list of arguments. */
  readonly body: MessageBody | undefined;
}

const JSON_TYPE = 'application/json';
const BYTES_TYPE = 'application/octet-stream';

/** Headers that are a frame's, and not a message's. */
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
/** Where questions of the server are answered: nobody else may have an answer sent there. */
const ACK_PLACE = '/ack/';

/**
 * The arguments that a SEND brings: the items of a JSON array or any other JSON value, a string for text, else bytes. Without a
 * `content-type` a body is bytes; in 1.0, which had no types, it is text if it has no `content-length` either.
 */
export function decodeArgs(body: Bytes, headers: StompHeaders, version: StompVersion, depthMax: number): unknown[] {
  const kind = kindOf(headers, version);
  if (kind === 'bytes') return [asBuffer(body)];
  if (!isUtf8(body))
    throw new ProtocolError('STOMP_BAD_REQUEST', 'the body is not UTF-8, as its content-type says it is');
  const text = asBuffer(body).toString();
  if (kind === 'text') return [text];
  if (text === '') return [];
  const value = decodeValue(text, depthMax);
  return Array.isArray(value) ? value : [value];
}

/** What subscribers that speak STOMP get of a SEND as it came. */
export function originOf(body: Bytes, headers: StompHeaders, version: StompVersion): StompOrigin {
  const own = ownHeaders(headers);
  const contentType = headers.get('content-type');
  const kind = kindOf(headers, version);
  return { headers: own, body: kind === 'json' ? undefined : { contentType, body: asText(body, contentType) } };
}

/** The headers that a sender gave besides those that STOMP and Naru know. */
export function ownHeaders(headers: StompHeaders): (readonly [string, string])[] {
  return [...headers].filter(([name, value]) => isOwn(name, value));
}

/** Subscribers of older versions read spaces and carriage returns off a name, so names are looked at without them. */
function isOwn(name: string, value: string): boolean {
  const read = name.replaceAll('\r', '').trim();
  return !FRAME_HEADERS.has(read) && !(read === REPLY_TO && value.trim().startsWith(ACK_PLACE));
}

/** A body that is UTF-8 as text, unless its type says that it is none. */
export function asText(body: Bytes, contentType: string | undefined): string | Bytes {
  return contentType !== BYTES_TYPE && isUtf8(body) ? asBuffer(body).toString() : body;
}

/** The body that an event has for who speaks STOMP: the JSON list of its arguments, or the bytes that are its only argument. */
export function encodeBody(event: OutgoingEvent): MessageBody {
  const { soleBytes } = event;
  return soleBytes ? { contentType: BYTES_TYPE, body: soleBytes } : { contentType: JSON_TYPE, body: jsonOf(event) };
}

/** The body of an answer. Throws NOT_ENCODABLE for what JSON cannot hold. */
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
