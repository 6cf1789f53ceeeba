/**
 * Things that light up for a moment: beams, hits, and people who go out or come in. They are remembered here and drawn
 * elsewhere.
 */
import type { Place } from '../motion/geometry.js';

/** A beam of light. */
export interface Beam {
  readonly type: 'beam';
  readonly from: Place;
  readonly to: Place;
  readonly hue: number;
  readonly isOwn: boolean;
  readonly isHit: boolean;
}

/** A light that somebody lost. */
export interface Spark {
  readonly type: 'hit' | 'out' | 'enter';
  readonly at: Place;
  readonly hue: number;
  /** Whether it was by the own beam. */
  readonly isOwn: boolean;
  /** Points of the own player, to be shown beside it. */
  readonly points?: number;
}

/** Something that lights up. */
export type Effect = Beam | Spark;

/** How long each kind lasts, in milliseconds. */
export const LASTS: Readonly<Record<Effect['type'], number>> = { beam: 260, hit: 420, out: 900, enter: 600 };

/** More at one time are not seen apart. */
const EFFECTS_MAX = 120;

/** The effects of the field. */
export class Effects {
  #all: { readonly effect: Effect; readonly at: number }[] = [];

  /** Begins an effect at the time `at`. */
  add(effect: Effect, at: number): void {
    this.#all.push({ effect, at });
    if (this.#all.length > EFFECTS_MAX) this.#all.shift();
  }

  /** The effects at a time, each with the part of it that has passed. Those that are over are forgotten. */
  at(now: number): { readonly effect: Effect; readonly part: number }[] {
    this.#all = this.#all.filter(({ effect, at }) => now - at < LASTS[effect.type]);
    return this.#all
      .filter(({ at }) => at <= now)
      .map(({ effect, at }) => ({ effect, part: (now - at) / LASTS[effect.type] }));
  }

  /** Forgets everything. */
  clear(): void {
    this.#all = [];
  }
}
