/** Collects the connections that have frames to write, and lets each of them write once at the end of the turn. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';

/** An object that can be flushed. It adds itself to the turn at most once before each flush. */
export interface Flushable {
  /** Writes the collected frames. Must not throw. */
  flush(): void;
}

/** The turn of all connections that share settings. It costs one deferred call, however many connections write. */
export class WriteTurn {
  readonly #clock: Clock;
  #waiting: Flushable[] = [];
  #joined: Buffer | undefined = undefined;
  #joinedFrom: readonly Buffer[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Flushes `flushable` at the end of this turn of the event loop. */
  add(flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) this.#clock.defer(WriteTurn.#flush, this);
  }

  /** Flushes all waiting objects. Those that are added meanwhile wait for the next turn. */
  static #flush(turn: WriteTurn): void {
    const waiting = turn.#waiting;
    turn.#waiting = [];
    for (const flushable of waiting) flushable.flush();
    turn.#joined = undefined;
    turn.#joinedFrom = [];
  }

  /** Writes frames in order, and joins small ones into fewer writes. `size` is their total. */
  write(duplex: Duplex, frames: readonly Buffer[], size: number): void {
    const [only] = frames;
    if (frames.length === 1 && only !== undefined) duplex.write(only);
    else if (size <= TOGETHER_BYTES_MAX) duplex.write(this.#join(frames, size));
    else writePieces(duplex, frames);
  }

  /**
   * Joins frames into one Buffer. Connections with the same frames in a turn, such as the members of a room, share it.
   */
  #join(frames: readonly Buffer[], size: number): Buffer {
    if (this.#joined !== undefined && isSame(this.#joinedFrom, frames)) return this.#joined;
    this.#joined = Buffer.concat(frames, size);
    this.#joinedFrom = frames;
    return this.#joined;
  }
}

// Up to this total, all frames are copied into one Buffer, since a copy costs less than another write.
const TOGETHER_BYTES_MAX = 64 * 1024;
// Beyond that total, a frame of at least this size is written separately.
const ALONE_BYTES = 16 * 1024;

function writePieces(duplex: Duplex, frames: readonly Buffer[]): void {
  duplex.cork();
  let from = 0;
  for (const [index, frame] of frames.entries()) {
    if (frame.byteLength < ALONE_BYTES) continue;
    if (index > from) duplex.write(Buffer.concat(frames.slice(from, index)));
    duplex.write(frame);
    from = index + 1;
  }
  if (from < frames.length) duplex.write(Buffer.concat(frames.slice(from)));
  duplex.uncork();
}

function isSame(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index += 1) if (some[index] !== others[index]) return false;
  return true;
}
