/**
 * Tracks the connections that this side has closed and the peer has not, so that a server can end without waiting for
 * all of them.
 */
import type { Clock, Timer } from '../base/clock.js';

/** A stream that is closing: a socket or an HTTP response. */
export interface ClosingStream {
  /** Bytes that the system has not taken yet. */
  readonly writableLength: number;
  readonly bytesRead?: number;
  /** Bytes that were written, including those that the system has not taken yet. */
  readonly bytesWritten?: number;
  destroy(): unknown;
}

/** Once the server ends, a closing stream must move a byte within this many milliseconds. */
const SILENCE_MS = 2_000;

/**
 * The closing streams of one engine. The option `closeTimeout` bounds each of them. After `hurry`, a stream is
 * destroyed sooner: when no byte has moved in either direction for 2 to 4 seconds. A slow reader still receives the
 * bytes that the system has taken.
 */
export class ClosingStreams {
  readonly #clock: Clock;
  /** The bytes that each stream had moved at the last check. */
  readonly #streams = new Map<ClosingStream, number>();
  readonly #takenBytes: (stream: ClosingStream) => number | undefined;
  #isHurried = false;
  #timer: Timer | undefined = undefined;

  /** `takenBytes` counts the bytes that the system has taken, if it can. Without it, a write counts as a whole. */
  constructor(clock: Clock, takenBytes: (stream: ClosingStream) => number | undefined = () => undefined) {
    this.#clock = clock;
    this.#takenBytes = takenBytes;
  }

  /** Adds a stream that this side has closed. */
  add(stream: ClosingStream): void {
    if (this.#streams.has(stream)) return;
    this.#streams.set(stream, this.#movedOn(stream));
    if (this.#isHurried) this.#tick();
  }

  /** Removes a stream that is over. Does nothing for a stream that was never added. */
  remove(stream: ClosingStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0 || this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Destroys, from now on, the streams on which no byte moves for 2 to 4 seconds. */
  hurry(): void {
    this.#isHurried = true;
    for (const stream of this.#streams.keys()) this.#streams.set(stream, this.#movedOn(stream));
    this.#tick();
  }

  #tick(): void {
    if (this.#streams.size > 0) this.#timer ??= this.#clock.setTimeout(() => this.#look(), SILENCE_MS, undefined);
  }

  #look(): void {
    this.#timer = undefined;
    for (const [stream, before] of [...this.#streams]) {
      const moved = this.#movedOn(stream);
      if (moved !== before) this.#streams.set(stream, moved);
      else {
        this.#streams.delete(stream);
        stream.destroy();
      }
    }
    this.#tick();
  }

  #movedOn(stream: ClosingStream): number {
    const { bytesRead = 0, bytesWritten = 0, writableLength } = stream;
    return bytesRead + (this.#takenBytes(stream) ?? bytesWritten - writableLength);
  }
}
