/**
 * Writes the records of one append as bytes, as the log of a broker keeps them. Integers are big-endian.
 *
 * A batch begins with a head of 30 bytes. Its fields are the version (1 byte), flags (1), and the number of records
 * (4). The writer (8), the number of the write (6) and the time in milliseconds (6) follow. The last field is the
 * CRC-32 of all other bytes (4). A later version keeps the head, so its numbers are known.
 *
 * Each record begins with a byte of flags. The sizes of its parts follow as variable-length integers, and then the
 * parts. These are rooms and exceptions as JSON, key, person and trace as JSON, the event as UTF-8, and the
 * attachments. Rooms and exceptions are absent if they are those of the previous record.
 */
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { LogRecord } from 'naru/backplane';
import { FORMATS, isTold } from 'naru/backplane';
import type { Bytes } from 'naru/base';
import { assert } from 'naru/base';

/** The origin of a batch. */
export interface BatchHead {
  /** The run of the node that appended it. */
  readonly writer: string;
  /** The number of the write, up to 2^48 - 1. */
  readonly number: number;
}

/** Bytes of the head of a batch. The head differs if any other byte does, because it has their checksum. */
export const BATCH_HEAD_BYTES = 30;
/** The place of the number of records in the head. */
const COUNT_AT = 2;
/** The place of the writer in the head. */
export const WRITER_AT = 6;
/** The characters of a writer, each of one byte. */
export const WRITER_CHARACTERS = 8;
const U48_MAX = 2 ** 48 - 1;
/** The place of the checksum. */
export const CRC_AT = 26;

/** The flags of a record. */
export const FLAG = {
  /** The rooms and exceptions are those of the record before, or none for the first. */
  same: 1,
  /** The record is a message between nodes. */
  told: 2,
  key: 4,
  attachments: 8,
  by: 16,
  /** The time of the record is its own, as a double, and not that of the batch. */
  time: 32,
  /** The record has the `traceparent` of its event. */
  trace: 64,
} as const;

const NO_ROOMS: readonly string[] = [];

/** The texts of one record, on their way into a batch. */
interface Parts {
  readonly flags: number;
  readonly head: string;
  readonly key: string;
  readonly by: string;
  readonly trace: string;
  readonly eventBytes: number;
}

/** Returns the bytes of a batch. The writer has eight ASCII characters. */
export function encodeBatch({ writer, number }: BatchHead, records: readonly LogRecord[]): Buffer {
  assert(writer.length === WRITER_CHARACTERS && number <= U48_MAX, 'the head of a batch has room for its writer');
  const at = Math.min(Math.max(0, Math.floor(records[0]?.at ?? 0)), U48_MAX);
  let previous: Pick<LogRecord, 'rooms' | 'except'> = { rooms: NO_ROOMS, except: NO_ROOMS };
  let size = BATCH_HEAD_BYTES;
  const parts: Parts[] = [];
  for (const record of records) {
    const part = partsOf(record, previous, at);
    parts.push(part);
    size += sizeOf(record, part);
    previous = record;
  }
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = FORMATS.batch.written;
  bytes[1] = 0;
  bytes.writeUInt32BE(records.length, COUNT_AT);
  bytes.write(writer, WRITER_AT, WRITER_CHARACTERS, 'latin1');
  bytes.writeUIntBE(number, 14, 6);
  bytes.writeUIntBE(at, 20, 6);
  let place = BATCH_HEAD_BYTES;
  for (const [index, record] of records.entries()) place = writeRecord(bytes, place, record, parts[index] as Parts);
  assert(place === size, 'a batch has the size that was computed');
  bytes.writeUInt32BE(checksum(bytes), CRC_AT);
  return bytes;
}

function partsOf(record: LogRecord, previous: Pick<LogRecord, 'rooms' | 'except'>, time: number): Parts {
  const { rooms, except, event, attachments, at, key, by, trace } = record;
  const isSame = equals(rooms, previous.rooms) && equals(except, previous.except);
  const isToldRecord = !isSame && isTold(record) && except.length === 1;
  const flags =
    (isSame ? FLAG.same : 0) |
    (isToldRecord ? FLAG.told : 0) |
    (key === undefined ? 0 : FLAG.key) |
    (attachments.length > 0 ? FLAG.attachments : 0) |
    (by === undefined ? 0 : FLAG.by) |
    (trace === undefined ? 0 : FLAG.trace) |
    (Object.is(at, time) ? 0 : FLAG.time);
  return {
    flags,
    head: isSame || isToldRecord ? '' : JSON.stringify([rooms, except]),
    // JSON keeps a lone surrogate, which UTF-8 does not.
    key: key === undefined ? '' : JSON.stringify(key),
    by: by === undefined ? '' : JSON.stringify(by),
    trace: trace === undefined ? '' : JSON.stringify(trace),
    eventBytes: Buffer.byteLength(event),
  };
}

function equals(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, index) => name === other[index]));
}

function sizeOf({ attachments }: LogRecord, { flags, head, key, by, trace, eventBytes }: Parts): number {
  let size = 1 + varintBytes(eventBytes) + eventBytes;
  for (const text of [head, key, by, trace]) if (text !== '') size += sizedBytes(Buffer.byteLength(text));
  if (flags & FLAG.time) size += 8;
  if (flags & FLAG.attachments) size += varintBytes(attachments.length);
  for (const { byteLength } of attachments) size += sizedBytes(byteLength);
  return size;
}

function writeRecord(bytes: Buffer, start: number, { event, attachments, at }: LogRecord, parts: Parts): number {
  const { flags, head, key, by, trace, eventBytes } = parts;
  let place = start;
  bytes[place] = flags;
  place += 1;
  if (flags & FLAG.time) place = bytes.writeDoubleBE(at, place);
  const texts = [head, key, by, trace].filter((text) => text !== '');
  for (const text of texts) place = writeVarint(bytes, place, Buffer.byteLength(text));
  place = writeVarint(bytes, place, eventBytes);
  if (flags & FLAG.attachments) place = writeVarint(bytes, place, attachments.length);
  for (const { byteLength } of attachments) place = writeVarint(bytes, place, byteLength);
  for (const text of texts) place += bytes.write(text, place);
  place += bytes.write(event, place, eventBytes);
  for (const attachment of attachments) {
    bytes.set(attachment, place);
    place += attachment.byteLength;
  }
  return place;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

function sizedBytes(size: number): number {
  return varintBytes(size) + size;
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  let place = start;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    bytes[place] = (rest % 128) + 128;
    place += 1;
  }
  bytes[place] = rest;
  return place + 1;
}

/** Returns bytes as a Buffer, without a copy. */
export function viewOf({ buffer, byteOffset, byteLength }: Bytes): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Returns how many records a batch has by its head. Damaged bytes have any number. */
export function countIn(bytes: Bytes): number {
  return bytes.byteLength < BATCH_HEAD_BYTES ? 0 : viewOf(bytes).readUInt32BE(COUNT_AT);
}

/** Returns the checksum that a batch has at `CRC_AT`. */
export function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(BATCH_HEAD_BYTES), crc32(bytes.subarray(0, CRC_AT)));
}
