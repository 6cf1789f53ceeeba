/** Finds the size of pictures that a device can encode in time. */

/** The effort for one quality. It goes down when pictures have to be left out, and up again after a while without. */
export class Effort {
  #step = 0;
  #taken = 0;
  #skipped = 0;
  #lookedAt: number | undefined;
  #calmSince: number | undefined;
  #calmForMs = CALM_MS;

  /** The lines that the device can encode, of those that the shorter side of a picture may have. */
  of(lines: number): number {
    return Math.max(Math.min(lines, LINES_MIN), Math.round(lines * (SCALES[this.#step] ?? 1)));
  }

  /** Notes a picture, and whether it was left out. */
  note(isSkipped: boolean, now: number): void {
    this.#lookedAt ??= now;
    this.#calmSince ??= now;
    this.#taken++;
    if (isSkipped) this.#skipped++;
    if (now - this.#lookedAt < LOOK_MS) return;
    const share = this.#skipped / this.#taken;
    this.#lookedAt = now;
    this.#taken = 0;
    this.#skipped = 0;
    if (share > 0) this.#calmSince = now;
    if (share > SHARE_MAX && this.#step < SCALES.length - 1) this.#step++;
    else if (now - this.#calmSince >= this.#calmForMs && this.#step > 0) {
      this.#step--;
      this.#calmSince = now;
      // Each attempt that could be in vain comes later than the one before.
      this.#calmForMs = Math.min(2 * this.#calmForMs, CALM_MS_MAX);
    }
  }
}

const SCALES = [1, 0.75, 0.5, 0.35] as const;
const LINES_MIN = 180;
const LOOK_MS = 1_500;
const SHARE_MAX = 0.15;
const CALM_MS = 15_000;
const CALM_MS_MAX = 240_000;
