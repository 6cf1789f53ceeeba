/** Randomness that a seed decides, so that a simulation that failed can be run again. */
import { encodeId, type Random } from '../base/id.js';
import { value } from '../base/options/kinds.js';

const ID_BYTES = 15;

/** The option `seed` of what draws numbers at random. */
export const SEED = value<number, number>('a number', Number.isFinite, 1);

/** A Random whose values follow from its seed. Not for secrets. */
export class SeededRandom implements Random {
  /** What it began with: print it when a test fails. */
  readonly seed: number;
  #state: number;

  /** `seed` is an integer; what stands above 32 bits is left out. */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  // Bound, because callers take single functions out of a Random.
  readonly id = (): string => encodeId(this.bytes(ID_BYTES), 0);

  readonly bytes = (size: number): Uint8Array => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 1) bytes[at] = this.#next() >>> 24;
    return bytes;
  };

  readonly fraction = (): number => this.#next() / 2 ** 32;

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** `true` with the given probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of the items. Throws RangeError when there are none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('there is nothing to pick from');
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** A Random of its own that follows from this one: what one part draws does not change what another gets. */
  fork(): SeededRandom {
    return new SeededRandom(this.#next());
  }

  // A Weyl sequence through the finalizer of MurmurHash3: each 32-bit state comes once in a period.
  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }
}
