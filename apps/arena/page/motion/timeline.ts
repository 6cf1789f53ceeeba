/**
 * Decides which moment of the server the page shows. It stays a little after the newest snapshot, so that there is
 * nearly always one before and one after the moment shown. The delay follows the jitter and the losses of the line.
 */

/** Limits of the delay, and how it is found. Times are in ticks unless the name says otherwise. */
const DELAY_MIN = 1.5;
const DELAY_MAX = 6;
/** Room for the frames of the screen, which are not in step with the ticks. */
const MARGIN = 0.25;
/** Ticks whose lateness is remembered: five seconds. */
const MEMORY = 150;
/** The part of the remembered ticks that has to be there in time. */
const IN_TIME = 0.98;
/** A difference that is too large to be made up by running faster or slower. */
const JUMP = 10;
/** How much faster or slower the shown time may run. */
const SLEW_MAX = 0.12;

/** The time of the server as the page shows it. */
export class Timeline {
  readonly #tickMs: number;
  /** How late each of the last ticks was covered by a snapshot, in milliseconds of the page's clock. */
  readonly #late: number[] = [];
  #newest = Number.NEGATIVE_INFINITY;
  #fastestMs = 0;
  #delay = DELAY_MIN + 0.5;
  #shown: number | undefined;
  #advancedMs = 0;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** The distance between the newest possible moment and the one that is aimed at, in ticks. */
  get delayTicks(): number {
    return this.#delay;
  }

  /** The tick of the newest snapshot. */
  get newest(): number {
    return this.#newest;
  }

  /** Notes the arrival of the snapshot of a tick. `atMs` is the time of the page. */
  receive(tick: number, atMs: number): void {
    if (tick <= this.#newest) return;
    // The ticks without a snapshot of their own are covered by this one, so that a loss counts as lateness.
    const first = Math.max(this.#newest + 1, tick - MEMORY + 1);
    for (let covered = first; covered <= tick; covered++) this.#late.push(atMs - covered * this.#tickMs);
    this.#late.splice(0, this.#late.length - MEMORY);
    this.#newest = tick;
    const sorted = [...this.#late].sort((one, other) => one - other);
    this.#fastestMs = sorted[0] ?? 0;
    const slowMs = sorted[Math.floor((sorted.length - 1) * IN_TIME)] ?? 0;
    const wanted = 1 + MARGIN + (slowMs - this.#fastestMs) / this.#tickMs;
    const target = Math.min(DELAY_MAX, Math.max(DELAY_MIN, wanted));
    // Up at once, because a missing snapshot is seen as a halt; down slowly, because the next one may be late, too.
    this.#delay = target > this.#delay ? target : this.#delay + (target - this.#delay) * 0.02;
  }

  /**
   * Moves to the time `atMs` of the page. Returns the tick to show, with its fraction; it never falls, except after a
   * jump.
   */
  advance(atMs: number): number {
    const target = (atMs - this.#fastestMs) / this.#tickMs - this.#delay;
    const passed = Math.max(0, atMs - this.#advancedMs) / this.#tickMs;
    this.#advancedMs = atMs;
    if (this.#shown === undefined || Math.abs(target - this.#shown - passed) > JUMP) {
      this.#shown = target;
      return target;
    }
    const error = target - this.#shown - passed;
    const slew = Math.min(SLEW_MAX, Math.max(-SLEW_MAX, error * 0.1));
    this.#shown += passed * (1 + slew);
    return this.#shown;
  }

  /** Forgets everything: the ticks of another room have nothing to do with these. */
  reset(): void {
    this.#late.length = 0;
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#delay = DELAY_MIN + 0.5;
    this.#shown = undefined;
  }
}
