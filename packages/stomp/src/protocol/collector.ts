/** Collects bytes that arrive in pieces. Memory grows with the received bytes, not with the announced size. */
import type { Bytes } from 'naru/base';
import { allocateOwnBytes } from 'naru/protocol';

const SIZE_FIRST = 256;

/** Collects bytes. Invariant: it holds at most twice the bytes that it was given, or `SIZE_FIRST` bytes. */
export class Collector {
  #bytes: Bytes = allocateOwnBytes(SIZE_FIRST);
  #size = 0;

  /** The number of bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds a copy of a range of a chunk. */
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

  /** Returns all bytes. Do not use the collector after this call. */
  take(): Bytes {
    return this.#bytes.subarray(0, this.#size);
  }
}
