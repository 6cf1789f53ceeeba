/** Collects the connections that have something to write, and lets each write once at the end of the turn. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';

/** What can be flushed; it adds itself once until then. */
export interface Flushable {
  /** Writes what was collected. Must not throw. */
  flush(): void;
}

/** One for all connections that share settings, so a turn costs one deferral however many connections write. */
export class WriteTurn {
  readonly #clock: Clock;
  #waiting: Flushable[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has `flushable` flushed at the end of this turn of the event loop. */
  add(flushable: Flushable): void {
    if (this.#waiting.push(flushable) === 1) this.#clock.defer(flushAll, this);
  }

  /** Flushes all that wait; what is added meanwhile waits for the next turn. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  }
}

function flushAll(turn: WriteTurn): void {
  turn.flush();
}

// Frames below this size are copied together, since a copy costs less than a write of its own.
const JOIN_BYTES_MAX = 16 * 1024;

/** Writes frames in their order with as few writes as pay: small ones joined, large ones as they are. `size` is their total. */
export function writeJoined(duplex: Duplex, frames: readonly Buffer[], size: number): void {
  const [only] = frames;
  if (only === undefined) return;
  if (frames.length === 1) duplex.write(only);
  else if (size <= JOIN_BYTES_MAX) duplex.write(Buffer.concat(frames, size));
  else {
    duplex.cork();
    let from = 0;
    for (let index = 0; index < frames.length; index += 1) {
      const frame = frames[index];
      if (frame === undefined || frame.byteLength < JOIN_BYTES_MAX) continue;
      if (index > from) duplex.write(Buffer.concat(frames.slice(from, index)));
      duplex.write(frame);
      from = index + 1;
    }
    if (from < frames.length) duplex.write(Buffer.concat(frames.slice(from)));
    duplex.uncork();
  }
}
