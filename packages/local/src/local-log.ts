/** The log on the disk of one machine, shared by its processes. */
import type { Buffer } from 'node:buffer';
import {
  type Appended,
  decodeOffset,
  type Erasure,
  encodeOffset,
  type Following,
  type Log,
  type LogExtent,
  type LogFollower,
  type LogRecord,
  lostRecord,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
  storedAs,
} from 'naru/backplane';
import type { Clock } from 'naru/base';
import { systemRandom } from 'naru/base';
import { checkVersion, type Database, type NamespaceState, writeFailed } from './database.js';
import type { LocalStore, WaitingTexts } from './local-store.js';
import { type ErasingLog, eraseRecords } from './records/erasing.js';
import { Holes, placeBehind, type Run } from './records/holes.js';
import { decodeRecord, encodeRecord, faultOf, timeOf } from './records/record.js';
import { BLOCK_RECORDS, blockOf, RecordBlocks } from './records/record-blocks.js';
import { Scrubber } from './records/scrubbing.js';
import type { Signal } from './signal.js';

const EMPTY: NamespaceState = Object.freeze({ newest: 0, oldest: 1, bytes: 0 });

/** Most records that one append removes, so that it stays short. The next append continues. */
const TRIM_MAX = 1_000;
/**
 * Records of a block that a reader has to want before the whole block is read. One that follows the log wants a few at
 * a time.
 */
const BLOCK_WANTED_MIN = BLOCK_RECORDS / 2;

/**
 * Namespaces whose newest own number this process remembers. In any other namespace, the next append leaves a hole
 * first.
 */
const GIVEN_MAX = 10_000;

/** The result of reading a whole log. */
export interface Verdict {
  readonly count: number;
  /** One sentence for each fault, empty when all is well. */
  readonly faults: readonly string[];
}

/**
 * Logs in LMDB. A damaged record reads as a gap record (own-records.ts). Transactions give out the numbers of offsets,
 * so they rise over all processes. Each process begins after a hole (holes.ts). Each append applies retention, and
 * `trim` does so for quiet namespaces.
 */
export class LocalLog implements Log {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #retention: Retention;
  /** The retention of namespaces where it differs. */
  readonly #retentions = new Map<string, Retention>();
  readonly #signal: Signal;
  readonly #store: LocalStore;
  readonly #blocks = new RecordBlocks();
  readonly #erasing: ErasingLog;
  readonly #holes: Holes;
  /** The newest number that this process gave out in each namespace. */
  readonly #given = new Map<string, number>();

  /** The texts that wait in `store` are written in the same transaction as the records. */
  constructor(database: Database, clock: Clock, retention: Retention, signal: Signal, store: LocalStore) {
    this.#database = database;
    this.#clock = clock;
    this.#retention = retention;
    this.#signal = signal;
    this.#store = store;
    this.#holes = new Holes(database);
    const scrubber = new Scrubber(database, clock);
    this.#erasing = { database, clock, scrubber, stateOf: (namespace) => this.#stateOf(namespace) };
  }

  append(namespace: string, records: readonly LogRecord[]): Appended {
    if (records.length === 0) return { offsets: [], previous: this.extent(namespace).newest };
    const appended = this.#append(namespace, records.map(encodeRecord), this.#store.take());
    this.#signal.raise();
    return appended;
  }

  read(namespace: string, after: Offset, limit: number): Page {
    const sequence = decodeOffset(after);
    this.#refresh();
    const state = this.#stateToRead(namespace);
    if (sequence === undefined) return { records: [], hasGap: true };
    const records: StoredRecord[] = [];
    for (const { first, last, end } of this.#holes.runs(namespace, Math.max(sequence + 1, state.oldest), state)) {
      const left = limit - records.length;
      if (left <= 0) break;
      this.#slice(namespace, { first, last: Math.min(last, first + left - 1), end }, records);
    }
    return { records, hasGap: state.newest > sequence && !this.#reaches(namespace, sequence, state) };
  }

  readBack(namespace: string, before: Offset | undefined, limit: number): Page {
    const state = this.#stateToRead(namespace);
    const last = before === undefined ? state.newest : Math.min(state.newest, (decodeOffset(before) ?? 0) - 1);
    const parts: Run[] = [];
    let left = limit;
    for (const run of this.#holes.runsBack(namespace, last, state)) {
      if (left <= 0) break;
      const first = Math.max(run.first, run.last - left + 1);
      parts.push({ ...run, first });
      left -= run.last - first + 1;
    }
    const records: StoredRecord[] = [];
    for (const part of parts.reverse()) this.#slice(namespace, part, records);
    return { records, hasGap: left > 0 && !this.#reaches(namespace, 0, state) };
  }

  readAt(namespace: string, offsets: readonly Offset[]): readonly StoredRecord[] {
    this.#refresh();
    const state = this.#stateToRead(namespace);
    const records: StoredRecord[] = [];
    for (const offset of offsets) {
      const sequence = decodeOffset(offset) ?? 0;
      const isThere = sequence >= state.oldest && sequence <= state.newest;
      if (!isThere || this.#holes.has(namespace, sequence, state)) continue;
      const stored = this.#database.log.getBinary([namespace, sequence]);
      const record = stored && decodeRecord(stored);
      records.push(record ? storedAs(record, offset) : lostRecord(sequence, records.at(-1)?.at ?? 0));
    }
    return records;
  }

  extent(namespace: string): LogExtent {
    this.#refresh();
    const state = this.#stateToRead(namespace);
    const { newest, oldest, bytes } = state;
    const count = this.#countOf(namespace, state);
    return { oldest: count > 0 ? encodeOffset(oldest) : undefined, newest: encodeOffset(newest), count, bytes };
  }

  knows(namespace: string, offset: Offset): boolean {
    const sequence = decodeOffset(offset);
    this.#refresh();
    const state = this.#stateOf(namespace);
    return sequence !== undefined && sequence <= state.newest && !this.#holes.has(namespace, sequence, state);
  }

  erase(namespace: string, what: Erasure): Promise<number> {
    return eraseRecords(this.#erasing, namespace, what);
  }

  retain(namespace: string, retention: Partial<Retention>): void {
    this.#retentions.set(namespace, { ...this.#retention, ...retention });
  }

  follow(namespace: string, follower: LogFollower): Following {
    const end = this.#signal.listen((isOwn) => follower.onMore(isOwn ? this.#newestOf(namespace) : undefined));
    return { end, ready: this.extent(namespace).newest };
  }

  /** Returns the newest offset, or `undefined` if the disk fails. */
  #newestOf(namespace: string): Offset | undefined {
    try {
      this.#refresh();
      return encodeOffset(this.#stateOf(namespace).newest);
    } catch {
      return undefined;
    }
  }

  /** Returns the names of all namespaces. */
  namespaces(): string[] {
    return [...this.#database.states.getKeys()];
  }

  /** Reads the whole log of a namespace and reports every difference from what was written. */
  verify(namespace: string): Verdict {
    this.#refresh();
    const state = this.#stateOf(namespace);
    const faults: string[] = [];
    let [next, count, size] = [state.oldest, 0, 0];
    const expect = (sequence: number): void => {
      for (const { first, last } of this.#holes.runs(namespace, next, state)) {
        if (first >= sequence) return;
        faults.push(`missing: ${encodeOffset(first)} to ${encodeOffset(Math.min(last, sequence - 1))}`);
      }
    };
    for (const { key, value } of this.#database.log.getRange({ start: [namespace, 0], end: [namespace, Infinity] })) {
      const [, sequence] = key;
      if (sequence !== next) expect(sequence);
      if (this.#holes.has(namespace, sequence, state)) faults.push(`never given out: ${encodeOffset(sequence)}`);
      if (!decodeRecord(value)) faults.push(`${faultOf(value)}: ${encodeOffset(sequence)}`);
      next = sequence + 1;
      count += 1;
      size += value.length;
    }
    expect(state.newest + 1);
    if (size !== state.bytes) faults.push(`the records take ${size} bytes, but the log counts ${state.bytes}`);
    return { count, faults };
  }

  /** Removes records that are too old or too many. Returns the number of removed records. */
  trim(namespace: string): number {
    const { root, states } = this.#database;
    let count = 0;
    root.transactionSync(() => {
      const state = this.#stateOf(namespace);
      const before = this.#countOf(namespace, state);
      const trimmed = this.#trimmed(namespace, state);
      count = before - this.#countOf(namespace, trimmed);
      if (trimmed.oldest !== state.oldest) states.putSync(namespace, trimmed);
    });
    return count;
  }

  #append(namespace: string, encoded: readonly Buffer[], texts: WaitingTexts | undefined): Appended {
    try {
      const appended = this.#write(namespace, encoded, texts);
      texts?.done();
      return appended;
    } catch (error) {
      const failure = writeFailed(error);
      if (!texts) throw failure;
      // A text that cannot be written must not keep events out of the log.
      texts.fail(failure);
      return this.#append(namespace, encoded, undefined);
    }
  }

  /** Writes records and texts in one transaction. Either all of them are stored or none, even if the process ends. */
  #write(namespace: string, encoded: readonly Buffer[], texts: WaitingTexts | undefined): Appended {
    const { root, log, states } = this.#database;
    const offsets: Offset[] = [];
    let [previous, newest] = [0, 0];
    root.transactionSync(() => {
      texts?.put(this.#database, this.#clock.now());
      const state = this.#stateOf(namespace);
      previous = state.newest;
      const added = encoded.reduce((sum, { length }) => sum + length, 0);
      const begun = this.#begin(namespace, this.#trimmed(namespace, { ...state, bytes: state.bytes + added }));
      const { base } = begun;
      let { oldest, bytes } = begun;
      let count = base === undefined ? undefined : this.#countOf(namespace, begun);
      newest = Math.max(previous, base ?? 0);
      for (const record of encoded) {
        newest += 1;
        offsets.push(encodeOffset(newest));
        // A record that is put and removed in one transaction takes pages after the end of the file, which are then
        // never written.
        if (newest === oldest && !this.#isKept(namespace, record, bytes)) {
          this.#holes.drop(namespace, oldest);
          oldest += 1;
          bytes -= record.length;
        } else {
          log.putSync([namespace, newest], record);
          if (count !== undefined) count += 1;
        }
      }
      states.putSync(namespace, { newest, oldest, bytes, base, count, erasures: state.erasures });
    });
    this.#note(namespace, newest);
    return { offsets, previous: encodeOffset(previous) };
  }

  /**
   * Returns the state from which this process continues. It adds a hole when the log lacks numbers that this process
   * gave out, or may lack some. Runs inside a transaction.
   */
  #begin(namespace: string, state: NamespaceState): NamespaceState {
    const { newest, oldest } = state;
    const given = this.#given.get(namespace);
    if (given !== undefined && given <= newest) return state;
    const to = placeBehind(Math.max(newest, given ?? 0), this.#clock.now(), systemRandom.fraction());
    if (to === undefined) return state;
    this.#holes.add(namespace, { from: newest, to });
    return { ...state, oldest: oldest > newest ? to + 1 : oldest, base: to, count: this.#countOf(namespace, state) };
  }

  #note(namespace: string, newest: number): void {
    this.#given.delete(namespace);
    this.#given.set(namespace, newest);
    // The namespace that has been quiet for longest comes first.
    const [quiet] = this.#given.size > GIVEN_MAX ? this.#given.keys() : [];
    if (quiet !== undefined) this.#given.delete(quiet);
  }

  /** Makes the writes of other processes visible. LMDB shows a turn of the event loop the state at its first read. */
  #refresh(): void {
    this.#database.root.resetReadTxn();
  }

  #stateOf(namespace: string): NamespaceState {
    const state = checkVersion(this.#database.states.get(namespace) ?? EMPTY, 'the log of', namespace);
    if (state.base !== undefined || state === EMPTY) return state;
    // A process of a version without holes does not write where the last hole ends, nor the number of records.
    const base = this.#holes.end(namespace);
    return base === undefined ? state : { ...state, base };
  }

  /** Returns the state, and drops the blocks that were cached before records were erased. */
  #stateToRead(namespace: string): NamespaceState {
    const state = this.#stateOf(namespace);
    this.#blocks.checkErasures(namespace, state.erasures ?? 0);
    return state;
  }

  /** Returns the number of records in the log. */
  #countOf(namespace: string, { newest, oldest, base, count }: NamespaceState): number {
    if (count !== undefined) return count;
    if (base === undefined) return newest - oldest + 1;
    return this.#database.log.getKeysCount({ start: [namespace, oldest], end: [namespace, newest + 1] });
  }

  /** Removes the oldest records that retention does not keep. Runs inside a transaction. */
  #trimmed(namespace: string, state: NamespaceState): NamespaceState {
    const { log } = this.#database;
    const { newest, base = 0 } = state;
    let { oldest, bytes } = state;
    let count = 0;
    for (; oldest <= newest && count < TRIM_MAX; count += 1) {
      const stored = log.getBinary([namespace, oldest]);
      if (this.#isKept(namespace, stored ?? new Uint8Array(0), bytes)) break;
      bytes -= stored?.length ?? 0;
      log.removeSync([namespace, oldest]);
      if (oldest - 1 <= base) this.#holes.drop(namespace, oldest);
      oldest = this.#holes.successorOf(namespace, oldest, state);
    }
    return { ...state, oldest, bytes, count: state.count && state.count - count };
  }

  /** Whether retention keeps the oldest record when all records together have so many bytes. */
  #isKept(namespace: string, oldest: Uint8Array, bytes: number): boolean {
    const { ageMs, bytes: bytesMax } = this.#retentions.get(namespace) ?? this.#retention;
    return bytes <= bytesMax && timeOf(oldest) >= this.#clock.now() - ageMs;
  }

  /** Whether all records after a number are in the log. */
  #reaches(namespace: string, sequence: number, state: NamespaceState): boolean {
    return (
      this.#holes.successorOf(namespace, sequence, state) >= state.oldest &&
      !this.#holes.has(namespace, sequence, state)
    );
  }

  /** Adds the records of a run, from its first to its last. */
  #slice(namespace: string, { first, last, end: runEnd }: Run, records: StoredRecord[]): void {
    for (let next = first; next <= last; ) {
      const number = blockOf(next);
      const blockEnd = (number + 1) * BLOCK_RECORDS;
      const end = Math.min(last, blockEnd);
      const block = blockEnd <= runEnd ? this.#blockFor(namespace, number, end - next + 1) : undefined;
      const [low, high] = [encodeOffset(next), encodeOffset(end)];
      for (const record of block ?? this.#decode(namespace, next, end).records)
        if (record.offset >= low && record.offset <= high) records.push(record);
      next = end + 1;
    }
  }

  /**
   * Returns a complete block, cached or read, if the reader wants much of it. Returns `undefined` for a trimmed block.
   */
  #blockFor(namespace: string, number: number, wanted: number): readonly StoredRecord[] | undefined {
    const known = this.#blocks.get(namespace, number);
    if (known || wanted < BLOCK_WANTED_MIN) return known?.records;
    const first = number * BLOCK_RECORDS + 1;
    if (first < this.#stateOf(namespace).oldest) return undefined;
    const { records, bytes } = this.#decode(namespace, first, first + BLOCK_RECORDS - 1);
    this.#blocks.set(namespace, number, records, bytes);
    return records;
  }

  #decode(namespace: string, from: number, last: number): { records: StoredRecord[]; bytes: number } {
    const records: StoredRecord[] = [];
    let bytes = 0;
    let next = from;
    const tellLost = (end: number): void => {
      for (; next < end; next += 1) records.push(lostRecord(next, records.at(-1)?.at ?? 0));
    };
    for (const { key, value } of this.#database.log.getRange({
      start: [namespace, from],
      end: [namespace, last + 1],
    })) {
      const [, sequence] = key;
      tellLost(sequence);
      const record = decodeRecord(value);
      bytes += value.length;
      records.push(record ? storedAs(record, encodeOffset(sequence)) : lostRecord(sequence, records.at(-1)?.at ?? 0));
      next = sequence + 1;
    }
    tellLost(last + 1);
    return { records, bytes };
  }
}
