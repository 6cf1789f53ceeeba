/**
 * The records of one append as bytes, as the log of a broker keeps them. Integers are big-endian.
 *
 * A batch begins with a head of 30 bytes. Its fields are the version (1 byte), flags (1), and the number of records (4). The writer (8), the
 * number of the write (6) and the time in milliseconds (6) follow. The last field is the CRC-32 of all other bytes (4). A later version
 * keeps the head, so its numbers are known.
 *
 * Each record begins with a byte of flags. The sizes of its parts follow as variable-length integers, and then the parts. These are rooms
 * and exceptions as JSON, key and person as JSON, the event as UTF-8, and the attachments. Rooms and exceptions are absent if they are those
 * of the previous record.
 */
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { assert } from '../../base/assert.js';
import type { Bytes } from '../../base/bytes.js';
import { encodeOffset, type LogRecord, type Offset, type StoredRecord, storedAs } from '../backplane.js';
import { FORMATS, isReadable, warnOfLaterVersion } from '../formats.js';
import { gapRecord, isTold, lostRecord, TOLD_ROOM } from '../own-records.js';
import type { HomeLinkHandler } from './home.js';

/** The origin of a batch. */
export interface BatchHead {
  /** The run of the node that appended it. */
  readonly writer: string;
  /** The number of the write, up to 2^48 - 1. */
  readonly number: number;
}

/** A batch that was read. */
export interface DecodedBatch extends BatchHead {
  readonly count: number;
  /** The time of its first record in whole milliseconds. */
  readonly at: number;
  /** The records, `undefined` if a later version of Naru has written them. */
  readonly records: readonly LogRecord[] | undefined;
}

/**
 * Bounds of the events that are appended together, where several are. A home may keep larger lists in several parts, and records of other nodes
 * may come in between. Each character of 262,144 takes at most three bytes, so that a batch fits into a message of one megabyte.
 */
export const BATCH_RECORDS_MAX = 256;
/** The characters and bytes of such events and of their names. A single event may be larger. */
export const BATCH_SIZE_MAX = 256 * 1024;

/** JSON and UTF-8 take one to six bytes for a character of a name. With three, a batch stays below a megabyte whatever the names are. */
const NAME_BYTES = 3;

/** Returns what the names of a record count for in a batch, beside its event: rooms, exceptions, key and person. */
export function sizeOfNames({
  rooms,
  except,
  key = '',
  by = '',
}: {
  readonly rooms: Iterable<string>;
  readonly except: Iterable<string>;
  readonly key?: string | undefined;
  readonly by?: string | undefined;
}): number {
  let characters = key.length + by.length;
  // A JavaScript program may name rooms by numbers.
  for (const names of [rooms, except]) for (const name of names) characters += 1 + `${name}`.length;
  return characters * NAME_BYTES;
}

/** Bytes of the head of a batch. */
export const BATCH_HEAD_BYTES = 30;
const WRITER_CHARACTERS = 8;
const WRITER_AT = 6;
const U48_MAX = 2 ** 48 - 1;
const CRC_AT = 26;

// Flags of a record.
/** The rooms and exceptions are those of the record before, or none for the first. */
const SAME = 1;
/** The record is a message between nodes. */
const TOLD = 2;
const KEY = 4;
const ATTACHMENTS = 8;
const BY = 16;
/** The time of the record is its own, as a double, and not that of the batch. */
const TIME = 32;
const KNOWN = SAME | TOLD | KEY | ATTACHMENTS | BY | TIME;

const NO_ROOMS: readonly string[] = [];
const TOLD_ROOMS: readonly string[] = [TOLD_ROOM];

/** The texts of one record, on their way into a batch. */
interface Parts {
  readonly flags: number;
  readonly head: string;
  readonly key: string;
  readonly by: string;
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
  bytes.writeUInt32BE(records.length, 2);
  bytes.write(writer, WRITER_AT, WRITER_CHARACTERS, 'latin1');
  bytes.writeUIntBE(number, 14, 6);
  bytes.writeUIntBE(at, 20, 6);
  let place = BATCH_HEAD_BYTES;
  for (const [index, record] of records.entries()) place = writeRecord(bytes, place, record, parts[index] as Parts);
  assert(place === size, 'a batch has the size that was computed');
  bytes.writeUInt32BE(checksum(bytes), CRC_AT);
  return bytes;
}

/** Returns the head of a batch, or `undefined` if the bytes are damaged or something else. */
export function decodeBatchHead(bytes: Bytes): Omit<DecodedBatch, 'records'> | undefined {
  const view = viewOf(bytes);
  if (view.length < BATCH_HEAD_BYTES || view[0] === 0 || view.readUInt32BE(CRC_AT) !== checksum(view)) return undefined;
  return {
    count: view.readUInt32BE(2),
    writer: writerOf(view),
    number: view.readUIntBE(14, 6),
    at: view.readUIntBE(20, 6),
  };
}

/** Returns a batch, or `undefined` if the bytes are damaged or something else. The attachments are copies. */
export function decodeBatch(bytes: Bytes): DecodedBatch | undefined {
  const head = decodeBatchHead(bytes);
  if (!head) return undefined;
  const view = viewOf(bytes);
  if (!isReadable(FORMATS.batch, view[0]) || view[1] !== 0) {
    warnOfLaterVersion('a batch of the log', FORMATS.batch, view[0]);
    return { ...head, records: undefined };
  }
  const records = new Reader(view, head.at).records(head.count);
  return records && { ...head, records };
}

/**
 * Returns the records of a batch with their offsets; `first` is the number of the first one. A batch of a later version is one gap record in
 * the place of its last record.
 */
export function storedRecords({ records, count, at }: DecodedBatch, first: number): StoredRecord[] {
  if (records) return records.map((record, index) => storedAs(record, encodeOffset(first + index)));
  const end = first + count;
  return [storedAs(gapRecord(encodeOffset(first - 1), encodeOffset(end), at), encodeOffset(end - 1))];
}

/** Returns the records of a batch whose last record has the number `last`. A damaged batch is a gap in the place of that record. */
export function recordsUpTo(last: number, bytes: Bytes): StoredRecord[] {
  const batch = decodeBatch(bytes);
  return batch ? storedRecords(batch, last - batch.count + 1) : [lostRecord(last, 0)];
}

/**
 * Tells the handler of a link what another node has appended to a namespace: the bytes of a batch after the offset `previous`. `last` is the
 * number of its last record.
 */
export function tellBatch(
  handler: Pick<HomeLinkHandler, 'writer' | 'onBatch'>,
  namespace: string,
  previous: Offset,
  last: number,
  bytes: Bytes,
): void {
  if (writerOf(viewOf(bytes)) === handler.writer) return;
  handler.onBatch(namespace, { previous, records: recordsUpTo(last, bytes) });
}

function writerOf(view: Buffer): string {
  return view.toString('latin1', WRITER_AT, WRITER_AT + WRITER_CHARACTERS);
}

function partsOf(record: LogRecord, previous: Pick<LogRecord, 'rooms' | 'except'>, time: number): Parts {
  const { rooms, except, event, attachments, at, key, by } = record;
  const isSame = equals(rooms, previous.rooms) && equals(except, previous.except);
  const isToldRecord = !isSame && isTold(record) && except.length === 1;
  const flags =
    (isSame ? SAME : 0) |
    (isToldRecord ? TOLD : 0) |
    (key === undefined ? 0 : KEY) |
    (attachments.length > 0 ? ATTACHMENTS : 0) |
    (by === undefined ? 0 : BY) |
    (Object.is(at, time) ? 0 : TIME);
  return {
    flags,
    head: isSame || isToldRecord ? '' : JSON.stringify([rooms, except]),
    // JSON keeps a lone surrogate, which UTF-8 does not.
    key: key === undefined ? '' : JSON.stringify(key),
    by: by === undefined ? '' : JSON.stringify(by),
    eventBytes: Buffer.byteLength(event),
  };
}

function equals(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, index) => name === other[index]));
}

function sizeOf({ attachments }: LogRecord, { flags, head, key, by, eventBytes }: Parts): number {
  let size = 1 + varintBytes(eventBytes) + eventBytes;
  for (const text of [head, key, by]) if (text !== '') size += sizedBytes(Buffer.byteLength(text));
  if (flags & TIME) size += 8;
  if (flags & ATTACHMENTS) size += varintBytes(attachments.length);
  for (const { byteLength } of attachments) size += sizedBytes(byteLength);
  return size;
}

function writeRecord(bytes: Buffer, start: number, { event, attachments, at }: LogRecord, parts: Parts): number {
  const { flags, head, key, by, eventBytes } = parts;
  let place = start;
  bytes[place] = flags;
  place += 1;
  if (flags & TIME) place = bytes.writeDoubleBE(at, place);
  const texts = [head, key, by].filter((text) => text !== '');
  for (const text of texts) place = writeVarint(bytes, place, Buffer.byteLength(text));
  place = writeVarint(bytes, place, eventBytes);
  if (flags & ATTACHMENTS) place = writeVarint(bytes, place, attachments.length);
  for (const { byteLength } of attachments) place = writeVarint(bytes, place, byteLength);
  for (const text of texts) place += bytes.write(text, place);
  place += bytes.write(event, place, eventBytes);
  for (const attachment of attachments) {
    bytes.set(attachment, place);
    place += attachment.byteLength;
  }
  return place;
}

/** Reads the records of a batch. Any part may be nonsense that happens to have the right checksum. */
class Reader {
  readonly #bytes: Buffer;
  readonly #at: number;
  #place = BATCH_HEAD_BYTES;
  #isBad = false;
  #rooms = NO_ROOMS;
  #except = NO_ROOMS;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Returns the records, or `undefined` if the bytes are not exactly as many. */
  records(count: number): LogRecord[] | undefined {
    // A record has at least two bytes.
    if (count > this.#bytes.length / 2) return undefined;
    const records: LogRecord[] = [];
    for (let index = 0; index < count && !this.#isBad; index += 1) records.push(this.#record());
    return this.#isBad || this.#place !== this.#bytes.length ? undefined : records;
  }

  #record(): LogRecord {
    const flags = this.#bytes[this.#place] ?? 0xff;
    if (flags & ~KNOWN) this.#isBad = true;
    this.#place += 1;
    const at = flags & TIME ? this.#time() : this.#at;
    const headBytes = flags & (SAME | TOLD) ? 0 : this.#size();
    const keyBytes = flags & KEY ? this.#size() : 0;
    const byBytes = flags & BY ? this.#size() : 0;
    const eventBytes = this.#size();
    const sizes: number[] = [];
    for (let left = flags & ATTACHMENTS ? this.#size() : 0; left > 0 && !this.#isBad; left -= 1)
      sizes.push(this.#size());
    if (flags & TOLD) [this.#rooms, this.#except] = [TOLD_ROOMS, TOLD_ROOMS];
    else if (!(flags & SAME)) this.#readRooms(headBytes);
    const [rooms, except] = [this.#rooms, this.#except];
    const key = flags & KEY ? this.#json(keyBytes, isText) : undefined;
    const by = flags & BY ? this.#json(byBytes, isText) : undefined;
    const event = this.#text(eventBytes);
    const attachments = sizes.map((size) => new Uint8Array(this.#take(size)));
    return {
      rooms,
      except,
      event,
      attachments,
      at,
      ...(key !== undefined && { key }),
      ...(by !== undefined && { by }),
    };
  }

  #readRooms(size: number): void {
    const head = this.#json(size, isRooms);
    if (head) [this.#rooms, this.#except] = head;
  }

  #json<T>(size: number, isValid: (value: unknown) => value is T): T | undefined {
    try {
      const value: unknown = JSON.parse(this.#text(size));
      if (isValid(value)) return value;
    } catch {
      // The checksum fits, so another program has written it.
    }
    this.#isBad = true;
    return undefined;
  }

  #text(size: number): string {
    const bytes = this.#take(size);
    return bytes.toString();
  }

  #time(): number {
    const bytes = this.#take(8);
    const time = bytes.length === 8 ? bytes.readDoubleBE(0) : Number.NaN;
    if (!Number.isFinite(time)) this.#isBad = true;
    return time;
  }

  /** Takes bytes from the place of reading. There may be fewer. */
  #take(size: number): Buffer {
    const end = this.#place + size;
    if (end > this.#bytes.length) this.#isBad = true;
    const bytes = this.#bytes.subarray(this.#place, end);
    this.#place = end;
    return bytes;
  }

  /** Reads the size of a part. No part is larger than the batch. */
  #size(): number {
    let size = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#place] ?? 0;
      this.#place += 1;
      size += (byte & 127) * factor;
      if (byte < 128) break;
      if (factor > this.#bytes.length) this.#isBad = true;
      if (this.#isBad) return 0;
    }
    if (size > this.#bytes.length) this.#isBad = true;
    return this.#isBad ? 0 : size;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRooms(value: unknown): value is [string[], string[]] {
  const isList = (each: unknown): boolean => Array.isArray(each) && each.every(isText);
  return Array.isArray(value) && value.length === 2 && value.every(isList);
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

function viewOf({ buffer, byteOffset, byteLength }: Bytes): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(BATCH_HEAD_BYTES), crc32(bytes.subarray(0, CRC_AT)));
}
