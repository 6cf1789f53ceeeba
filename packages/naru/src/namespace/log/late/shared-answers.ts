/** Records that several readers get. They share their packets. */
import type { StoredRecord } from '../../../backplane/backplane.js';
import { isErased } from '../../../backplane/own-records.js';
import { costOf, sumOf } from '../records.js';
import { ROOMS_MAX } from './room-index.js';

/** Bytes of the records that are remembered for other readers. Their packets take about three times as much. */
const BYTES_MAX = 6 * 1024 * 1024;

/** Remembers records by a text that is the same for all readers that get them. */
export class SharedAnswers {
  readonly #answers = new Map<string, readonly StoredRecord[]>();
  #bytes = 0;

  get(key: string): readonly StoredRecord[] | undefined {
    return this.#answers.get(key);
  }

  /** Remembers records, unless some of them are not for all who find them. */
  share(key: string, records: readonly StoredRecord[]): void {
    if (records.length === 0 || !records.every(isForAll)) return;
    this.#bytes += sumOf(records, costOf);
    if (this.#bytes > BYTES_MAX) this.clear();
    else this.#answers.set(key, records);
  }

  clear(): void {
    this.#answers.clear();
    this.#bytes = 0;
  }
}

/** Whether everybody who finds a record in one of its rooms gets it as it is. */
function isForAll(record: StoredRecord): boolean {
  return record.rooms.length <= ROOMS_MAX && record.except.length === 0 && !isErased(record);
}
