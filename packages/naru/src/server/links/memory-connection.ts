/** A connection without a network, for requests and answers that travel as bytes. */
import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import type { Bytes } from '../../base/bytes.js';

/** Reads the bytes that it is given, and collects those that are written to it. */
export class MemoryConnection extends Duplex {
  readonly #chunks: Buffer[] = [];

  /** The bytes that were written so far. */
  get written(): Bytes {
    return Buffer.concat(this.#chunks);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
