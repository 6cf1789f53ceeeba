/** Reads the events in the body of a POST: one event, or several as lines of JSON. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { decodeValue, readMessage } from '../../protocol/json-event/message.js';

/** An event to publish. */
export interface Publication {
  readonly event: string;
  readonly args: readonly unknown[];
}

/** How to read a body, and its bounds. */
export interface BodyForm {
  /** The header Content-Type. */
  readonly contentType: string | undefined;
  /** The event name in the query. With it, the whole body is the argument of that event. */
  readonly event: string | undefined;
  /** The maximum depth of arrays and objects. */
  readonly depthMax: number;
  /** The maximum number of events in lines of JSON. */
  readonly eventsMax: number;
}

const MESSAGE = 'message';
const NDJSON: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl']);
const FORM = 'application/x-www-form-urlencoded';
const FIELDS_MAX = 1_000;
const UTF8 = 'utf-8';
const BYTES = 'application/octet-stream';

/**
 * Why a body with these headers is answered with 415 (RFC 9110, section 15.5.16). Returns `undefined` for a body that
 * can be read.
 */
export function whyUnreadable(
  headers: Pick<IncomingHttpHeaders, 'content-type' | 'content-encoding'>,
): string | undefined {
  const { 'content-type': contentType, 'content-encoding': coding = 'identity' } = headers;
  // Nothing here decompresses a body, so its compressed bytes would be published as they are.
  if (!/^(identity)?$/i.test(coding.trim())) return 'send the body without a Content-Encoding';
  const type = bodyTypeOf(contentType);
  const isPublishable = isJson(type) || NDJSON.has(type) || [FORM, 'text/plain', BYTES].includes(type);
  if (!isPublishable) {
    return 'send a body of JSON, NDJSON, a form (urlencoded), text (plain) or bytes (octet-stream)';
  }
  const charset = charsetOf(contentType);
  return type === BYTES || decoderOf(charset) ? undefined : `the charset "${charset}" is not supported; send UTF-8`;
}

/** The charset in a Content-Type header, in lower case. The default is UTF-8. */
export function charsetOf(contentType: string | undefined): string {
  return /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? UTF8;
}

/** The type in a Content-Type header. The default is `text/plain`. */
export function bodyTypeOf(contentType: string | undefined): string {
  return (contentType ?? 'text/plain').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Reads a body whose type `whyUnreadable` accepts. Throws ProtocolError if the body does not match its type. */
export function readPublications(body: Bytes, form: BodyForm): readonly Publication[] {
  const { contentType, event } = form;
  const type = bodyTypeOf(contentType);
  if (type === BYTES) return [{ event: event ?? MESSAGE, args: [body] }];
  const text = decodeText(body, charsetOf(contentType));
  if (isJson(type)) return [readJson(text, form)];
  if (NDJSON.has(type)) return readLines(text, form);
  if (type === FORM) return [readForm(text, event)];
  return [{ event: event ?? MESSAGE, args: [text] }];
}

function decoderOf(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    // The charset does not exist, or this build of Node lacks it.
    return undefined;
  }
}

/** Throws for bytes that are invalid in the charset. A replacement by U+FFFD would lose them silently. */
function decodeText(body: Bytes, charset: string): string {
  try {
    return decoderOf(charset)?.decode(body) ?? '';
  } catch {
    throw new ProtocolError('EVENTS_BAD_REQUEST', `the body is not valid ${charset.toUpperCase()}`);
  }
}

/** Whether a type is JSON, or a format that is written in JSON. */
export function isJson(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

function readJson(text: string, { event, depthMax }: BodyForm): Publication {
  const value = decodeValue(text, depthMax);
  if (event !== undefined) return { event, args: [value] };
  const { event: own }: { event?: unknown } = Object(value);
  if (typeof own !== 'string') return { event: MESSAGE, args: [value] };
  const message = readMessage(value);
  if (message?.type !== 'event' || message.room !== undefined || message.id !== undefined) {
    throw new ProtocolError('JSON_BAD_EVENT', '"room" and "id" are not allowed in a body; the URL names the room');
  }
  return { event: message.event, args: message.args };
}

function readLines(text: string, form: BodyForm): Publication[] {
  const publications: Publication[] = [];
  for (const [whole] of text.matchAll(/[^\n]+/g)) {
    const line = whole.trim();
    if (line === '') continue;
    if (publications.length >= form.eventsMax) {
      throw new ProtocolError('EVENTS_BAD_REQUEST', `more than ${form.eventsMax} events in a body`);
    }
    publications.push(readJson(line, form));
  }
  return publications;
}

/**
 * Reads the fields as one object, in which a repeated field is a list. The field `event` names the event unless the
 * query does.
 */
function readForm(text: string, named: string | undefined): Publication {
  const fields: Record<string, unknown> = {};
  let event = named;
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > FIELDS_MAX) throw new ProtocolError('EVENTS_BAD_REQUEST', `more than ${FIELDS_MAX} fields in a form`);
    if (name === 'event' && event === undefined) {
      event = value;
      continue;
    }
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const next = known === undefined ? value : [known, value].flat();
    Object.defineProperty(fields, name, { value: next, writable: true, enumerable: true, configurable: true });
  }
  return { event: event ?? MESSAGE, args: [fields] };
}
