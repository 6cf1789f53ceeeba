/** Decides when a frame is shown and heard. Pictures and sound of a page follow one clock, which keeps them in step. */
import { RecentMinimum } from './recent-minimum.js';

/** The kinds of frames. */
export type Track = 'video' | 'audio';

/** The clock of a player. Times are milliseconds: `captured` on the broadcaster's clock, the others on the page's. */
export interface PlayoutClock {
  /** How long a frame waits on purpose. */
  readonly bufferMs: number;
  /** Notes that a frame of a track is decoded, and can be seen or heard from this time on. */
  ready(captured: number, at: number, track?: Track): void;
  /** When a frame is due. Negative infinity, which means at once, before the first frame is ready. */
  dueAt(captured: number): number;
}

/**
 * The clock of live pictures. It gives each frame the time that the slower ones among the recent frames needed from
 * their capture until they were ready. So the buffer is small on a good line and grows on a bad one. The slower track
 * decides.
 */
export class LiveClock implements PlayoutClock {
  readonly #paces = { video: new Pace(), audio: new Pace() };
  #startedAt: number | undefined;
  /** The difference between the clocks, with the buffer, as it is applied. */
  #offset: number | undefined;
  #movedAt = Number.POSITIVE_INFINITY;

  get bufferMs(): number {
    const { shortestMs } = this.#paces.video;
    return Number.isFinite(shortestMs) ? Math.max(0, (this.#offset ?? shortestMs) - shortestMs) : 0;
  }

  ready(captured: number, at: number, track: Track = 'video'): void {
    if (!this.#paces[track].note(captured, at)) {
      // The time of frames that say nothing is not made up for in one step, which would turn the clock back.
      this.#movedAt = at;
      return;
    }
    this.#startedAt ??= at;
    const { video, audio } = this.#paces;
    const soundMs = audio.levelAt(at);
    const target = Math.max(video.levelAt(at), soundMs) + SPARE_MS;
    const isHeard = soundMs !== Number.NEGATIVE_INFINITY;
    this.#move(target, at, isHeard);
  }

  dueAt(captured: number): number {
    return this.#offset === undefined ? Number.NEGATIVE_INFINITY : captured + this.#offset;
  }

  #move(target: number, at: number, isHeard: boolean): void {
    const offset = this.#offset ?? target;
    const difference = target - offset;
    const passedMs = Math.max(0, at - this.#movedAt);
    this.#movedAt = at;
    // Small differences are walked, so that sound does not tear. A large one is a new situation. At the start, the
    // group that came at once gives way to live frames.
    const isStart = at - (this.#startedAt ?? at) < START_MS;
    const down = passedMs * (isHeard ? Math.max(DOWN_MIN, Math.min(DOWN_MAX, -difference / DOWN_MS)) : DOWN_SILENT);
    const isJump = isStart || Math.abs(difference) > JUMP_MS;
    this.#offset = isJump ? target : offset + Math.max(-down, Math.min(passedMs * UP, difference));
  }
}

/** The pace of one track: the time that most of its recent frames needed. */
class Pace {
  readonly #shortest = new RecentMinimum(WINDOW_MS);
  #newest = Number.NEGATIVE_INFINITY;
  #startedAt: number | undefined;
  #notedAt = Number.NEGATIVE_INFINITY;
  #levelMs = Number.NEGATIVE_INFINITY;

  get shortestMs(): number {
    return this.#shortest.value;
  }

  /** The time that frames need. A track that has paused, such as sound that was turned off, needs none. */
  levelAt(now: number): number {
    return now - this.#notedAt > PAUSE_MS ? Number.NEGATIVE_INFINITY : this.#levelMs;
  }

  /** Notes a frame. Returns false for one that says nothing about the line. */
  note(captured: number, at: number): boolean {
    // The group that comes with another quality is older than what was shown.
    if (captured <= this.#newest) return false;
    this.#newest = captured;
    const way = at - captured;
    this.#shortest.note(way, at);
    // Frames that waited for a line that stood still are over. The next ones are live again.
    if (way - this.#shortest.value > EXTRA_MAX_MS) return false;
    if (this.levelAt(at) === Number.NEGATIVE_INFINITY) {
      this.#startedAt = at;
      this.#levelMs = way;
    }
    this.#notedAt = at;
    const difference = way - this.#levelMs;
    const isStart = at - (this.#startedAt ?? at) < START_MS;
    // It grows soon, and shrinks slowly with each frame. A larger difference was a busy moment, and is forgotten
    // sooner.
    const shrink = difference / 100 + Math.min(0, difference + USUAL_MS) / 25;
    this.#levelMs += difference > 0 ? difference / 4 : isStart ? difference : shrink;
    return true;
  }
}

/** The clock of a tape: it runs from the moment of the seek, and frames are fed in time. */
export class TapeClock implements PlayoutClock {
  readonly bufferMs = TAPE_BUFFER_MS;
  #offset: number | undefined;

  ready(captured: number, at: number): void {
    this.#offset ??= at - captured + TAPE_BUFFER_MS;
  }

  dueAt(captured: number): number {
    return this.#offset === undefined ? Number.NEGATIVE_INFINITY : captured + this.#offset;
  }
}

const WINDOW_MS = 5_000;
/** A picture that is ready this long before it is due is on the screen in time. */
const SPARE_MS = 10;
const EXTRA_MAX_MS = 1_000;
/** Frames of a line in order differ by up to this much. */
const USUAL_MS = 100;
const PAUSE_MS = 2_000;
const JUMP_MS = 400;
const START_MS = 1_500;
/**
 * The speed of walking, in parts of the time. Sound follows on the way down by playing faster. The minimum is what
 * nobody hears.
 */
const UP = 0.4;
const DOWN_MIN = 0.02;
const DOWN_MAX = 0.08;
const DOWN_SILENT = 0.25;
/**
 * The time in milliseconds for which a difference would be walked at its present speed. Both limits of the speed apply.
 */
const DOWN_MS = 4_000;
const TAPE_BUFFER_MS = 150;
