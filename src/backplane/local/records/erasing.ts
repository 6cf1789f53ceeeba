/** Erases records of a folder. Their bytes are overwritten, so that the texts are gone from the file. */
import { Buffer } from 'node:buffer';
import type { Clock } from '../../../base/clock.js';
import { decodeOffset, type Erasure, encodeOffset, storedAs } from '../../backplane.js';
import { erasedRecord, isToErase } from '../../own-records.js';
import { type Database, type LogKey, type NamespaceState, writeFailed } from '../database.js';
import { decodeRecord, encodeRecord } from './record.js';

/** The log that erases. */
export interface ErasingLog {
  readonly database: Database;
  readonly clock: Clock;
  /** Returns the state of a namespace, inside a transaction or outside. */
  stateOf(namespace: string): NamespaceState;
}

/** Records, and bytes of records, that are looked at before other work gets its turn. */
const SLICE = 1_000;
const SLICE_BYTES = 4 * 1024 * 1024;

/** The recipients and the time of a damaged record, which are unknown. It counts as sent to everybody. */
const DAMAGED = { rooms: [], except: [], at: 0 };

/** A record to erase. */
interface Found {
  readonly key: LogKey;
  readonly length: number;
  readonly rest: Buffer;
}

/** Erases the records that are in the log now. Returns their number. Rejects with UnavailableError. */
export async function eraseRecords(log: ErasingLog, namespace: string, what: Erasure): Promise<number> {
  log.database.root.resetReadTxn();
  const { newest } = log.stateOf(namespace);
  const named = 'offset' in what ? (decodeOffset(what.offset) ?? 0) : undefined;
  const last = named === undefined ? newest : Math.min(named, newest);
  let count = 0;
  let from: number | undefined = Math.max(1, named ?? 1);
  while (from !== undefined && from <= last) {
    const [erased, next] = eraseSlice(log, namespace, what, [from, last]);
    count += erased;
    from = next;
    if (from !== undefined) await new Promise<void>((resolve) => log.clock.defer(resolve, undefined));
  }
  return count;
}

/** Erases some records from a number on. Returns how many, and the number where the next slice begins, if there is one. */
function eraseSlice(
  log: ErasingLog,
  namespace: string,
  what: Erasure,
  [from, last]: readonly [from: number, last: number],
): [count: number, next: number | undefined] {
  const { root, log: records, states } = log.database;
  try {
    return root.transactionSync(() => {
      const [found, next] = find(log, namespace, what, [from, last]);
      if (found.length === 0) return [0, next];
      const state = log.stateOf(namespace);
      let { bytes } = state;
      for (const { key, length, rest } of found) {
        // A value of the same length takes the place of the old one. A shorter one would leave the old bytes beside it.
        records.putSync(key, Buffer.alloc(length));
        records.putSync(key, rest);
        bytes += rest.length - length;
      }
      states.putSync(namespace, { ...state, bytes, erasures: (state.erasures ?? 0) + 1 });
      return [found.length, next];
    });
  } catch (error) {
    throw writeFailed(error);
  }
}

function find(
  { database }: ErasingLog,
  namespace: string,
  what: Erasure,
  [from, last]: readonly [from: number, last: number],
): [found: Found[], next: number | undefined] {
  const found: Found[] = [];
  let count = 0;
  let bytes = 0;
  for (const { key, value } of database.log.getRange({ start: [namespace, from], end: [namespace, last + 1] })) {
    if (count >= SLICE || bytes >= SLICE_BYTES) return [found, key[1]];
    count += 1;
    bytes += value.length;
    const record = decodeRecord(value);
    const offset = encodeOffset(key[1]);
    const isWanted = record ? isToErase(storedAs(record, offset), what) : 'all' in what || 'offset' in what;
    if (isWanted) found.push({ key, length: value.length, rest: encodeRecord(erasedRecord(record ?? DAMAGED)) });
  }
  return [found, undefined];
}
