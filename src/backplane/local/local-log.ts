/** The log on the disk of one machine, shared by its processes. */
import type { Buffer } from 'node:buffer';
import type { Clock } from '../../base/clock.js';
import {
  type Appended,
  decodeOffset,
  encodeOffset,
  type Log,
  type LogExtent,
  type LogRecord,
  type Offset,
  type Page,
  type Retention,
  type StoredRecord,
} from '../backplane.js';
import { gapRecord } from '../gap-record.js';
import { type Database, type NamespaceState, writeFailed } from './database.js';
import type { WaitingTexts } from './local-store.js';
import { decodeRecord, encodeRecord } from './record.js';
import { BLOCK_RECORDS, blockOf, RecordBlocks } from './record-blocks.js';
import type { Signal } from './signal.js';

const EMPTY: NamespaceState = Object.freeze({ newest: 0, oldest: 1, bytes: 0 });

/** Records that one append lets go at most, so that it never takes long; the next one goes on. */
const TRIM_MAX = 1_000;

/** Records of one block that somebody has to want before all of it is read. */
const BLOCK_WANTED_MIN = 16;

/** What a reading of everything found. */
export interface Verdict {
  readonly count: number;
  /** In words; none where all is well. */
  readonly faults: readonly string[];
}

/**
 * Logs in LMDB. What is damaged is read as a record that says so (gap-record.ts). Offsets are numbers that a transaction gives out, so they rise over all processes. Retention is kept to at each append,
 * and by `trim` for namespaces that are quiet.
 */
export class LocalLog implements Log {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #retention: Retention;
  readonly #signal: Signal;
  readonly #takeTexts: () => WaitingTexts | undefined;
  readonly #blocks = new RecordBlocks();

  /** `takeTexts` hands over texts that are to be written in one transaction with what is appended. */
  constructor(
    database: Database,
    clock: Clock,
    retention: Retention,
    signal: Signal,
    takeTexts: () => WaitingTexts | undefined,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#retention = retention;
    this.#signal = signal;
    this.#takeTexts = takeTexts;
  }

  append(namespace: string, records: readonly LogRecord[]): Appended {
    const encoded = records.map(encodeRecord);
    const texts = this.#takeTexts();
    let appended: Appended;
    try {
      appended = this.#write(namespace, encoded, texts);
      texts?.done();
    } catch (error) {
      const failure = writeFailed(error);
      if (!texts) throw failure;
      // What is wrong with a text must not keep events out of the log.
      texts.fail(failure);
      appended = this.#writeAlone(namespace, encoded);
    }
    this.#signal.raise();
    return appended;
  }

  read(namespace: string, after: Offset, limit: number): Page {
    const sequence = decodeOffset(after);
    this.#refresh();
    const { newest, oldest } = this.#stateOf(namespace);
    if (sequence === undefined) return { records: [], hasGap: true };
    const records = this.#slice(
      namespace,
      Math.max(sequence + 1, oldest),
      Math.min(newest, sequence + Math.max(limit, 0) + Math.max(0, oldest - sequence - 1)),
    );
    return { records, hasGap: sequence + 1 < oldest && newest > sequence };
  }

  readBack(namespace: string, before: Offset | undefined, limit: number): Page {
    const { newest, oldest } = this.#stateOf(namespace);
    const last = before === undefined ? newest : Math.min(newest, (decodeOffset(before) ?? 0) - 1);
    const from = Math.max(oldest, last - limit + 1);
    return {
      records: this.#slice(namespace, from, last),
      hasGap: from === oldest && oldest > 1 && last - from + 1 < limit,
    };
  }

  extent(namespace: string): LogExtent {
    this.#refresh();
    const { newest, oldest, bytes } = this.#stateOf(namespace);
    const count = newest - oldest + 1;
    return { oldest: count > 0 ? encodeOffset(oldest) : undefined, newest: encodeOffset(newest), count, bytes };
  }

  follow(_namespace: string, onMore: () => void): () => void {
    return this.#signal.listen(onMore);
  }

  /** The namespaces that there are. */
  namespaces(): string[] {
    return [...this.#database.states.getKeys()];
  }

  /** Reads everything, and says what is not as it was written. */
  verify(namespace: string): Verdict {
    this.#refresh();
    const { newest, oldest, bytes } = this.#stateOf(namespace);
    const faults: string[] = [];
    let [next, count, size] = [oldest, 0, 0];
    for (const { key, value } of this.#database.log.getRange({ start: [namespace, 0], end: [namespace, Infinity] })) {
      const [, sequence] = key;
      if (sequence !== next) faults.push(`missing: ${encodeOffset(next)} to ${encodeOffset(sequence - 1)}`);
      if (!decodeRecord(value)) faults.push(`damaged: ${encodeOffset(sequence)}`);
      next = sequence + 1;
      count += 1;
      size += value.length;
    }
    if (next !== newest + 1) faults.push(`missing: ${encodeOffset(next)} to ${encodeOffset(newest)}`);
    if (size !== bytes) faults.push(`${size} bytes are there, and ${bytes} are said to be`);
    return { count, faults };
  }

  /** Lets go of what is too old, or too much; gives the number of records that went. */
  trim(namespace: string): number {
    const { root, states } = this.#database;
    let count = 0;
    root.transactionSync(() => {
      const state = states.get(namespace) ?? EMPTY;
      const trimmed = this.#trimmed(namespace, state);
      count = trimmed.oldest - state.oldest;
      if (count > 0) states.putSync(namespace, trimmed);
    });
    return count;
  }

  /** All of it in one transaction, which is there or not, whatever becomes of the process. */
  #write(namespace: string, encoded: readonly Buffer[], texts: WaitingTexts | undefined): Appended {
    const { root, log, states } = this.#database;
    const offsets: Offset[] = [];
    let previous = 0;
    root.transactionSync(() => {
      texts?.put(this.#database);
      const state = states.get(namespace) ?? EMPTY;
      let { newest } = state;
      previous = newest;
      const added = encoded.reduce((sum, { length }) => sum + length, 0);
      let { oldest, bytes } = this.#trimmed(namespace, { ...state, bytes: state.bytes + added });
      for (const record of encoded) {
        newest += 1;
        offsets.push(encodeOffset(newest));
        // Put and removed in one transaction, it would take pages behind the end of the file, which are then never written.
        if (newest === oldest && !this.#isKept(record, bytes)) {
          oldest += 1;
          bytes -= record.length;
        } else log.putSync([namespace, newest], record);
      }
      states.putSync(namespace, { newest, oldest, bytes });
    });
    return { offsets, previous: encodeOffset(previous) };
  }

  #writeAlone(namespace: string, encoded: readonly Buffer[]): Appended {
    try {
      return this.#write(namespace, encoded, undefined);
    } catch (error) {
      throw writeFailed(error);
    }
  }

  /** LMDB shows a turn of the event loop what was there at its first read; what others have written since is to be seen, too. */
  #refresh(): void {
    this.#database.root.resetReadTxn();
  }

  #stateOf(namespace: string): NamespaceState {
    return this.#database.states.get(namespace) ?? EMPTY;
  }

  /** Removes the oldest records that retention does not keep; inside a transaction. */
  #trimmed(namespace: string, state: NamespaceState): NamespaceState {
    const { log } = this.#database;
    let { oldest, bytes } = state;
    for (let count = 0; oldest <= state.newest && count < TRIM_MAX; count += 1) {
      const stored = log.getBinary([namespace, oldest]);
      if (this.#isKept(stored ?? NOTHING, bytes)) break;
      bytes -= stored?.length ?? 0;
      log.removeSync([namespace, oldest]);
      oldest += 1;
    }
    return { newest: state.newest, oldest, bytes };
  }

  /** Whether retention keeps the oldest record, where all that are there have so many bytes. */
  #isKept(oldest: Uint8Array, bytes: number): boolean {
    const { ageMs, bytes: bytesMax } = this.#retention;
    return bytes <= bytesMax && (decodeRecord(oldest)?.at ?? 0) >= this.#clock.now() - ageMs;
  }

  /** The records from `from` to `last`, both included. */
  #slice(namespace: string, from: number, last: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (let next = from; next <= last; ) {
      const number = blockOf(next);
      const blockEnd = (number + 1) * BLOCK_RECORDS;
      const end = Math.min(last, blockEnd);
      const block = this.#blockFor(namespace, number, end - next + 1);
      const part = block ?? this.#decode(namespace, next, end).records;
      const isWhole = part === block && part.length === BLOCK_RECORDS;
      const [low, high] = [encodeOffset(next), encodeOffset(end)];
      for (let at = isWhole ? BLOCK_RECORDS - 1 - (blockEnd - next) : 0; at < part.length; at += 1) {
        const record = part[at] as StoredRecord;
        if (record.offset > high) break;
        if (record.offset >= low) records.push(record);
      }
      next = end + 1;
    }
    return records;
  }

  /** A block that is kept, or is now, because much of it is asked for; nothing where it is not written to its end, or trimmed. */
  #blockFor(namespace: string, number: number, wanted: number): readonly StoredRecord[] | undefined {
    const known = this.#blocks.get(namespace, number);
    if (known || wanted < BLOCK_WANTED_MIN) return known?.records;
    const first = number * BLOCK_RECORDS + 1;
    const { newest, oldest } = this.#stateOf(namespace);
    if (first < oldest || first + BLOCK_RECORDS - 1 > newest) return undefined;
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
      records.push(
        record ? { ...record, offset: encodeOffset(sequence) } : lostRecord(sequence, records.at(-1)?.at ?? 0),
      );
      next = sequence + 1;
    }
    tellLost(last + 1);
    return { records, bytes };
  }
}

const NOTHING = new Uint8Array(0);

/** What is read in the place of a record that is damaged or missing, so that nobody is short of it without a word. */
function lostRecord(sequence: number, at: number): StoredRecord {
  const gap = gapRecord(encodeOffset(sequence - 1), encodeOffset(sequence + 1), at);
  return { ...gap, offset: encodeOffset(sequence) };
}
