/** Randomness that follows from a seed, so that a failed simulation can be repeated. */
import { encodeId, type Random, value } from 'naru/base';

const ID_BYTES = 15;

/** The option `seed` of simulations. */
export const SEED = value<number, number>('a number', Number.isFinite, 1);

/** A Random whose values follow from its seed. Not for secrets. */
export class SeededRandom implements Random {
  /** The seed. Print it when a test fails. */
  readonly seed: number;
  #state: number;

  /** `seed` is an integer. Its lowest 32 bits are used. */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  // Arrow functions, because callers detach single functions from a Random.
  readonly id = (): string => encodeId(this.bytes(ID_BYTES), 0);

  readonly bytes = (size: number): Uint8Array => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 1) bytes[at] = this.#next() >>> 24;
    return bytes;
  };

  readonly fraction = (): number => this.#next() / 2 ** 32;

  /** Returns an integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** Returns `true` with the given probability from 0 to 1. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** Returns one of the items. Throws RangeError for an empty list. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('The list to pick from must not be empty.');
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** Returns a new Random that follows from this one. Numbers drawn from one do not change those of the other. */
  fork(): SeededRandom {
    return new SeededRandom(this.#next());
  }

  // A Weyl sequence through the finalizer of MurmurHash3. Each 32-bit state occurs once in a period.
  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }
}
