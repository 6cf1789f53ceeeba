/** Cuts the time of the screen into the ticks of the game. */

/** Ticks that are made up after a late frame. More are left out: the player was not there. */
const CATCH_UP_MAX = 4;

/** The ticks of the page. */
export class Ticker {
  readonly #tickMs: number;
  #lastMs: number | undefined;
  #leftMs = 0;
  /** A number above 1 makes the ticks longer. */
  slowness = 1;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** The part of the present tick that has passed, from 0 to 1. */
  get part(): number {
    return Math.min(1, this.#leftMs / this.#tickMs);
  }

  /** Moves to the time `atMs`. Returns how many ticks are due. */
  advance(atMs: number): number {
    this.#leftMs += Math.max(0, atMs - (this.#lastMs ?? atMs)) / this.slowness;
    this.#lastMs = atMs;
    const due = Math.floor(this.#leftMs / this.#tickMs);
    this.#leftMs -= due * this.#tickMs;
    return Math.min(due, CATCH_UP_MAX);
  }
}
