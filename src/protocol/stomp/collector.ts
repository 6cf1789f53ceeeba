/** Bytes that come in pieces: memory grows with what came, never with what was announced. */
import type { Bytes } from '../../base/bytes.js';
import { allocateOwnBytes } from '../bytes.js';

const SIZE_FIRST = 256;

/** Invariant: holds at most twice what it was given, or `SIZE_FIRST` bytes. */
export class Collector {
  #bytes: Bytes = allocateOwnBytes(SIZE_FIRST);
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds a range of a chunk, which is copied. */
  append(chunk: Bytes, start: number, end: number): void {
    const size = this.#size + end - start;
    if (size > this.#bytes.byteLength) {
      const grown = allocateOwnBytes(Math.max(size, this.#bytes.byteLength * 2));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk.subarray(start, end), this.#size);
    this.#size = size;
  }

  /** All bytes; the collector must not be used any more. */
  take(): Bytes {
    return this.#bytes.subarray(0, this.#size);
  }
}
