/** One direction of a WebTransport stream in memory, with a window as QUIC has it. */
import type { SeededRandom } from './seeded-random.js';

/** How much is on its way, and how it is cut. */
export interface WireLimits {
  readonly windowBytes: number;
  readonly splitsMax: number;
}

/** The two ends of one direction. */
export interface TestStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Lets nothing arrive. */
  hold(): void;
  /** What was held back arrives. */
  release(): void;
  /** Breaks both ends; what is on its way is lost. */
  fail(error: Error): void;
}

/** Makes one direction. A write is done when what is on its way fits the window, and a close when everything was read. */
export function createTestStream(random: SeededRandom, limits: WireLimits): TestStream {
  const direction = new Direction(random, limits);
  const writable = new WritableStream<Uint8Array>({
    start: (controller) => {
      direction.sink = controller;
    },
    write: (chunk) => direction.write(chunk),
    close: () => direction.close(),
    // A reset of the stream: the reader sees an error.
    abort: (reason) => direction.fail(reason),
  });
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        direction.source = controller;
      },
      pull: () => direction.pull(),
      // STOP_SENDING: the writer sees an error.
      cancel: (reason) => direction.fail(reason),
    },
    { highWaterMark: 0 },
  );
  return {
    readable,
    writable,
    hold: () => {
      direction.isHeld = true;
    },
    release: () => {
      direction.isHeld = false;
      direction.deliver();
    },
    fail: (error) => direction.fail(error),
  };
}

class Direction {
  sink: WritableStreamDefaultController | undefined;
  source: ReadableStreamDefaultController<Uint8Array> | undefined;
  isHeld = false;
  readonly #random: SeededRandom;
  readonly #limits: WireLimits;
  readonly #pieces: Uint8Array[] = [];
  #bytesOnTheWay = 0;
  #hasEnd = false;
  #isOver = false;
  #onRead: (() => void) | undefined;
  #onTaken: (() => void) | undefined;

  constructor(random: SeededRandom, limits: WireLimits) {
    this.#random = random;
    this.#limits = limits;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    this.#split(chunk);
    this.#bytesOnTheWay += chunk.byteLength;
    this.deliver();
    if (this.#bytesOnTheWay <= this.#limits.windowBytes) return undefined;
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  close(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    this.#hasEnd = true;
    this.deliver();
    if (this.#isOver) return undefined;
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  /** The reader wants a piece; the promise resolves when it got one. */
  pull(): Promise<void> | undefined {
    return new Promise((resolve) => {
      this.#onRead = resolve;
      this.deliver();
    });
  }

  deliver(): void {
    if (this.isHeld || this.#isOver) return;
    const piece = this.#onRead && this.#pieces.shift();
    if (piece) {
      this.#bytesOnTheWay -= piece.byteLength;
      this.source?.enqueue(piece);
      this.#settle('read');
      if (!this.#hasEnd && this.#bytesOnTheWay <= this.#limits.windowBytes) this.#settle('taken');
    }
    // The end is seen without a read, so that a close is done as soon as all before it was read.
    if (this.#hasEnd && this.#pieces.length === 0) {
      this.#isOver = true;
      this.source?.close();
      this.#settle('read');
      this.#settle('taken');
    }
  }

  fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pieces.length = 0;
    this.source?.error(reason);
    this.sink?.error(reason);
    this.#settle('read');
    this.#settle('taken');
  }

  #settle(what: 'read' | 'taken'): void {
    const resolve = what === 'read' ? this.#onRead : this.#onTaken;
    if (what === 'read') this.#onRead = undefined;
    else this.#onTaken = undefined;
    resolve?.();
  }

  #split(chunk: Uint8Array): void {
    const count = chunk.byteLength < 2 ? 0 : this.#random.integer(0, this.#limits.splitsMax);
    const cuts = Array.from({ length: count }, () => this.#random.integer(1, chunk.byteLength - 1));
    let start = 0;
    for (const end of [...new Set(cuts)].sort((one, other) => one - other).concat(chunk.byteLength)) {
      // Copied: who wrote the bytes may use their memory again.
      if (end > start) this.#pieces.push(chunk.slice(start, end));
      start = end;
    }
  }
}
