/** The log in memory: a ring for each namespace, bounded in bytes and in time. It is gone with the process. */

import { type Clock, systemClock } from '../base/clock.js';
import { Ring } from '../base/ring.js';
import {
  type Appended,
  type Backplane,
  decodeOffset,
  encodeOffset,
  type KeyValueStore,
  type Log,
  type LogExtent,
  type LogRecord,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
  storedAs,
} from './backplane.js';

/** Bytes of memory that a record takes besides what it says. */
const RECORD_COST = 300;
/** What each of its rooms counts for but one, and each that it leaves out. */
const ROOM_COST = 16;

/** Logs of namespaces without anybody that are kept for what somebody may still ask of them: those that have nothing left, and all. */
const EMPTY_LOGS_MAX = 1_000;
const DESERTED_LOGS_MAX = 100_000;

/** Names that are remembered of logs that went; with more, any name counts as one of theirs. */
const GONE_NAMES_MAX = 10_000;

/** Milliseconds between two looks at what has become too old, at least. */
const SWEEP_MS = 1_000;

/** Bytes of memory that a record counts for. */
export function costOf(record: LogRecord): number {
  let size = RECORD_COST + record.event.length;
  size += Math.max(0, record.rooms.length + record.except.length - 1) * ROOM_COST;
  for (const { byteLength } of record.attachments) size += byteLength;
  return size;
}

/** The log of one namespace. Invariant: the offsets in it follow each other without holes, up to `sequence`. */
class NamespaceLog {
  readonly records = new Ring<StoredRecord>();
  /** What each record counted for: a program that reads history may transfer the bytes of a record away. */
  readonly #costs = new Ring<number>();
  /** The number before the first record that a reader from the beginning is owed: more stands behind it than is here, where some went. */
  readonly origin: number;
  sequence: number;
  bytes = 0;
  /** Who follows it. */
  followers = 0;
  /** When something was last appended, or the last follower went. */
  usedAt = 0;

  constructor(start: number, origin: number) {
    this.sequence = start;
    this.origin = origin;
  }

  /** The number before that of the oldest record. */
  get start(): number {
    return this.sequence - this.records.count;
  }

  push(record: LogRecord): Offset {
    this.sequence += 1;
    const offset = encodeOffset(this.sequence);
    const cost = costOf(record);
    this.records.push(storedAs(record, offset));
    this.#costs.push(cost);
    this.bytes += cost;
    return offset;
  }

  trim(oldestAt: number, bytesMax: number): void {
    for (let oldest = this.records.at(0); oldest; oldest = this.records.at(0)) {
      if (oldest.at >= oldestAt && this.bytes <= bytesMax) return;
      this.bytes -= this.#costs.shift() ?? 0;
      this.records.shift();
    }
  }

  /** The records from one index to another, as far as there are any. */
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
 * Logs in memory. What has become too old goes when anything is appended anywhere, at the latest. Invariant: a log that somebody follows
 * stays; of the others, those unused for longest go beyond a bound, and who asks for what they had is told of a gap.
 */
export class MemoryLog implements Log {
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #start: number;
  /** The newest number that a log had which is gone: it is the beginning of those that come, so no offset is given out twice. */
  #floor: number;
  /** Namespaces whose logs went, and whether there were more than are remembered. */
  readonly #gone = new Set<string>();
  #hasForgotten = false;
  readonly #namespaces = new Map<string, NamespaceLog>();
  #sweepAt = 0;
  #sweepCount = 2 * EMPTY_LOGS_MAX;

  /** `start`: the number before that of the first record. */
  constructor(clock: Clock, retention: Retention, start = 0) {
    this.#clock = clock;
    this.#retention = retention;
    this.#start = start;
    this.#floor = start;
  }

  /** Namespaces that have a log. */
  get namespaceCount(): number {
    return this.#namespaces.size;
  }

  /** Records of all namespaces, those that are too old and were not met yet included. */
  get keptCount(): number {
    let count = 0;
    for (const log of this.#namespaces.values()) count += log.records.count;
    return count;
  }

  append(namespace: string, records: readonly LogRecord[]): Appended {
    const log = this.#open(namespace);
    const previous = encodeOffset(log.sequence);
    const offsets = records.map((record) => log.push(record));
    const now = this.#clock.now();
    log.usedAt = now;
    if (now >= this.#sweepAt || this.#namespaces.size > this.#sweepCount) this.#sweep(now);
    else this.#trim(log);
    return { offsets, previous };
  }

  read(namespace: string, after: Offset, limit: number): Page {
    const log = this.#trimmed(namespace);
    const sequence = decodeOffset(after);
    if (sequence === undefined) return { records: [], hasGap: true };
    // Behind the beginning stands the first; what is no beginning, and stands before it, is of a log that was here before.
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

  extent(namespace: string): LogExtent {
    const log = this.#trimmed(namespace);
    if (!log) return { oldest: undefined, newest: encodeOffset(this.#floor), count: 0, bytes: 0 };
    const { records, sequence, bytes } = log;
    return { oldest: records.at(0)?.offset, newest: encodeOffset(sequence), count: records.count, bytes };
  }

  follow(namespace: string, _onMore?: () => void): () => void {
    const log = this.#open(namespace);
    log.followers += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      log.followers -= 1;
      log.usedAt = this.#clock.now();
    };
  }

  #open(namespace: string): NamespaceLog {
    let log = this.#namespaces.get(namespace);
    if (!log) {
      log = new NamespaceLog(this.#floor, this.#originOf(namespace));
      this.#namespaces.set(namespace, log);
      this.#gone.delete(namespace);
    }
    return log;
  }

  /** Where a namespace without a log begins: where the next log does, or before all that one had which went. */
  #originOf(namespace: string): number {
    return this.#hasForgotten || this.#gone.has(namespace) ? this.#start : this.#floor;
  }

  #letGo(namespace: string, log: NamespaceLog): void {
    this.#namespaces.delete(namespace);
    this.#floor = Math.max(this.#floor, log.sequence);
    // Without a single record it had nothing that somebody could miss.
    if (log.sequence === log.origin) return;
    if (this.#gone.size < GONE_NAMES_MAX) this.#gone.add(namespace);
    else this.#hasForgotten = true;
  }

  #trimmed(namespace: string): NamespaceLog | undefined {
    const log = this.#namespaces.get(namespace);
    if (log) this.#trim(log);
    return log;
  }

  /** Lets go of what is too old in any namespace, and of logs that nobody has followed or appended to for longest. */
  #sweep(now: number): void {
    const { ageMs } = this.#retention;
    this.#sweepAt = now + Math.max(ageMs, SWEEP_MS);
    const deserted: (readonly [string, NamespaceLog])[] = [];
    for (const entry of this.#namespaces) {
      this.#trim(entry[1]);
      if (entry[1].followers === 0) deserted.push(entry);
    }
    deserted.sort(([, one], [, other]) => one.usedAt - other.usedAt);
    let left = deserted.length;
    for (const [namespace, log] of deserted) {
      const isSpent = log.records.count === 0 && log.usedAt + ageMs <= now;
      if (left <= (isSpent ? EMPTY_LOGS_MAX : DESERTED_LOGS_MAX)) break;
      this.#letGo(namespace, log);
      left -= 1;
    }
    // Twice as many as stay: so a sweep costs each of them a constant.
    this.#sweepCount = 2 * Math.max(EMPTY_LOGS_MAX, this.#namespaces.size);
  }

  #trim(log: NamespaceLog): void {
    log.trim(this.#clock.now() - this.#retention.ageMs, this.#retention.bytes);
  }
}

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** Texts in memory. What has expired is let go when it is met, and all of it now and then. */
export class MemoryStore implements KeyValueStore {
  readonly isDurable = false;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #sweepAt = 1_000;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Entries, those that have expired and were not met yet included. */
  get count(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.expiresAt > this.#clock.now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: string, expiresInMs = Number.POSITIVE_INFINITY): void {
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + expiresInMs });
    if (this.#entries.size > this.#sweepAt) this.#sweep();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  list(prefix: string, limit: number): readonly (readonly [string, string])[] {
    const found: [string, string][] = [];
    for (const key of this.#entries.keys()) {
      const value = key.startsWith(prefix) ? this.get(key) : undefined;
      if (value !== undefined) found.push([key, value]);
    }
    return found.sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, limit);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#entries.delete(key);
    // Twice as many as are alive: so a sweep costs each entry a constant.
    this.#sweepAt = Math.max(1_000, this.#entries.size * 2);
  }
}

/** Records that all namespaces together may get in each millisecond before the offsets of two lives of a server could meet. */
const RECORDS_PER_MS = 1_000;

/**
 * The backplane of one process. Its offsets begin behind all that a process before it gave out, so that one that somebody still names is
 * known to be of a log that is gone; with a clock that is moved by hand they begin with 1.
 */
export function memoryBackplane(clock: Clock, retention: Retention): Backplane {
  return {
    name: 'memory',
    log: new MemoryLog(clock, retention, clock === systemClock ? Math.floor(clock.now()) * RECORDS_PER_MS : 0),
    store: new MemoryStore(clock),
    close: () => Promise.resolve(),
  };
}
