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
  type StoredRecord,
  storedAs,
  TOLD_ROOM,
  warnOfLaterVersion,
} from 'naru/backplane';
import type { Bytes } from 'naru/base';
import type { UplinkHandler } from '../home.js';
import {
  BATCH_HEAD_BYTES,
  type BatchHead,
  CRC_AT,
  checksum,
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

const KNOWN = FLAG.same | FLAG.told | FLAG.key | FLAG.attachments | FLAG.by | FLAG.time;

const NO_ROOMS: readonly string[] = [];
const TOLD_ROOMS: readonly string[] = [TOLD_ROOM];

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
    const at = flags & FLAG.time ? this.#time() : this.#at;
    const headBytes = flags & (FLAG.same | FLAG.told) ? 0 : this.#size();
    const keyBytes = flags & FLAG.key ? this.#size() : 0;
    const byBytes = flags & FLAG.by ? this.#size() : 0;
    const eventBytes = this.#size();
    const sizes: number[] = [];
    for (let left = flags & FLAG.attachments ? this.#size() : 0; left > 0 && !this.#isBad; left -= 1)
      sizes.push(this.#size());
    if (flags & FLAG.told) [this.#rooms, this.#except] = [TOLD_ROOMS, TOLD_ROOMS];
    else if (!(flags & FLAG.same)) this.#readRooms(headBytes);
    const [rooms, except] = [this.#rooms, this.#except];
    const key = flags & FLAG.key ? this.#json(keyBytes, isText) : undefined;
    const by = flags & FLAG.by ? this.#json(byBytes, isText) : undefined;
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
