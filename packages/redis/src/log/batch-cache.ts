/**
 * The batches that were read for records at their places. Readers of other rooms want other records of the same
 * batches. Redis says whether a batch is still as it was, so nobody gets erased or removed records.
 */
import { Buffer } from 'node:buffer';
import { countIn } from '@naru/broker';
import { type Clock, firstPast, getOrCreate, type Timer, unreferenced } from 'naru/base';

/** Bytes of all batches, of the largest one, and those that a batch and each of its records take besides its own. */
const BYTES_MAX = 8 * 1024 * 1024;
const BATCH_BYTES_MAX = 1024 * 1024;
const BATCH_COST = 250;
const RECORD_COST = 12;
/** Milliseconds after which all batches go. A process may not hear that records were erased. */
const LIFE_MS = 10_000;

/** An entry of a stream, which is a batch. */
export interface LogRow {
  /** The number of its last record. */
  readonly last: number;
  readonly bytes: Buffer;
}

/** A batch that was read, and the number of its first record. */
interface CachedBatch extends LogRow {
  readonly first: number;
}

/** A number that Redis is asked for, and the batch that has it, if that is known. */
export interface AskedPlace {
  readonly number: number;
  readonly known: LogRow | undefined;
}

/** The batches of all namespaces of a home. All of them go after ten seconds, or when they take too much memory. */
export class BatchCache {
  readonly #clock: Clock;
  /** The batches by namespace, in the order of the log. */
  readonly #batches = new Map<string, CachedBatch[]>();
  #bytes = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns what to ask for, to get the records with some numbers, which rise: one number of each known batch. */
  ask(namespace: string, numbers: readonly number[]): AskedPlace[] {
    const batches = this.#batches.get(namespace) ?? [];
    const asked: AskedPlace[] = [];
    let last = 0;
    for (const number of numbers) {
      if (number <= last) continue;
      const found = batches[placeOf(batches, number)];
      const known = found && found.first <= number ? found : undefined;
      last = known?.last ?? 0;
      asked.push({ number, known });
    }
    return asked;
  }

  /** Adds a batch. */
  add(namespace: string, { last, bytes }: LogRow): LogRow {
    const count = countIn(bytes);
    const cost = bytes.length + BATCH_COST + RECORD_COST * count;
    if (cost > BATCH_BYTES_MAX) return { last, bytes };
    this.#bytes += cost;
    if (this.#bytes > BYTES_MAX) this.#batches.clear();
    if (this.#batches.size === 0) this.#bytes = cost;
    this.#timer ??= unreferenced(this.#clock.setTimeout(() => this.end(), LIFE_MS, undefined));
    // A part of what a connection has read would keep all of it in memory.
    const batch = { last, bytes: Buffer.from(bytes), first: last - count + 1 };
    const batches = getOrCreate(this.#batches, namespace, () => []);
    const place = placeOf(batches, last);
    batches.splice(place, batches[place]?.last === last ? 1 : 0, batch);
    return batch;
  }

  /** Forgets the batches of a namespace. Their bytes count until all go. */
  forget(namespace: string): void {
    this.#batches.delete(namespace);
  }

  /** Forgets all batches. */
  end(): void {
    this.#batches.clear();
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Returns the place of the first batch that ends at a number or after it. */
function placeOf(batches: readonly CachedBatch[], number: number): number {
  return firstPast(batches, ({ last }) => last >= number);
}
