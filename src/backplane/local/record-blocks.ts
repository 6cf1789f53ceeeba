/** Records that were read and decoded lately, in blocks: many who missed the same read them from the disk once. */
import type { StoredRecord } from '../backplane.js';

/** Records of a block, damaged ones included. */
export const BLOCK_RECORDS = 64;

/** Bytes of all blocks as they are on the disk, and of one: of a bigger one it is only kept that it is too big. */
const BYTES_MAX = 2 * 1024 * 1024;
const BLOCK_BYTES_MAX = 256 * 1024;

/** Blocks that are known. */
const COUNT_MAX = 2_048;

/** A block as it is kept; one that is too big has no records here. */
export interface Block {
  readonly records: readonly StoredRecord[] | undefined;
  readonly bytes: number;
}

/** The number of the block that a record stands in. */
export function blockOf(sequence: number): number {
  return Math.floor((sequence - 1) / BLOCK_RECORDS);
}

/** Blocks of which each record is written, so that they never change. Those that nobody asked for the longest go first. */
export class RecordBlocks {
  readonly #blocks = new Map<string, Block>();
  #bytes = 0;

  /** Bytes of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A block, where it is known. */
  get(namespace: string, number: number): Block | undefined {
    const key = keyOf(namespace, number);
    const block = this.#blocks.get(key);
    if (!block) return undefined;
    // The order of a Map is that of adding: this one is the youngest now.
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    return block;
  }

  /** Keeps a block; `bytes` is what its records take on the disk. */
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
