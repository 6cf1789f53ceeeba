/** A cache of decoded records in blocks. Many clients that missed the same records read them from the disk once. */
import type { StoredRecord } from 'naru/backplane';

/** Records in a block, including damaged ones. */
export const BLOCK_RECORDS = 64;

/**
 * Bytes on the disk of all cached blocks, and of one block. For a larger block the cache only notes that it is too big.
 */
const BYTES_MAX = 2 * 1024 * 1024;
const BLOCK_BYTES_MAX = 256 * 1024;

/** Most blocks in the cache. */
const COUNT_MAX = 2_048;

/** A cached block. A block that is too big has no records here. */
export interface Block {
  readonly records: readonly StoredRecord[] | undefined;
  readonly bytes: number;
}

/** Returns the number of the block that contains a record. */
export function blockOf(sequence: number): number {
  return Math.floor((sequence - 1) / BLOCK_RECORDS);
}

/** Complete blocks, which never change. The least recently used go first. */
export class RecordBlocks {
  readonly #blocks = new Map<string, Block>();
  #bytes = 0;
  /** How often records of each namespace were erased by the time its blocks were cached. */
  readonly #erasures = new Map<string, number>();

  /** Bytes of the cached blocks on the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns a block if it is cached. */
  get(namespace: string, number: number): Block | undefined {
    const key = keyOf(namespace, number);
    const block = this.#blocks.get(key);
    if (!block) return undefined;
    // A Map keeps the order of insertion, so this moves the block to the newest place.
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    return block;
  }

  /** Drops the blocks of a namespace if records were erased since they were cached. */
  checkErasures(namespace: string, erasures: number): void {
    if (this.#erasures.get(namespace) === erasures || (erasures === 0 && !this.#erasures.has(namespace))) return;
    this.#erasures.set(namespace, erasures);
    for (const key of this.#blocks.keys()) if (key.endsWith(` ${namespace}`)) this.#delete(key);
  }

  /** Caches a block. `bytes` is the size of its records on the disk. */
  set(namespace: string, number: number, records: readonly StoredRecord[], bytes: number): void {
    const key = keyOf(namespace, number);
    this.#delete(key);
    const isKept = bytes <= BLOCK_BYTES_MAX;
    this.#blocks.set(key, isKept ? { records, bytes } : { records: undefined, bytes: 0 });
    if (isKept) this.#bytes += bytes;
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= BYTES_MAX && this.#blocks.size <= COUNT_MAX) return;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    const block = this.#blocks.get(key);
    if (!block) return;
    this.#blocks.delete(key);
    this.#bytes -= block.bytes;
  }
}

function keyOf(namespace: string, number: number): string {
  return `${number} ${namespace}`;
}
