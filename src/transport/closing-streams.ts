/** The connections that were closed on this side and wait for the other side, so that the end of a server need not wait for all of them. */
import type { Clock, Timer } from '../base/clock.js';

/** A stream that is closing: a socket, or the response of a request. */
export interface ClosingStream {
  /** Bytes that the system has not taken yet. */
  readonly writableLength: number;
  readonly bytesRead?: number;
  /** Bytes that were written, those included that the system has not taken yet. */
  readonly bytesWritten?: number;
  destroy(): unknown;
}

/** Time in which something has to move on a closing stream once its server ends. */
const SILENCE_MS = 2_000;

/**
 * Knows the closing streams of one engine. `closeTimeout` bounds each of them. After `hurry`, a stream on which no byte moves in either
 * direction for a few seconds is destroyed before that. What the system has taken still reaches a peer that only reads slowly.
 */
export class ClosingStreams {
  readonly #clock: Clock;
  /** By stream, the bytes that had moved when it was looked at last. */
  readonly #streams = new Map<ClosingStream, number>();
  #isHurried = false;
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A stream was closed here. */
  add(stream: ClosingStream): void {
    if (this.#streams.has(stream)) return;
    this.#streams.set(stream, movedOn(stream));
    if (this.#isHurried) this.#tick();
  }

  /** A stream is over, or was never closed here. */
  remove(stream: ClosingStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0 || this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** From now on, destroys the streams on which nothing moves for 2 to 4 seconds. */
  hurry(): void {
    this.#isHurried = true;
    for (const stream of this.#streams.keys()) this.#streams.set(stream, movedOn(stream));
    this.#tick();
  }

  #tick(): void {
    if (this.#streams.size > 0) this.#timer ??= this.#clock.setTimeout(() => this.#look(), SILENCE_MS, undefined);
  }

  #look(): void {
    this.#timer = undefined;
    for (const [stream, before] of [...this.#streams]) {
      const moved = movedOn(stream);
      if (moved !== before) this.#streams.set(stream, moved);
      else {
        this.#streams.delete(stream);
        stream.destroy();
      }
    }
    this.#tick();
  }
}

function movedOn({ bytesRead = 0, bytesWritten = 0, writableLength }: ClosingStream): number {
  return bytesRead + bytesWritten - writableLength;
}
