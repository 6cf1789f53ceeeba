/** The log of a namespace on Redis: commands for what a home does with it, and the batches that it pushes. */
import type { Buffer } from 'node:buffer';
import { type Bytes, utf8Size } from '../../../base/bytes.js';
import { UnavailableError } from '../../../base/errors.js';
import {
  type Appended,
  type Batch,
  decodeOffset,
  encodeOffset,
  type LogExtent,
  type LogRecord,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
} from '../../backplane.js';
import { costOf } from '../../memory.js';
import { lostRecord } from '../../own-records.js';
import { decodeBatch, encodeBatch, storedRecords } from '../../remote/batch.js';
import type { WriteId } from '../../remote/home.js';
import { type Keys, listOf, numberOf, type RedisCommand, textOf, writeCommand } from '../script.js';
import { APPEND, EXTENT, KNOWS, NEWEST, READ, READ_BACK, TRIM } from './log-scripts.js';

/** The keys and the channel of one namespace. */
export interface LogKeys {
  readonly log: string;
  readonly meta: string;
  readonly holes: string;
  readonly marks: string;
  /** The channel of its batches. */
  readonly push: string;
}

/** Namespaces whose keys are remembered. */
const NAMES_MAX = 1_000;

/** Commands for the logs under one prefix. */
export class LogCommands {
  readonly #keys: Keys;
  readonly #retention: Retention;
  readonly #retentions = new Map<string, Partial<Retention>>();
  readonly #names = new Map<string, LogKeys>();

  /** `retention` applies to namespaces that have none of their own. */
  constructor(keys: Keys, retention: Retention) {
    this.#keys = keys;
    this.#retention = retention;
  }

  /** Returns the keys of a namespace. */
  keysOf(namespace: string): LogKeys {
    const known = this.#names.get(namespace);
    if (known) return known;
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    const name = (part: string): string => this.#keys.key(namespace, part);
    const names = {
      log: name('log'),
      meta: name('meta'),
      holes: name('holes'),
      marks: name('marks'),
      push: this.#keys.channel(namespace, 'push'),
    };
    this.#names.set(namespace, names);
    return names;
  }

  /** Sets how long the records of a namespace are kept. */
  retain(namespace: string, retention: Partial<Retention>): void {
    this.#retentions.set(namespace, retention);
  }

  /** `token` names the run of the server, and `fraction` is random. */
  append(
    namespace: string,
    records: readonly LogRecord[],
    write: WriteId,
    { token, fraction }: { readonly token: string; readonly fraction: number },
  ): RedisCommand<Appended> {
    const { log, meta, holes, marks, push } = this.keysOf(namespace);
    const { ageMs, bytes } = this.#retentionOf(namespace);
    return writeCommand(this.#keys, namespace, write, {
      script: APPEND,
      keys: [log, meta, holes, marks],
      args: [token, push, `${ageMs}`, `${bytes}`, `${fraction}`, ...batchesOf(records, write)],
      decode(reply) {
        const [previous = 0, last = 0] = (textOf(reply) ?? '').split(' ').map(Number);
        const offsets = records.map((_, index) => encodeOffset(last - records.length + 1 + index));
        return { offsets, previous: encodeOffset(previous) };
      },
    });
  }

  /** Removes what is too old. */
  trim(namespace: string): RedisCommand<void> {
    const { log, meta, marks } = this.keysOf(namespace);
    const { ageMs, bytes } = this.#retentionOf(namespace);
    return { script: TRIM, keys: [log, meta, marks], args: [`${ageMs}`, `${bytes}`], decode: () => undefined };
  }

  /** Returns `undefined` for an offset of another kind, after which there is only a gap. */
  read(namespace: string, after: Offset, limit: number): RedisCommand<PagePart> | undefined {
    const { log, meta, holes } = this.keysOf(namespace);
    const number = decodeOffset(after);
    if (number === undefined) return undefined;
    return {
      script: READ,
      keys: [log, meta, holes],
      args: [`${number}`, `${limit}`],
      decode(reply) {
        const [isMissing, isPart, ...rows] = listOf(reply);
        const records = rowsOf(rows).flatMap(({ last, bytes }) => recordsOf(last, bytes));
        const from = records.findIndex(({ offset }) => offset > after);
        return {
          records: from < 0 ? [] : records.slice(from, from + limit),
          hasGap: isMissing === 1,
          isPart: isPart === 1,
        };
      },
    };
  }

  readBack(namespace: string, before: Offset | undefined, limit: number): RedisCommand<PagePart> {
    const { log, meta } = this.keysOf(namespace);
    const number = before === undefined ? undefined : (decodeOffset(before) ?? 0);
    return {
      script: READ_BACK,
      keys: [log, meta],
      args: [number === undefined ? '' : `${number}`, `${limit}`],
      decode(reply) {
        const [isMissing, isPart, ...rows] = listOf(reply);
        const records = rowsOf(rows)
          .reverse()
          .flatMap(({ last, bytes }) => recordsOf(last, bytes))
          .filter(({ offset }) => before === undefined || offset < before);
        const hasGap = isMissing === 1 && records.length < limit;
        return { records: limit === 0 ? [] : records.slice(-limit), hasGap, isPart: isPart === 1 };
      },
    };
  }

  /** Returns `undefined` for an offset of another kind, which no log has given out. */
  knows(namespace: string, offset: Offset): RedisCommand<boolean> | undefined {
    const { meta, holes } = this.keysOf(namespace);
    const number = decodeOffset(offset);
    if (number === undefined) return undefined;
    return { script: KNOWS, keys: [meta, holes], args: [`${number}`], decode: (reply) => numberOf(reply) === 1 };
  }

  extent(namespace: string): RedisCommand<LogExtent> {
    const { log, meta } = this.keysOf(namespace);
    return {
      script: EXTENT,
      keys: [log, meta],
      args: [],
      decode(reply) {
        const [newest = 0, oldest = 0, count = 0, bytes = 0] = listOf(reply).map(numberOf);
        return { oldest: oldest > 0 ? encodeOffset(oldest) : undefined, newest: encodeOffset(newest), count, bytes };
      },
    };
  }

  newest(namespace: string): RedisCommand<Offset> {
    const { meta } = this.keysOf(namespace);
    return { script: NEWEST, keys: [meta], args: [], decode: (reply) => encodeOffset(numberOf(reply)) };
  }

  #retentionOf(namespace: string): Retention {
    const own = this.#retentions.get(namespace);
    return own ? { ...this.#retention, ...own } : this.#retention;
  }
}

/** A page, or its first part. */
export interface PagePart extends Page {
  /** Whether the reading ended early because of its size. */
  readonly isPart: boolean;
}

/** A batch has at most these records, and about these bytes unless a single record has more. */
const BATCH_RECORDS_MAX = 4_096;
const BATCH_BYTES_MAX = 512 * 1024;

/** Bytes that a record may have. Redis breaks the connections of subscribers that would have to take in twice as much at once. */
const RECORD_BYTES_MAX = 16 * 1024 * 1024;

/** Returns the number of records and the bytes of each batch in turn. Throws an UnavailableError if a record is too large. */
function batchesOf(records: readonly LogRecord[], write: WriteId): (string | Bytes)[] {
  const batches: (string | Bytes)[] = [];
  const add = (from: number, end: number): void => {
    batches.push(`${end - from}`, encodeBatch(write, records.slice(from, end)));
  };
  let [from, size] = [0, 0];
  for (const [index, record] of records.entries()) {
    const cost = costOf(record);
    if (cost > RECORD_BYTES_MAX / 4 && cost - record.event.length + utf8Size(record.event) > RECORD_BYTES_MAX)
      throw new UnavailableError(
        'NOT_KEPT',
        `An event has more than ${RECORD_BYTES_MAX} bytes, the most that the log in Redis takes. Send less at once.`,
      );
    if (index > from && (index - from >= BATCH_RECORDS_MAX || size + cost > BATCH_BYTES_MAX)) {
      add(from, index);
      [from, size] = [index, 0];
    }
    size += cost;
  }
  add(from, records.length);
  return batches;
}

/** An entry of a stream. */
export interface LogRow {
  /** The number of its last record. */
  readonly last: number;
  readonly bytes: Buffer;
}

/** Returns the entries in a reply that has their numbers and bytes in turn. */
export function rowsOf(rows: readonly unknown[]): LogRow[] {
  const entries: LogRow[] = [];
  for (let index = 0; index + 1 < rows.length; index += 2)
    entries.push({ last: numberOf(rows[index]), bytes: rows[index + 1] as Buffer });
  return entries;
}

/** Returns the records of a batch whose last record has this number. A damaged batch is a gap in the place of its last record. */
function recordsOf(last: number, bytes: Buffer): StoredRecord[] {
  const batch = decodeBatch(bytes);
  return batch ? storedRecords(batch, last - batch.count + 1) : [lostRecord(last, 0)];
}

/** The place of the writer in a batch, and the end of that place. */
const [WRITER_AT, WRITER_END] = [6, 14];

/** The longest head of a push: two numbers and two spaces. */
const PUSH_HEAD_MAX = 40;

/** A push: the number before the batch, the number of its last record, and the batch. Its records are decoded when somebody asks for them. */
export class PushedBatch implements Batch {
  readonly previous: Offset;
  readonly writer: string;
  readonly #last: number;
  readonly #bytes: Buffer;
  #records: readonly StoredRecord[] | undefined;

  private constructor(previous: number, last: number, bytes: Buffer) {
    this.previous = encodeOffset(previous);
    this.writer = bytes.toString('latin1', WRITER_AT, WRITER_END);
    this.#last = last;
    this.#bytes = bytes;
  }

  /** Returns the batch in a message, or `undefined` for any other message. */
  static read(message: Buffer): PushedBatch | undefined {
    const [, previous = '', last = ''] =
      /^(\d{1,16}) (\d{1,16}) /.exec(message.toString('latin1', 0, PUSH_HEAD_MAX)) ?? [];
    if (last === '') return undefined;
    return new PushedBatch(Number(previous), Number(last), message.subarray(previous.length + last.length + 2));
  }

  get records(): readonly StoredRecord[] {
    this.#records ??= recordsOf(this.#last, this.#bytes);
    return this.#records;
  }
}
