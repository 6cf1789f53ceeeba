/**
 * A record of the log as bytes on the disk: a head with sizes and a checksum, JSON of the short fields, the event, and
 * the attachments.
 */
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { LogRecord } from 'naru/backplane';
import { FORMATS, isReadable, readTrace, warnOfLaterVersion } from 'naru/backplane';
import type { Bytes } from 'naru/base';

// Version, checksum of everything after it, size of the JSON, size of the event. A later version keeps the first two.
const HEAD_BYTES = 13;

interface Details {
  readonly r?: readonly string[];
  readonly e?: readonly string[];
  readonly t: number;
  readonly k?: string;
  readonly b?: string;
  readonly p?: string;
  readonly a?: readonly number[];
}

/** Returns the bytes of a record. */
export function encodeRecord({ rooms, except, event, attachments, at, key, by, trace }: LogRecord): Buffer {
  const details: Details = {
    t: at,
    ...(rooms.length > 0 && { r: rooms }),
    ...(except.length > 0 && { e: except }),
    ...(key !== undefined && { k: key }),
    ...(by !== undefined && { b: by }),
    ...(trace !== undefined && { p: trace }),
    ...(attachments.length > 0 && { a: attachments.map(({ byteLength }) => byteLength) }),
  };
  const json = JSON.stringify(details);
  const jsonBytes = Buffer.byteLength(json);
  const eventBytes = Buffer.byteLength(event);
  let size = HEAD_BYTES + jsonBytes + eventBytes;
  for (const { byteLength } of attachments) size += byteLength;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = FORMATS.record.written;
  bytes.writeUInt32BE(jsonBytes, 5);
  bytes.writeUInt32BE(eventBytes, 9);
  bytes.write(json, HEAD_BYTES);
  bytes.write(event, HEAD_BYTES + jsonBytes);
  let place = HEAD_BYTES + jsonBytes + eventBytes;
  for (const attachment of attachments) {
    bytes.set(attachment, place);
    place += attachment.byteLength;
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(5)), 1);
  return bytes;
}

/** Whether a later version of Naru wrote the record, so that this version cannot tell what it is, or how old. */
export function isLaterRecord(bytes: Bytes): boolean {
  const view = viewOf(bytes);
  return view.length > HEAD_BYTES && (view[0] ?? 0) > FORMATS.record.read && isWhole(view);
}

/**
 * Returns the record in the bytes, or `undefined` when they are not a record, are damaged, or have a later version. The
 * attachments are copies.
 */
export function decodeRecord(bytes: Bytes): LogRecord | undefined {
  const view = viewOf(bytes);
  if (view.length < HEAD_BYTES || !isWhole(view)) return undefined;
  if (!isReadable(FORMATS.record, view[0])) {
    if (isLaterRecord(view)) warnOfLaterVersion('a record of the log', FORMATS.record, view[0]);
    return undefined;
  }
  const eventAt = HEAD_BYTES + view.readUInt32BE(5);
  const end = eventAt + view.readUInt32BE(9);
  const details = readDetails(view.toString('utf8', HEAD_BYTES, eventAt));
  if (!details) return undefined;
  const { r = [], e = [], t, k, b, p, a = [] } = details;
  const trace = readTrace(p);
  let from = end;
  const attachments = a.map((size) => {
    const attachment = new Uint8Array(view.subarray(from, from + size));
    from += size;
    return attachment;
  });
  return {
    rooms: r,
    except: e,
    event: view.toString('utf8', eventAt, end),
    attachments,
    at: t,
    ...(k !== undefined && { key: k }),
    ...(b !== undefined && { by: b }),
    ...(trace !== undefined && { trace }),
  };
}

/**
 * Returns the time of a record: 0 if it is damaged. It is infinite for a later version, which a process of that version
 * removes in time.
 */
export function timeOf(bytes: Bytes): number {
  return isLaterRecord(bytes) ? Number.POSITIVE_INFINITY : (decodeRecord(bytes)?.at ?? 0);
}

/** Returns why a record cannot be read, for people. */
export function faultOf(bytes: Bytes): string {
  return isLaterRecord(bytes) ? 'of a later version' : 'damaged';
}

function viewOf({ buffer, byteOffset, byteLength }: Bytes): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function isWhole(view: Buffer): boolean {
  return view.readUInt32BE(1) === crc32(view.subarray(5));
}

/** Reads the short fields. Members that this version does not know are left out. */
function readDetails(text: string): Details | undefined {
  try {
    const details = JSON.parse(text) as Details;
    const { r = [], e = [], t, k = '', b = '', a = [] } = details;
    const isValid =
      [r, e, a].every(Array.isArray) && typeof t === 'number' && [k, b].every((each) => typeof each === 'string');
    return isValid ? details : undefined;
  } catch {
    // The checksum fits, so another program has written it.
    return undefined;
  }
}
