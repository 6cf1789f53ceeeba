/** The log in memory: a ring of records for each namespace, bounded in bytes and in time. It ends with the process. */

import { type Clock, systemClock } from '../base/clock.js';
import { systemRandom } from '../base/id.js';
import { Ring } from '../base/ring.js';
import {
  type Appended,
  type Backplane,
  decodeOffset,
  type Erasure,
  encodeOffset,
  type Following,
  type Log,
  type LogExtent,
  type LogFollower,
  type LogRecord,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
  storedAs,
} from './backplane.js';
import { MemoryStore } from './memory-store.js';
import { erasedRecord, isToErase } from './own-records.js';
import { costOf } from './record-size.js';
import { TalkExchange } from './talk/exchange.js';

/**
 * Logs without followers that are kept for clients that come back. Empty logs go above the first number, all others
 * above the second.
 */
const EMPTY_LOGS_MAX = 1_000;
const DESERTED_LOGS_MAX = 100_000;

/**
 * Names of removed logs that are remembered. Above this number, every unknown name counts as the name of a removed log.
 */
const GONE_NAMES_MAX = 10_000;

/** Least time between two sweeps for records that are too old, in milliseconds. */
const SWEEP_MS = 1_000;

/** The log of one namespace. Invariant: its offsets have no holes, up to `sequence`. */
class NamespaceLog {
  readonly records = new Ring<StoredRecord>();
  /**
   * The cost of each record when it was added. A program that reads history may transfer the bytes of a record away, so
   * the cost is kept.
   */
  readonly #costs = new Ring<number>();
  /** When each record was appended, by the clock of the log. The processes that write may have others. */
  readonly #times = new Ring<number>();
  /**
   * The number before the first record that a reader from the beginning expects. Below `start` when records were
   * removed.
   */
  readonly origin: number;
  sequence: number;
  bytes = 0;
  /** Readers that follow this log. */
  followers = 0;
  /** When a record was last appended, or the last follower left. */
  usedAt = 0;
  retention: Retention;

  constructor(start: number, origin: number, retention: Retention) {
    this.sequence = start;
    this.origin = origin;
    this.retention = retention;
  }

  /** The number before that of the oldest record. */
  get start(): number {
    return this.sequence - this.records.count;
  }

  push(record: LogRecord, now: number): Offset {
    this.sequence += 1;
    const offset = encodeOffset(this.sequence);
    const cost = costOf(record);
    this.records.push(storedAs(record, offset));
    this.#costs.push(cost);
    this.#times.push(now);
    this.bytes += cost;
    return offset;
  }

  /** Returns the number of records that it erased. */
  erase(what: Erasure): number {
    let count = 0;
    for (let index = 0; index < this.records.count; index += 1) {
      const record = this.records.at(index) as StoredRecord;
      if (!isToErase(record, what)) continue;
      const erased = storedAs(erasedRecord(record), record.offset);
      const cost = costOf(erased);
      this.bytes += cost - (this.#costs.at(index) ?? 0);
      this.records.set(index, erased);
      this.#costs.set(index, cost);
      count += 1;
    }
    return count;
  }

  trim(now: number): void {
    const { ageMs, bytes } = this.retention;
    for (let oldest = this.records.at(0); oldest; oldest = this.records.at(0)) {
      if ((this.#times.at(0) ?? 0) >= now - ageMs && this.bytes <= bytes) return;
      this.bytes -= this.#costs.shift() ?? 0;
      this.#times.shift();
      this.records.shift();
    }
  }

  /** Returns the records from one index up to another, as far as they exist. */
  slice(from: number, end: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (let index = from; index < end; index += 1) {
      const record = this.records.at(index);
      if (!record) break;
      records.push(record);
    }
    return records;
  }
}

/**
 * Logs in memory. Records that are too old go when their log is used, or with the next sweep. An append sweeps all logs
 * when the last sweep is as long ago as records are kept. Invariant: a log with followers stays. Of the other logs, the
 * least recently used are removed above a bound. A reader that asks for their records gets a gap.
 */
export class MemoryLog implements Log {
  readonly #clock: Clock;
  readonly #retention: Retention;
  /** The retention of namespaces where it differs. */
  readonly #retentions = new Map<string, Retention>();
  readonly #start: number;
  /** The newest number of all removed logs. New logs begin there, so no offset is given out twice. */
  #floor: number;
  /** Namespaces whose logs were removed, and whether there were more than are remembered. */
  readonly #gone = new Set<string>();
  #hasForgotten = false;
  readonly #namespaces = new Map<string, NamespaceLog>();
  #sweepAt = 0;
  #sweepCount = 2 * EMPTY_LOGS_MAX;

  /** `start` is the number before that of the first record. */
  constructor(clock: Clock, retention: Retention, start = 0) {
    this.#clock = clock;
    this.#retention = retention;
    this.#start = start;
    this.#floor = start;
  }

  namespaces(): readonly string[] {
    return [...this.#namespaces.keys()].filter((name) => this.#trimmed(name)?.records.count).sort();
  }

  /** Number of namespaces that have a log. */
  get namespaceCount(): number {
    return this.#namespaces.size;
  }

  /** Records of all namespaces, including those that are too old and not yet removed. */
  get keptCount(): number {
    let count = 0;
    for (const log of this.#namespaces.values()) count += log.records.count;
    return count;
  }

  append(namespace: string, records: readonly LogRecord[]): Appended {
    const log = this.#open(namespace);
    const previous = encodeOffset(log.sequence);
    const now = this.#clock.now();
    const offsets = records.map((record) => log.push(record, now));
    log.usedAt = now;
    if (now >= this.#sweepAt || this.#namespaces.size > this.#sweepCount) this.#sweep(now);
    else log.trim(now);
    return { offsets, previous };
  }

  read(namespace: string, after: Offset, limit: number): Page {
    const log = this.#trimmed(namespace);
    const sequence = decodeOffset(after);
    if (sequence === undefined) return { records: [], hasGap: true };
    // A reader from the beginning expects the record after the origin. Any other offset before that belongs to an
    // earlier log.
    const first = 1 + (sequence === 0 ? (log?.origin ?? this.#originOf(namespace)) : sequence);
    const oldest = 1 + (log?.start ?? this.#floor);
    const from = Math.max(0, first - oldest);
    return { records: log ? log.slice(from, from + limit) : [], hasGap: first < oldest };
  }

  readBack(namespace: string, before: Offset | undefined, limit: number): Page {
    const log = this.#trimmed(namespace);
    if (!log) return { records: [], hasGap: this.#floor > this.#originOf(namespace) };
    const { start, records } = log;
    const end = Math.min(records.count, before === undefined ? records.count : (decodeOffset(before) ?? 0) - start - 1);
    const from = Math.max(0, end - limit);
    const hasLess = end < 0 || start > log.origin;
    return { records: log.slice(from, end), hasGap: from === 0 && hasLess && end - from < limit };
  }

  readAt(namespace: string, offsets: readonly Offset[]): readonly StoredRecord[] {
    const log = this.#trimmed(namespace);
    if (!log) return [];
    return offsets.flatMap((offset) => log.records.at((decodeOffset(offset) ?? 0) - log.start - 1) ?? []);
  }

  extent(namespace: string): LogExtent {
    const log = this.#trimmed(namespace);
    if (!log) return { oldest: undefined, newest: encodeOffset(this.#floor), count: 0, bytes: 0 };
    const { records, sequence, bytes } = log;
    return { oldest: records.at(0)?.offset, newest: encodeOffset(sequence), count: records.count, bytes };
  }

  erase(namespace: string, what: Erasure): number {
    return this.#trimmed(namespace)?.erase(what) ?? 0;
  }

  retain(namespace: string, retention: Partial<Retention>): void {
    const own = { ...this.#retention, ...retention };
    this.#retentions.set(namespace, own);
    const log = this.#namespaces.get(namespace);
    if (log) log.retention = own;
    this.#sweepAt = Math.min(this.#sweepAt, this.#clock.now() + own.ageMs);
  }

  follow(namespace: string, _follower?: LogFollower): Following {
    const log = this.#open(namespace);
    log.followers += 1;
    let isOver = false;
    return {
      ready: encodeOffset(log.sequence),
      end: () => {
        if (isOver) return;
        isOver = true;
        log.followers -= 1;
        log.usedAt = this.#clock.now();
      },
    };
  }

  #open(namespace: string): NamespaceLog {
    let log = this.#namespaces.get(namespace);
    if (!log) {
      const retention = this.#retentions.get(namespace) ?? this.#retention;
      log = new NamespaceLog(this.#floor, this.#originOf(namespace), retention);
      this.#namespaces.set(namespace, log);
      this.#gone.delete(namespace);
    }
    return log;
  }

  /** Returns where a namespace without a log begins: at the floor, or before all records of its removed log. */
  #originOf(namespace: string): number {
    return this.#hasForgotten || this.#gone.has(namespace) ? this.#start : this.#floor;
  }

  #letGo(namespace: string, log: NamespaceLog): void {
    this.#namespaces.delete(namespace);
    this.#floor = Math.max(this.#floor, log.sequence);
    // A log that never had a record leaves nothing that a client could miss.
    if (log.sequence === log.origin) return;
    if (this.#gone.size < GONE_NAMES_MAX) this.#gone.add(namespace);
    else this.#hasForgotten = true;
  }

  #trimmed(namespace: string): NamespaceLog | undefined {
    const log = this.#namespaces.get(namespace);
    log?.trim(this.#clock.now());
    return log;
  }

  /** Removes records that are too old in all namespaces, and the least recently used logs without followers. */
  #sweep(now: number): void {
    const ageMs = [...this.#retentions.values()].reduce(
      (least, each) => Math.min(least, each.ageMs),
      this.#retention.ageMs,
    );
    this.#sweepAt = now + Math.max(ageMs, SWEEP_MS);
    const deserted: (readonly [string, NamespaceLog])[] = [];
    for (const entry of this.#namespaces) {
      entry[1].trim(now);
      if (entry[1].followers === 0) deserted.push(entry);
    }
    deserted.sort(([, one], [, other]) => one.usedAt - other.usedAt);
    let left = deserted.length;
    for (const [namespace, log] of deserted) {
      const isSpent = log.records.count === 0 && log.usedAt + log.retention.ageMs <= now;
      if (left <= (isSpent ? EMPTY_LOGS_MAX : DESERTED_LOGS_MAX)) break;
      this.#letGo(namespace, log);
      left -= 1;
    }
    // The next sweep waits until the logs have doubled, so the cost of sweeps is constant for each log.
    this.#sweepCount = 2 * Math.max(EMPTY_LOGS_MAX, this.#namespaces.size);
  }
}

/**
 * Records that all namespaces together may append in each millisecond. Above that, the offsets of a server could
 * overlap with those after its restart.
 */
const RECORDS_PER_MS = 1_000;

/**
 * The backplane of a single process. Its offsets begin after all those that an earlier process gave out. So an offset
 * that is older than a restart is recognised as belonging to a lost log. With a test clock, offsets begin with 1.
 */
export function memoryBackplane(clock: Clock, retention: Retention): Backplane {
  return {
    name: 'memory',
    log: new MemoryLog(clock, retention, clock === systemClock ? Math.floor(clock.now()) * RECORDS_PER_MS : 0),
    store: new MemoryStore(clock),
    talk: new TalkExchange(clock, systemRandom),
    close: () => Promise.resolve(),
  };
}
