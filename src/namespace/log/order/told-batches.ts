/** Batches of other processes that the log has told, and that wait for their place. */
import type { Batch, Offset } from '../../../backplane/backplane.js';

/** The most batches that wait. When there are more, the log is read instead. */
const COUNT_MAX = 256;

/** The batches that were told and not delivered yet, in the order of the log. */
export class ToldBatches {
  #waiting: Batch[] = [];

  /** Adds a batch. Returns `false` if too many wait. All are dropped then, because the log has them, too. */
  add(batch: Batch): boolean {
    if (this.#waiting.push(batch) <= COUNT_MAX) return true;
    this.clear();
    return false;
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Returns the oldest batch with a record after an offset. Those before it are dropped. */
  oldestAfter(offset: Offset): Batch | undefined {
    let [batch] = this.#waiting;
    while (batch && (batch.records.at(-1)?.offset ?? '') <= offset) {
      this.#waiting.shift();
      [batch] = this.#waiting;
    }
    return batch;
  }

  /** Takes the oldest batch. */
  take(): Batch | undefined {
    return this.#waiting.shift();
  }
}
