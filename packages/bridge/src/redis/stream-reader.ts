/** Reads a stream of Redis as it grows, on a connection of its own. */
import { type Clock, unreferenced } from 'naru/base';
import { FIRST_ID, type RedisClientLike, type StreamEntry, wireOf } from './wires.js';

/** Receives the entries of a stream. */
export interface StreamEars {
  onEntry(entry: StreamEntry): void;
  /** Entries arrive from now on, and earlier ones may have been missed. */
  onGap(): void;
  /** The stream cannot be read for now. */
  onLate(): void;
  onError(error: unknown): void;
}

/** The most entries that are read at once, and milliseconds for which the first of them is waited for. */
const COUNT = 100;
const WAIT_MS = 5_000;
/** Milliseconds after which a reading that failed is tried again. */
const AGAIN_MS = 500;

/**
 * Gives each entry that is appended after the beginning once, in the order of the stream. It goes on where it was when
 * the connection was lost. It tells of a gap when Redis has removed entries that were not read yet.
 */
export class StreamReader {
  readonly #clock: Clock;
  readonly #wire: ReturnType<typeof wireOf>;
  readonly #stream: string;
  readonly #ears: StreamEars;
  /** The newest entry that was read, `undefined` before the first look at the stream. */
  #at: string | undefined;
  /** Whether entries may have been removed since the last reading. */
  #isUnsure = false;
  #isClosed = false;

  constructor(clock: Clock, client: RedisClientLike, stream: string, ears: StreamEars) {
    this.#clock = clock;
    this.#wire = wireOf(client.duplicate());
    this.#stream = stream;
    this.#ears = ears;
  }

  /** Begins. */
  open(): void {
    this.#wire.onError((error) => this.#report(error));
    this.#wire.onChange((isThere) => {
      if (!isThere) this.#isUnsure = true;
    });
    // The library tries again by itself.
    const opened = this.#wire.open().catch((error) => this.#report(error));
    void opened.then(() => this.#run());
  }

  close(): void {
    this.#isClosed = true;
    this.#wire.end();
  }

  #report(error: unknown): void {
    if (!this.#isClosed) this.#ears.onError(error);
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#read();
      } catch (error) {
        this.#report(error);
        this.#isUnsure = true;
        if (!this.#isClosed) this.#ears.onLate();
        await new Promise<void>((resolve) => {
          unreferenced(this.#clock.setTimeout(() => resolve(), AGAIN_MS, undefined));
        });
      }
    }
  }

  async #read(): Promise<void> {
    if (this.#at === undefined) {
      this.#at = await this.#wire.newest(this.#stream);
      this.#isUnsure = false;
      if (!this.#isClosed) this.#ears.onGap();
    }
    const entries = await this.#wire.read(this.#stream, this.#at, COUNT, this.#isUnsure ? 1 : WAIT_MS);
    // Entries are removed at the beginning, so everything after one that is still there is there. A reader that has
    // stood still finds more than it can read at once.
    const isUnsure = (this.#isUnsure || entries.length === COUNT) && this.#at !== FIRST_ID;
    this.#isUnsure = false;
    if (isUnsure && !(await this.#wire.has(this.#stream, this.#at))) {
      // A Redis that has lost its newest entries gives out lower IDs.
      const newest = await this.#wire.newest(this.#stream);
      if (isLower(newest, this.#at)) this.#at = newest;
      if (!this.#isClosed) this.#ears.onGap();
    }
    for (const entry of entries) {
      if (this.#isClosed) return;
      this.#at = entry.id;
      this.#ears.onEntry(entry);
    }
  }
}

/** Whether an ID, which has a time and a number, is lower than another one. */
function isLower(id: string, other: string): boolean {
  const [[time = 0, number = 0], [otherTime = 0, otherNumber = 0]] = [
    id.split('-').map(Number),
    other.split('-').map(Number),
  ];
  return time < otherTime || (time === otherTime && number < otherNumber);
}
