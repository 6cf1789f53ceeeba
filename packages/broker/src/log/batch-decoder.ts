/** Reads the batches that batch.ts has written. */
import type { Buffer } from 'node:buffer';
import {
  encodeOffset,
  FORMATS,
  gapRecord,
  isReadable,
  type LogRecord,
  lostRecord,
  type Offset,
  readTrace,
  type StoredRecord,
  storedAs,
  TOLD_ROOM,
  warnOfLaterVersion,
} from 'naru/backplane';
import { type Bytes, firstPast } from 'naru/base';
import type { UplinkHandler } from '../home.js';
import {
  BATCH_HEAD_BYTES,
  type BatchHead,
  CRC_AT,
  checksum,
  countIn,
  FLAG,
  viewOf,
  WRITER_AT,
  WRITER_CHARACTERS,
} from './batch.js';

/** A batch that was read. */
export interface DecodedBatch extends BatchHead {
  readonly count: number;
  /** The time of its first record in whole milliseconds. */
  readonly at: number;
  /** The records, `undefined` if a later version of Naru has written them. */
  readonly records: readonly LogRecord[] | undefined;
}

const KNOWN = FLAG.same | FLAG.told | FLAG.key | FLAG.attachments | FLAG.by | FLAG.time | FLAG.trace;

const NO_ROOMS: readonly string[] = [];
const NO_SIZES: readonly number[] = [];
const TOLD_ROOMS: readonly string[] = [TOLD_ROOM];

/** Returns the head of a batch, or `undefined` if the bytes are damaged or something else. */
export function decodeBatchHead(bytes: Bytes): Omit<DecodedBatch, 'records'> | undefined {
  const view = viewOf(bytes);
  if (view.length < BATCH_HEAD_BYTES || view[0] === 0 || view.readUInt32BE(CRC_AT) !== checksum(view)) return undefined;
  return {
    count: countIn(view),
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
  if (!isKnown(view)) {
    warnOfLaterVersion('a batch of the log', FORMATS.batch, view[0]);
    return { ...head, records: undefined };
  }
  const records: LogRecord[] = [];
  return new Reader(view, head).read((record) => records.push(record)) ? { ...head, records } : undefined;
}

/** Whether this version reads the records of a batch. */
function isKnown(view: Buffer): boolean {
  return isReadable(FORMATS.batch, view[0]) && view[1] === 0;
}

/**
 * Returns the records of a batch with their offsets; `first` is the number of the first one. A batch of a later version
 * is one gap record in the place of its last record.
 */
export function storedRecords({ records, count, at }: DecodedBatch, first: number): StoredRecord[] {
  if (records) return records.map((record, index) => storedAs(record, encodeOffset(first + index)));
  const end = first + count;
  return [storedAs(gapRecord(encodeOffset(first - 1), encodeOffset(end), at), encodeOffset(end - 1))];
}

/**
 * Returns the records of a batch whose last record has the number `last`. A damaged batch is a gap in the place of that
 * record.
 */
export function recordsUpTo(last: number, bytes: Bytes): StoredRecord[] {
  const batch = decodeBatch(bytes);
  return batch ? storedRecords(batch, last - batch.count + 1) : [lostRecord(last, 0)];
}

/** The batches of which records were read one by one, by their bytes. A batch that cannot be read has none. */
const opened = new WeakMap<Bytes, Reader | undefined>();

/**
 * Returns those records of a batch whose numbers are wanted. The numbers rise. The places of all records are remembered
 * as long as somebody has the bytes, which must not change. A batch of a later version, or a damaged one, gives what
 * `recordsUpTo` does.
 */
export function recordsAt(numbers: readonly number[], last: number, bytes: Bytes): StoredRecord[] {
  if (!opened.has(bytes)) opened.set(bytes, openBatch(bytes));
  const reader = opened.get(bytes);
  if (!reader) return recordsUpTo(last, bytes);
  const found: StoredRecord[] = [];
  const first = last - reader.count + 1;
  for (let at = firstPast(numbers, (number) => number >= first); at < numbers.length; at += 1) {
    const number = numbers[at] as number;
    if (number > last) break;
    const record = reader.recordAt(number - first);
    if (!record) return [lostRecord(last, 0)];
    found.push(storedAs(record, encodeOffset(number)));
  }
  return found;
}

/** Returns a batch whose records can be read one by one. */
function openBatch(bytes: Bytes): Reader | undefined {
  const head = decodeBatchHead(bytes);
  const view = viewOf(bytes);
  const reader = head && isKnown(view) ? new Reader(view, head) : undefined;
  return reader?.find() ? reader : undefined;
}

/**
 * Tells the handler of an uplink what another node has appended to a namespace: the bytes of a batch after the offset
 * `previous`. `last` is the number of its last record. `told` is that of the batch.
 */
export function tellBatch(
  handler: Pick<UplinkHandler, 'writer' | 'onBatch'>,
  namespace: string,
  previous: Offset,
  last: number,
  bytes: Bytes,
  told?: Offset,
): void {
  if (writerOf(viewOf(bytes)) === handler.writer) return;
  handler.onBatch(namespace, { previous, told, records: recordsUpTo(last, bytes) });
}

function writerOf(view: Buffer): string {
  return view.toString('latin1', WRITER_AT, WRITER_AT + WRITER_CHARACTERS);
}

/** Numbers that are remembered for each record: its place, and the place and the bytes of its rooms. */
const NUMBERS = 3;
/** The bytes of rooms that say that the record is a message between nodes. */
const OF_TOLD = -1;

/** Reads the records of a batch. Any part may be nonsense that happens to have the right checksum. */
class Reader {
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #at: number;
  #place = BATCH_HEAD_BYTES;
  #isBad: boolean;
  #rooms = NO_ROOMS;
  #except = NO_ROOMS;
  /** The place and the size of the rooms and exceptions of the records from here on, if they were not read yet. */
  #unreadAt = 0;
  #unreadBytes = 0;
  /** The numbers of all records, after `find`. */
  #found = new Int32Array();

  constructor(bytes: Buffer, { at, count }: Pick<DecodedBatch, 'at' | 'count'>) {
    this.#bytes = bytes;
    this.#at = at;
    this.count = count;
    // A record has at least two bytes.
    this.#isBad = count > bytes.length / 2;
  }

  /** Whether the bytes are sound, and have no more than what was read. */
  get #isWhole(): boolean {
    return !this.#isBad && this.#place === this.#bytes.length;
  }

  /** Gives all records. Returns whether the bytes are sound. */
  read(take: (record: LogRecord) => void): boolean {
    for (let index = 0; index < this.count && !this.#isBad; index += 1) {
      const record = this.#record(true);
      if (record && !this.#isBad) take(record);
    }
    return this.#isWhole;
  }

  /** Finds all records. Returns whether the bytes are sound, except for the texts. */
  find(): boolean {
    if (!this.#isBad) this.#found = new Int32Array(NUMBERS * this.count);
    for (let at = 0; at < this.#found.length && !this.#isBad; at += NUMBERS) {
      this.#found[at] = this.#place;
      this.#record(false);
      this.#found[at + 1] = this.#unreadAt;
      this.#found[at + 2] = this.#rooms === TOLD_ROOMS ? OF_TOLD : this.#unreadBytes;
    }
    return this.#isWhole;
  }

  /** Returns a record that was found, or `undefined` if its texts are not sound. */
  recordAt(index: number): LogRecord | undefined {
    const at = NUMBERS * index;
    this.#place = this.#found[at] as number;
    this.#unreadAt = this.#found[at + 1] as number;
    const isTold = this.#found[at + 2] === OF_TOLD;
    this.#unreadBytes = isTold ? 0 : (this.#found[at + 2] as number);
    this.#rooms = this.#except = isTold ? TOLD_ROOMS : NO_ROOMS;
    const record = this.#record(true);
    return this.#isBad ? undefined : record;
  }

  /** Reads a record, or passes over it. */
  #record(isWanted: boolean): LogRecord | undefined {
    const flags = this.#bytes[this.#place] ?? 0xff;
    if (flags & ~KNOWN) this.#isBad = true;
    this.#place += 1;
    const at = flags & FLAG.time ? this.#time() : this.#at;
    const headBytes = flags & (FLAG.same | FLAG.told) ? 0 : this.#size();
    const keyBytes = flags & FLAG.key ? this.#size() : 0;
    const byBytes = flags & FLAG.by ? this.#size() : 0;
    const traceBytes = flags & FLAG.trace ? this.#size() : 0;
    const eventBytes = this.#size();
    const sizes = flags & FLAG.attachments ? this.#sizes() : NO_SIZES;
    this.#findRooms(flags, headBytes);
    if (!isWanted) {
      this.#skip(sizes.reduce((sum, size) => sum + size, keyBytes + byBytes + traceBytes + eventBytes));
      return undefined;
    }
    this.#readRooms();
    const [rooms, except] = [this.#rooms, this.#except];
    const key = flags & FLAG.key ? this.#json(this.#take(keyBytes), isText) : undefined;
    const by = flags & FLAG.by ? this.#json(this.#take(byBytes), isText) : undefined;
    const trace = readTrace(flags & FLAG.trace ? this.#json(this.#take(traceBytes), isText) : undefined);
    const event = this.#take(eventBytes).toString();
    const attachments = sizes.map((size) => new Uint8Array(this.#take(size)));
    return {
      rooms,
      except,
      event,
      attachments,
      at,
      ...(key !== undefined && { key }),
      ...(by !== undefined && { by }),
      ...(trace !== undefined && { trace }),
    };
  }

  #sizes(): number[] {
    const sizes: number[] = [];
    for (let left = this.#size(); left > 0 && !this.#isBad; left -= 1) sizes.push(this.#size());
    return sizes;
  }

  /** Passes over the rooms of a record. They are read if it is wanted, or a later one with the same rooms. */
  #findRooms(flags: number, size: number): void {
    if (flags & FLAG.told) [this.#rooms, this.#except, this.#unreadBytes] = [TOLD_ROOMS, TOLD_ROOMS, 0];
    else if (!(flags & FLAG.same)) {
      this.#rooms = this.#except = NO_ROOMS;
      if (size === 0) this.#isBad = true;
      [this.#unreadAt, this.#unreadBytes] = [this.#place, size];
      this.#skip(size);
    }
  }

  #readRooms(): void {
    if (this.#unreadBytes === 0) return;
    const head = this.#json(this.#bytes.subarray(this.#unreadAt, this.#unreadAt + this.#unreadBytes), isRooms);
    if (head) [this.#rooms, this.#except] = head;
    this.#unreadBytes = 0;
  }

  #json<T>(bytes: Buffer, isValid: (value: unknown) => value is T): T | undefined {
    try {
      const value: unknown = JSON.parse(bytes.toString());
      if (isValid(value)) return value;
    } catch {
      // The checksum fits, so another program has written it.
    }
    this.#isBad = true;
    return undefined;
  }

  #time(): number {
    this.#skip(8);
    const time = this.#isBad ? 0 : this.#bytes.readDoubleBE(this.#place - 8);
    if (!Number.isFinite(time)) this.#isBad = true;
    return time;
  }

  /** Takes bytes from the place of reading. There may be fewer. */
  #take(size: number): Buffer {
    const from = this.#place;
    this.#skip(size);
    return this.#bytes.subarray(from, this.#place);
  }

  #skip(size: number): void {
    this.#place += size;
    if (this.#place > this.#bytes.length) this.#isBad = true;
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
