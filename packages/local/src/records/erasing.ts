/** Erases records of a folder. Their bytes are overwritten, so that the texts are gone from the file. */
import { Buffer } from 'node:buffer';
import { decodeOffset, type Erasure, encodeOffset, erasedRecord, isToErase, storedAs } from 'naru/backplane';
import type { Clock } from 'naru/base';
import { type Database, type LogKey, type NamespaceState, writeFailed } from '../database.js';
import { decodeRecord, encodeRecord } from './record.js';
import type { Scrubber } from './scrubbing.js';

/** The log that erases. */
export interface ErasingLog {
  readonly database: Database;
  readonly clock: Clock;
  readonly scrubber: Scrubber;
  /** Returns the state of a namespace, inside a transaction or outside. */
  stateOf(namespace: string): NamespaceState;
}

/** Records, and bytes of records, that are looked at before other work runs. */
const SLICE = 1_000;
const SLICE_BYTES = 4 * 1024 * 1024;

/**
 * Bytes of the records before an erased one, and after it, that are written again. LMDB moves records to another page
 * when a page is full, and leaves their bytes in the unused part of the old one.
 */
const BEFORE_BYTES = 12 * 1024;
const AFTER_BYTES = 4 * 1024;
/** The most records before an erased one. They take at least 32 bytes each. */
const BEFORE_MAX = BEFORE_BYTES / 32;

/** The recipients and the time of a damaged record, which are unknown. It counts as sent to everybody. */
const DAMAGED = { rooms: [], except: [], at: 0 };

/** A record to write. `rest` is what takes the place of an erased one. */
interface Found {
  readonly key: LogKey;
  readonly value: Buffer;
  rest: Buffer | undefined;
}

/** Numbers of records, both included. */
interface Numbers {
  readonly from: number;
  readonly last: number;
}

/**
 * Erases the records that are in the log now. Returns their number, once their bytes are overwritten. Rejects with
 * UnavailableError when the folder cannot be written.
 */
export async function eraseRecords(log: ErasingLog, namespace: string, what: Erasure): Promise<number> {
  log.database.root.resetReadTxn();
  const { newest } = log.stateOf(namespace);
  const named = 'offset' in what ? (decodeOffset(what.offset) ?? 0) : undefined;
  const last = named === undefined ? newest : Math.min(named, newest);
  let count = 0;
  let from: number | undefined = Math.max(1, named ?? 1);
  while (from !== undefined && from <= last) {
    const [erased, next] = eraseSlice(log, namespace, what, { from, last });
    count += erased;
    from = next;
    if (from !== undefined) await new Promise<void>((resolve) => log.clock.defer(resolve, undefined));
  }
  // Also when nothing was erased: an earlier call may have failed here.
  await log.scrubber.scrub();
  return count;
}

/** Erases some records. Returns how many, and the number where the next slice begins, if there is one. */
function eraseSlice(
  log: ErasingLog,
  namespace: string,
  what: Erasure,
  numbers: Numbers,
): [count: number, next: number | undefined] {
  const { root, log: records, states } = log.database;
  try {
    const [found, next] = find(log, namespace, what, numbers);
    if (found.length === 0) return [0, next];
    return root.transactionSync(() => {
      const state = log.stateOf(namespace);
      let { bytes } = state;
      // Another process may have removed or erased some of them meanwhile.
      const present = found.filter(({ key, value }) => records.getBinary(key)?.equals(value));
      // A value of the same length takes the place of the old one. Zeros come first everywhere: a shorter value moves
      // others in their page.
      for (const { key, value, rest } of present) records.putSync(key, rest ? Buffer.alloc(value.length) : value);
      let count = 0;
      for (const { key, value, rest } of present) {
        if (!rest) continue;
        records.putSync(key, rest);
        bytes += rest.length - value.length;
        count += 1;
      }
      states.putSync(namespace, { ...state, bytes, erasures: (state.erasures ?? 0) + 1 });
      return [count, next];
    });
  } catch (error) {
    throw writeFailed(error);
  }
}

/** Finds records to erase, and those around them. */
function find(
  { database }: ErasingLog,
  namespace: string,
  what: Erasure,
  { from, last }: Numbers,
): [found: Found[], next: number | undefined] {
  const found: Found[] = [];
  let before: Found[] = [];
  let [beforeBytes, afterBytes, bytes, count] = [0, 0, 0, 0];
  let next: number | undefined;
  const start: LogKey = [namespace, Math.max(1, from - BEFORE_MAX)];
  for (const { key, value: stored } of database.log.getRange({ start, end: [namespace, Number.POSITIVE_INFINITY] })) {
    const isOver = key[1] > last || count >= SLICE || bytes >= SLICE_BYTES;
    if (isOver) next ??= key[1];
    if (isOver && afterBytes <= 0) break;
    const value = Buffer.from(stored);
    const each: Found = { key, value, rest: undefined };
    if (key[1] >= from && !isOver) {
      count += 1;
      bytes += value.length;
      each.rest = restOf(each, what);
    }
    if (each.rest) {
      found.push(...before);
      before = [];
      beforeBytes = 0;
      afterBytes = AFTER_BYTES;
      found.push(each);
    } else if (afterBytes > 0) {
      found.push(each);
      afterBytes -= value.length;
    } else {
      before.push(each);
      beforeBytes += value.length;
      while (beforeBytes > BEFORE_BYTES && before.length > 1) beforeBytes -= before.shift()?.value.length ?? 0;
    }
  }
  return [found, next];
}

/** Returns what takes the place of a record, or `undefined` if the erasure does not apply to it. */
function restOf({ key: [, sequence], value }: Found, what: Erasure): Buffer | undefined {
  const record = decodeRecord(value);
  const isWanted = record
    ? isToErase(storedAs(record, encodeOffset(sequence)), what)
    : 'all' in what || 'offset' in what;
  return isWanted ? encodeRecord(erasedRecord(record ?? DAMAGED)) : undefined;
}
