/** A record of the log as bytes on the disk: a head with sizes and a checksum, then JSON of what is short, the event, and its bytes. */
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Bytes } from '../../base/bytes.js';
import type { LogRecord } from '../backplane.js';

// Version, then the checksum of all that follows it, then the sizes of the JSON and of the event.
const HEAD_BYTES = 13;
const VERSION = 1;

interface Details {
  readonly r?: readonly string[];
  readonly e?: readonly string[];
  readonly t: number;
  readonly k?: string;
  readonly a?: readonly number[];
}

/** Writes a record. */
export function encodeRecord({ rooms, except, event, attachments, at, key }: LogRecord): Buffer {
  const details: Details = {
    t: at,
    ...(rooms.length > 0 && { r: rooms }),
    ...(except.length > 0 && { e: except }),
    ...(key !== undefined && { k: key }),
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

/** Reads a record; `undefined` for bytes that are none, or were changed. The attachments are copies. */
export function decodeRecord(bytes: Bytes): LogRecord | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEAD_BYTES || view[0] !== VERSION || view.readUInt32BE(1) !== crc32(view.subarray(5)))
    return undefined;
  const eventAt = HEAD_BYTES + view.readUInt32BE(5);
  const end = eventAt + view.readUInt32BE(9);
  const { r = [], e = [], t, k, a = [] } = JSON.parse(view.toString('utf8', HEAD_BYTES, eventAt)) as Details;
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
  };
}
