/** A record of the log as bytes on the disk: a head with sizes and a checksum, JSON of the short fields, the event, and the attachments. */
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Bytes } from '../../../base/bytes.js';
import type { LogRecord } from '../../backplane.js';

// Version, checksum of everything after it, size of the JSON, size of the event.
const HEAD_BYTES = 13;
const VERSION = 1;

interface Details {
  readonly r?: readonly string[];
  readonly e?: readonly string[];
  readonly t: number;
  readonly k?: string;
  readonly b?: string;
  readonly a?: readonly number[];
}

/** Returns the bytes of a record. */
export function encodeRecord({ rooms, except, event, attachments, at, key, by }: LogRecord): Buffer {
  const details: Details = {
    t: at,
    ...(rooms.length > 0 && { r: rooms }),
    ...(except.length > 0 && { e: except }),
    ...(key !== undefined && { k: key }),
    ...(by !== undefined && { b: by }),
    ...(attachments.length > 0 && { a: attachments.map(({ byteLength }) => byteLength) }),
  };
  const json = JSON.stringify(details);
  const jsonBytes = Buffer.byteLength(json);
  const eventBytes = Buffer.byteLength(event);
  let size = HEAD_BYTES + jsonBytes + eventBytes;
  for (const { byteLength } of attachments) size += byteLength;
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = VERSION;
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

/** Returns the record in the bytes, or `undefined` when they are not a record or are damaged. The attachments are copies. */
export function decodeRecord(bytes: Bytes): LogRecord | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEAD_BYTES || view[0] !== VERSION || view.readUInt32BE(1) !== crc32(view.subarray(5)))
    return undefined;
  const eventAt = HEAD_BYTES + view.readUInt32BE(5);
  const end = eventAt + view.readUInt32BE(9);
  const { r = [], e = [], t, k, b, a = [] } = JSON.parse(view.toString('utf8', HEAD_BYTES, eventAt)) as Details;
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
  };
}
