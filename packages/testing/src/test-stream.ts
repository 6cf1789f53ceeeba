/** One direction of a WebTransport stream in memory, with a window as in QUIC. */
import { cutsOf, type LinkSettings } from './pipe.js';
import type { SeededRandom } from './seeded-random.js';

/** The bytes that may be on their way, and the number of cuts. */
export type PipeLimits = Pick<LinkSettings, 'windowBytes' | 'splitsMax'>;

/**
 * The two ends of one direction. A write resolves when the bytes on their way fit the window, and a close when
 * everything was read.
 */
export class TestStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #random: SeededRandom;
  readonly #limits: PipeLimits;
  readonly #pieces: Uint8Array[] = [];
  #sink: WritableStreamDefaultController | undefined;
  #source: ReadableStreamDefaultController<Uint8Array> | undefined;
  #bytesOnTheWay = 0;
  #isHeld = false;
  #hasEnd = false;
  #isOver = false;
  #isWanted = false;
  #onTaken: (() => void) | undefined;

  constructor(random: SeededRandom, limits: PipeLimits) {
    this.#random = random;
    this.#limits = limits;
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#sink = controller;
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#close(),
      // Resets the stream, so the reader sees an error.
      abort: (reason) => this.fail(reason),
    });
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#source = controller;
        },
        pull: () => {
          this.#isWanted = true;
          this.#deliver();
        },
        // Acts as STOP_SENDING, so the writer sees an error.
        cancel: (reason) => this.fail(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /** Holds all data back, or delivers it again. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#deliver();
  }

  /** Breaks both ends. Data on its way is lost. */
  fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pieces.length = 0;
    this.#source?.error(reason);
    this.#sink?.error(reason);
    this.#onTaken?.();
  }

  #write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    let start = 0;
    for (const end of cutsOf(chunk.byteLength, this.#limits.splitsMax, this.#random)) {
      // A copy, because the writer may reuse the memory. `slice` of a Buffer shares it.
      if (end > start) this.#pieces.push(new Uint8Array(chunk.subarray(start, end)));
      start = end;
    }
    this.#bytesOnTheWay += chunk.byteLength;
    this.#deliver();
    return this.#bytesOnTheWay <= this.#limits.windowBytes ? undefined : this.#taken();
  }

  #close(): Promise<void> | undefined {
    this.#hasEnd = true;
    this.#deliver();
    return this.#isOver ? undefined : this.#taken();
  }

  #taken(): Promise<void> {
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  #deliver(): void {
    if (this.#isHeld || this.#isOver) return;
    const piece = this.#isWanted ? this.#pieces.shift() : undefined;
    if (piece) {
      this.#isWanted = false;
      this.#bytesOnTheWay -= piece.byteLength;
      if (!this.#hasEnd && this.#bytesOnTheWay <= this.#limits.windowBytes) this.#onTaken?.();
      // This comes last, because a waiting reader asks for more at once.
      this.#source?.enqueue(piece);
    }
    // The end needs no read, so a close resolves as soon as all earlier data was read.
    if (this.#hasEnd && !this.#isOver && this.#pieces.length === 0) {
      this.#isOver = true;
      this.#source?.close();
      this.#onTaken?.();
    }
  }
}
