/** Decides when a frame is shown and heard. Pictures and sound of a page follow one clock, which keeps them in step. */

/** The clock of a player. Times are milliseconds: `captured` on the broadcaster's clock, the others on the page's. */
export interface PlayoutClock {
  /** How long a frame waits on purpose. */
  readonly bufferMs: number;
  /** Notes that a frame of a track arrived. */
  arrived(captured: number, now: number, track?: 'video' | 'audio'): void;
  /** When a frame is due. */
  dueAt(captured: number): number;
  /** Notes that sound came too late to be heard, by this much. */
  missed(byMs: number): void;
}

/**
 * The clock of live pictures. It gives each frame the time that the slower ones among the recent frames needed to
 * arrive. So the buffer is small on a good line and grows on a bad one.
 */
export class LiveClock implements PlayoutClock {
  /** The shortest ways of the present and the previous window. */
  #shortest = Number.POSITIVE_INFINITY;
  #shortestBefore = Number.POSITIVE_INFINITY;
  #windowAt = Number.NEGATIVE_INFINITY;
  readonly #newest = { video: Number.NEGATIVE_INFINITY, audio: Number.NEGATIVE_INFINITY };
  #bufferMs = BUFFER_MIN_MS;
  #startedAt: number | undefined;
  /** The difference between the clocks, with the buffer, as it is applied. */
  #offset: number | undefined;

  get bufferMs(): number {
    return this.#bufferMs;
  }

  arrived(captured: number, now: number, track: 'video' | 'audio' = 'video'): void {
    // The group that comes with another quality is older than what was shown, and says nothing about the line.
    if (captured <= this.#newest[track]) return;
    this.#newest[track] = captured;
    const way = now - captured;
    if (now - this.#windowAt > WINDOW_MS) {
      this.#shortestBefore = this.#shortest;
      this.#shortest = way;
      this.#windowAt = now;
    }
    this.#shortest = Math.min(this.#shortest, way);
    const base = Math.min(this.#shortest, this.#shortestBefore);
    // A group that comes at once on entering is old, and says nothing about the line.
    const extra = way - base;
    if (extra < BUFFER_MAX_MS) this.#want(extra);
    this.#startedAt ??= now;
    this.#move(base + this.#bufferMs, now - this.#startedAt < START_MS);
  }

  dueAt(captured: number): number {
    return captured + (this.#offset ?? 0);
  }

  missed(byMs: number): void {
    this.#bufferMs = Math.min(BUFFER_MAX_MS, this.#bufferMs + Math.min(byMs, 40) / 2);
  }

  #want(extraMs: number): void {
    const wanted = Math.max(BUFFER_MIN_MS, extraMs + BUFFER_SPARE_MS);
    // It grows at once, and shrinks by a hundredth of the difference with each frame.
    if (wanted > this.#bufferMs) this.#bufferMs += (wanted - this.#bufferMs) / 4;
    else this.#bufferMs -= (this.#bufferMs - wanted) / 100;
  }

  #move(target: number, isStart: boolean): void {
    const offset = this.#offset ?? target;
    const difference = target - offset;
    // Small differences are walked, so that sound does not tear. A large one is a new situation. At the start, the group that
    // came at once gives way to live frames.
    if (isStart || Math.abs(difference) > JUMP_MS) this.#offset = target;
    else this.#offset = offset + Math.max(-STEP_DOWN_MS, Math.min(STEP_UP_MS, difference));
  }
}

/** The clock of a tape: it runs from the moment of the seek, and frames are fed in time. */
export class TapeClock implements PlayoutClock {
  readonly bufferMs = TAPE_BUFFER_MS;
  #offset: number | undefined;

  arrived(captured: number, now: number): void {
    this.#offset ??= now - captured + TAPE_BUFFER_MS;
  }

  dueAt(captured: number): number {
    return captured + (this.#offset ?? 0);
  }

  missed(): void {
    // The frames of a tape are fed early, so a miss is the page's own delay.
  }
}

const WINDOW_MS = 5_000;
const BUFFER_MIN_MS = 30;
const BUFFER_SPARE_MS = 10;
const BUFFER_MAX_MS = 1_000;
const JUMP_MS = 400;
const START_MS = 1_500;
const STEP_UP_MS = 8;
const STEP_DOWN_MS = 1;
const TAPE_BUFFER_MS = 150;
