/** A log in memory that can lose its newest records, as a home does when a replica without them takes over. */
import {
  type Appended,
  decodeOffset,
  type Erasure,
  encodeOffset,
  type LogExtent,
  type LogRecord,
  MemoryLog,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
} from 'naru/backplane';
import type { Clock } from 'naru/base';
import { getOrCreate } from 'naru/base';

/** Records that are read at once, to find those that are left. */
const PAGE = 1_000;

/**
 * Logs by namespace. The numbers of lost records are never given out again, and are unknown from then on: a client that
 * names one has seen records that are gone.
 */
export class ForgetfulLog {
  readonly #log: MemoryLog;
  readonly #forgotten = new Map<string, Set<Offset>>();

  constructor(clock: Clock, retention: Retention) {
    this.#log = new MemoryLog(clock, retention);
  }

  append(namespace: string, records: readonly LogRecord[]): Appended {
    const previous = this.extent(namespace).newest;
    return { offsets: this.#log.append(namespace, records).offsets, previous };
  }

  /** Loses records. They must be the newest ones of the namespace. */
  forget(namespace: string, offsets: readonly Offset[]): void {
    const forgotten = getOrCreate(this.#forgotten, namespace, () => new Set());
    for (const offset of offsets) forgotten.add(offset);
  }

  /** Reads a page. With a text, it has the first record and those with the text, as Redis sends them. */
  read(namespace: string, after: Offset, limit: number, text?: string): Page {
    const page = this.#read(namespace, after, limit);
    const passed = page.records.at(-1)?.offset;
    if (text === undefined || passed === undefined) return page;
    return { ...page, records: page.records.filter(({ event }, at) => at === 0 || event.includes(text)), passed };
  }

  #read(namespace: string, after: Offset, limit: number): Page {
    const forgotten = this.#forgotten.get(namespace);
    if (!forgotten) return this.#log.read(namespace, after, limit);
    const { hasGap } = this.#log.read(namespace, after, 0);
    const records: StoredRecord[] = [];
    let from = after;
    for (let isMore = true; isMore && records.length < limit; ) {
      const page = this.#log.read(namespace, from, PAGE).records;
      for (const record of page) if (!forgotten.has(record.offset) && records.length < limit) records.push(record);
      from = page.at(-1)?.offset ?? from;
      isMore = page.length === PAGE;
    }
    return { records, hasGap: hasGap || (forgotten.has(after) && this.extent(namespace).newest > after) };
  }

  namespaces(): readonly string[] {
    return this.#log.namespaces();
  }

  readBack(namespace: string, before: Offset | undefined, limit: number): Page {
    const forgotten = this.#forgotten.get(namespace);
    if (!forgotten) return this.#log.readBack(namespace, before, limit);
    const page = this.#log.readBack(namespace, before, limit + forgotten.size);
    const records = page.records.filter(({ offset }) => !forgotten.has(offset));
    return { records: limit === 0 ? [] : records.slice(-limit), hasGap: page.hasGap && records.length <= limit };
  }

  readAt(namespace: string, offsets: readonly Offset[]): readonly StoredRecord[] {
    const forgotten = this.#forgotten.get(namespace);
    return this.#log.readAt(namespace, offsets).filter(({ offset }) => !forgotten?.has(offset));
  }

  erase(namespace: string, what: Erasure): number {
    return this.#log.erase(namespace, what);
  }

  retain(namespace: string, retention: Partial<Retention>): void {
    this.#log.retain(namespace, retention);
  }

  knows(namespace: string, offset: Offset): boolean {
    const isForgotten = this.#forgotten.get(namespace)?.has(offset) ?? false;
    return !isForgotten && decodeOffset(offset) !== undefined && offset <= this.#log.extent(namespace).newest;
  }

  extent(namespace: string): LogExtent {
    const extent = this.#log.extent(namespace);
    const forgotten = this.#forgotten.get(namespace);
    if (!forgotten) return extent;
    let newest = decodeOffset(extent.newest) ?? 0;
    while (forgotten.has(encodeOffset(newest))) newest -= 1;
    const [oldest] = this.read(namespace, encodeOffset(0), 1).records;
    const lost = [...forgotten].filter((offset) => offset >= (extent.oldest ?? '~')).length;
    return { ...extent, oldest: oldest?.offset, newest: encodeOffset(newest), count: extent.count - lost };
  }
}
