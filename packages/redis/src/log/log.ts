/** The logs of namespaces on Redis: what a home does with them. */
import { Buffer } from 'node:buffer';
import type { WriteId } from '@naru/broker';
import { encodeBatch, recordsAt, recordsUpTo } from '@naru/broker';
import {
  type Appended,
  audienceOf,
  costOf,
  decodeOffset,
  encodeOffset,
  type LogExtent,
  type LogRecord,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
} from 'naru/backplane';
import { type Bytes, type Clock, systemClock, UnavailableError, utf8Size } from 'naru/base';
import { type Keys, listOf, numberOf, textOf } from '../script.js';
import type { Shard } from '../servers/driver.js';
import { type AskedPlace, BatchCache, type LogRow } from './batch-cache.js';
import {
  APPEND,
  APPEND_TO_REPLICAS,
  EXTENT,
  KNOWS,
  NEWEST,
  PLACE_BYTES,
  READ,
  READ_AT,
  READ_BACK,
  TRIM,
} from './log-scripts.js';

/** The keys and the channel of one namespace. */
export interface LogKeys {
  readonly log: string;
  readonly meta: string;
  readonly marks: string;
  /** The channel of its batches. The channel of a tag has a dot and the tag after that. */
  readonly push: string;
}

/** Offsets that one request asks for. */
const PLACES_MAX = 1_000;
/** Namespaces whose keys are remembered. */
const NAMES_MAX = 1_000;

/** The logs under one prefix. Each method asks the server that has the namespace. */
export class RedisLogs {
  readonly #keys: Keys;
  readonly #retention: Retention;
  readonly #retentions = new Map<string, Partial<Retention>>();
  readonly #names = new Map<string, LogKeys>();
  readonly #batches: BatchCache;

  /** `retention` applies to namespaces that have none of their own. */
  constructor(keys: Keys, retention: Retention, clock: Clock = systemClock) {
    this.#batches = new BatchCache(clock);
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

  /** `fraction` is random. `isWaited` tells that WAIT follows, until replicas have the records. */
  append(
    shard: Shard,
    namespace: string,
    records: readonly LogRecord[],
    write: WriteId,
    fraction: number,
    isWaited = false,
  ): Promise<Appended> {
    const { log, meta, marks, push } = this.keysOf(namespace);
    const { ageMs, bytes } = this.#retentionOf(namespace);
    return shard.run({
      script: isWaited ? APPEND_TO_REPLICAS : APPEND,
      once: { key: meta, number: write.number, settled: write.settled },
      keys: [log, marks],
      args: [write.writer, shard.token, push, `${ageMs}`, `${bytes}`, `${fraction}`, ...batchesOf(records, write)],
      decode(reply) {
        const [previous, last, ...token] = (textOf(reply) ?? '').split(' ');
        if (token.length > 0) shard.token = token.join(' ');
        const end = Number(last ?? 0);
        const offsets = records.map((_, index) => encodeOffset(end - records.length + 1 + index));
        return { offsets, previous: encodeOffset(Number(previous)) };
      },
    });
  }

  /** Removes what is too old. */
  trim(shard: Shard, namespace: string): Promise<void> {
    const { log, meta, marks } = this.keysOf(namespace);
    const { ageMs, bytes } = this.#retentionOf(namespace);
    return shard.run({
      script: TRIM,
      keys: [log, meta, marks],
      args: [`${ageMs}`, `${bytes}`],
      decode: () => undefined,
    });
  }

  /**
   * Reads a page, in several requests if it is large. After an offset of another kind there is only a gap. With a text,
   * Redis sends the first batch and those with the text alone, and one request is enough.
   */
  async read(shard: Shard, namespace: string, after: Offset, limit: number, text?: string): Promise<Page> {
    if (decodeOffset(after) === undefined) {
      // The answer has its place among those of other requests.
      await shard.connection.call(['PING']);
      return { records: [], hasGap: true };
    }
    if (text !== undefined) return this.#readTexts(shard, namespace, after, limit, text);
    for (;;) {
      let page = await this.#readPart(shard, namespace, after, limit);
      const { hasGap } = page;
      let { records } = page;
      for (let last = records.at(-1); page.isPart && last; last = records.at(-1)) {
        page = await this.#readPart(shard, namespace, last.offset, limit - records.length);
        // Retention has removed records in between. A reading from the beginning says so.
        if (page.hasGap) break;
        records = records.concat(page.records);
      }
      if (!page.isPart && (!page.hasGap || hasGap)) return { records, hasGap };
    }
  }

  #readPart(shard: Shard, namespace: string, after: Offset, limit: number): Promise<PagePart> {
    return this.#run(shard, namespace, [after, limit], (page) => ({ ...page, records: page.records.slice(0, limit) }));
  }

  #readTexts(shard: Shard, namespace: string, after: Offset, limit: number, text: string): Promise<Page> {
    return this.#run(shard, namespace, [after, limit, text], ({ records, hasGap, last }) =>
      records.length === 0 ? { records, hasGap } : { records, hasGap, passed: encodeOffset(last) },
    );
  }

  /** Carries out the script that reads forwards. `last` is the number of the last record that it has looked at. */
  #run<T>(
    shard: Shard,
    namespace: string,
    [after, limit, text = '']: readonly [after: Offset, limit: number, text?: string],
    then: (page: PagePart & { readonly last: number }) => T,
  ): Promise<T> {
    const { log, meta } = this.keysOf(namespace);
    return shard.run({
      script: READ,
      keys: [log, meta],
      args: [`${decodeOffset(after)}`, `${limit}`, text],
      decode(reply) {
        const [isMissing, isPart, last, ...rows] = listOf(reply);
        const records = rowsOf(rows).flatMap((row) => recordsUpTo(row.last, row.bytes));
        const from = records.findIndex(({ offset }) => offset > after);
        const page = { records: from < 0 ? [] : records.slice(from), hasGap: isMissing === 1, isPart: isPart === 1 };
        return then({ ...page, last: numberOf(last) });
      },
    });
  }

  /** Reads backwards, in several requests if the page is large. */
  async readBack(shard: Shard, namespace: string, before: Offset | undefined, limit: number): Promise<Page> {
    let page = await this.#readPartBack(shard, namespace, before, limit);
    let { records } = page;
    for (let [first] = records; page.isPart && first; [first] = records) {
      page = await this.#readPartBack(shard, namespace, first.offset, limit - records.length);
      records = page.records.concat(records);
    }
    return { records, hasGap: page.hasGap };
  }

  #readPartBack(shard: Shard, namespace: string, before: Offset | undefined, limit: number): Promise<PagePart> {
    const { log, meta } = this.keysOf(namespace);
    const number = before === undefined ? undefined : (decodeOffset(before) ?? 0);
    return shard.run({
      script: READ_BACK,
      keys: [log, meta],
      args: [number === undefined ? '' : `${number}`, `${limit}`],
      decode(reply) {
        const [isMissing, isPart, ...rows] = listOf(reply);
        const records = rowsOf(rows)
          .reverse()
          .flatMap(({ last, bytes }) => recordsUpTo(last, bytes))
          .filter(({ offset }) => before === undefined || offset < before);
        const hasGap = isMissing === 1 && records.length < limit;
        return { records: limit === 0 ? [] : records.slice(-limit), hasGap, isPart: isPart === 1 };
      },
    });
  }

  /** Reads the records at some offsets, in several requests if their batches are large. */
  async readAt(shard: Shard, namespace: string, offsets: readonly Offset[]): Promise<readonly StoredRecord[]> {
    const records: StoredRecord[] = [];
    for (let left = offsets; left.length > 0; ) {
      const { done, found } = await this.#readPartAt(shard, namespace, left);
      for (const record of found) records.push(record);
      left = left.slice(done);
    }
    return records;
  }

  /** Reads the records at the first offsets, and answers how many of these they were. */
  #readPartAt(shard: Shard, namespace: string, offsets: readonly Offset[]) {
    const numbers = offsets.slice(0, PLACES_MAX).map((offset) => decodeOffset(offset) ?? 0);
    const asked = this.#batches.ask(namespace, numbers);
    const known = new Map(asked.map(({ known }) => [known?.last, known]));
    return shard.run({
      script: READ_AT,
      keys: [this.keysOf(namespace).log],
      // One argument is much cheaper than many.
      args: [placesOf(asked)],
      decode: (reply) => {
        const [done, ...rows] = listOf(reply);
        const found = rowsOf(rows).flatMap((row) => {
          // Redis sends no bytes of a batch that this process knows.
          const batch = row.bytes.length > 0 ? this.#batches.add(namespace, row) : known.get(row.last);
          return batch ? recordsAt(numbers, batch.last, batch.bytes) : [];
        });
        const next = asked[numberOf(done)];
        return { done: next ? numbers.indexOf(next.number) : numbers.length, found };
      },
    });
  }

  /** Forgets what was read of a namespace, because records of it were erased. */
  forget(namespace: string): void {
    this.#batches.forget(namespace);
  }

  /** Forgets what was read of all namespaces. Called when an uplink ends. */
  end(): void {
    this.#batches.end();
  }

  /** No log has given out an offset of another kind. */
  async knows(shard: Shard, namespace: string, offset: Offset): Promise<boolean> {
    const { meta } = this.keysOf(namespace);
    const number = decodeOffset(offset);
    if (number !== undefined)
      return shard.run({
        script: KNOWS,
        keys: [meta],
        args: [`${number}`],
        decode: (reply) => numberOf(reply) === 1,
      });
    await shard.connection.call(['PING']);
    return false;
  }

  extent(shard: Shard, namespace: string): Promise<LogExtent> {
    const { log, meta } = this.keysOf(namespace);
    return shard.run({
      script: EXTENT,
      keys: [log, meta],
      args: [],
      decode(reply) {
        const [newest = 0, oldest = 0, count = 0, bytes = 0] = listOf(reply).map(numberOf);
        return { oldest: oldest > 0 ? encodeOffset(oldest) : undefined, newest: encodeOffset(newest), count, bytes };
      },
    });
  }

  newest(shard: Shard, namespace: string): Promise<Offset> {
    const { meta } = this.keysOf(namespace);
    return shard.run({ script: NEWEST, keys: [meta], args: [], decode: (reply) => encodeOffset(numberOf(reply)) });
  }

  #retentionOf(namespace: string): Retention {
    const own = this.#retentions.get(namespace);
    return own ? { ...this.#retention, ...own } : this.#retention;
  }
}

/** A page, or its first part. */
interface PagePart extends Page {
  /** Whether the reading ended early because of its size. */
  readonly isPart: boolean;
}

/** A batch has at most these records, and about these bytes unless a single record has more. */
const BATCH_RECORDS_MAX = 4_096;
const BATCH_BYTES_MAX = 512 * 1024;

/**
 * Bytes that a record may have. Redis breaks the connections of subscribers that would have to take in twice as much at
 * once.
 */
const RECORD_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Returns the number of records, the tag and the bytes of each batch in turn. The records of a batch are for the same
 * tag. Throws an UnavailableError if a record is too large.
 */
function batchesOf(records: readonly LogRecord[], write: WriteId): (string | Bytes)[] {
  const batches: (string | Bytes)[] = [];
  const add = (from: number, end: number, tag: string | undefined): void => {
    batches.push(`${end - from}`, tag ?? '', encodeBatch(write, records.slice(from, end)));
  };
  let [from, size] = [0, 0];
  let tag = records[0] && audienceOf(records[0]);
  for (const [index, record] of records.entries()) {
    const cost = costOf(record);
    if (cost > RECORD_BYTES_MAX / 4 && cost - record.event.length + utf8Size(record.event) > RECORD_BYTES_MAX)
      throw new UnavailableError(
        'NOT_KEPT',
        `An event has more than ${RECORD_BYTES_MAX} bytes, the most that the log in Redis takes. Send less at once.`,
      );
    const own = audienceOf(record);
    const isFull = index - from >= BATCH_RECORDS_MAX || size + cost > BATCH_BYTES_MAX;
    if (index > from && (isFull || own !== tag)) {
      add(from, index, tag);
      [from, size] = [index, 0];
    }
    tag = own;
    size += cost;
  }
  add(from, records.length, tag);
  return batches;
}

/** Returns places as the script takes them. */
function placesOf(asked: readonly AskedPlace[]): Buffer {
  const bytes = Buffer.alloc(PLACE_BYTES * asked.length);
  for (const [at, { number, known }] of asked.entries()) {
    const end = bytes.writeDoubleBE(number, PLACE_BYTES * at);
    known?.bytes.copy(bytes, end, 0, PLACE_BYTES - 8);
  }
  return bytes;
}

/** Returns the entries in a reply that has their numbers and bytes in turn. */
export function rowsOf(rows: readonly unknown[]): LogRow[] {
  const entries: LogRow[] = [];
  for (let index = 0; index + 1 < rows.length; index += 2)
    entries.push({ last: numberOf(rows[index]), bytes: rows[index + 1] as Buffer });
  return entries;
}
