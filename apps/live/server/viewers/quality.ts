/**
 * Chooses the quality of one viewer by its lag. It goes down soon, comes up late, and later still each time that it was
 * in vain.
 */
import { LIMITS } from '../../shared/limits.js';
import type { Quality } from '../../shared/protocol.js';

/** The chooser of one viewer. */
export class QualityChooser {
  #quality: Quality = 'high';
  #lateSince: number | undefined;
  #earlySince: number | undefined;
  #earlyForMs: number = LIMITS.earlyForMs;

  /** The quality that is right at the moment. */
  get quality(): Quality {
    return this.#quality;
  }

  /**
   * Looks at the lag of now, in milliseconds. Returns whether another quality is right. `undefined` says that nothing
   * is known.
   */
  see(lagMs: number | undefined, now: number): boolean {
    if (lagMs === undefined) return false;
    this.#lateSince = lagMs > LIMITS.lateMs ? (this.#lateSince ?? now) : undefined;
    this.#earlySince = lagMs < LIMITS.earlyMs ? (this.#earlySince ?? now) : undefined;
    if (this.#quality === 'high' && lastsFor(this.#lateSince, now, LIMITS.lateForMs)) return this.#become('low');
    if (this.#quality === 'low' && lastsFor(this.#earlySince, now, this.#earlyForMs)) {
      this.#earlyForMs = Math.min(LIMITS.earlyForMsMax, 2 * this.#earlyForMs);
      return this.#become('high');
    }
    return false;
  }

  #become(quality: Quality): boolean {
    this.#quality = quality;
    this.#lateSince = undefined;
    this.#earlySince = undefined;
    return true;
  }
}

function lastsFor(since: number | undefined, now: number, ms: number): boolean {
  return since !== undefined && now - since >= ms;
}
