/** The use of one socket, one person or one address: a bucket for each limit that it has. */
import { Bucket } from './bucket.js';
import type { Rates, Use } from './options.js';

/** The buckets of something. A bucket is made when it is first used. */
export class Scope {
  readonly #rates: Rates;
  readonly #buckets = new Map<Use, Bucket>();
  /** The number of sockets that use it. */
  holders = 0;

  constructor(rates: Rates) {
    this.#rates = rates;
  }

  /** Returns the bucket of a limit, or `undefined` without that limit. */
  bucket(use: Use, now: number): Bucket | undefined {
    const rate = this.#rates.get(use);
    if (!rate) return undefined;
    const known = this.#buckets.get(use);
    if (known) return known;
    const made = new Bucket(rate, now);
    this.#buckets.set(use, made);
    return made;
  }

  /** Whether nothing has to be remembered. */
  isForgettable(now: number): boolean {
    return this.holders === 0 && [...this.#buckets.values()].every((bucket) => bucket.isFull(now));
  }
}

/** The number of scopes after which those are looked for that can go. */
const SWEEP_FROM = 1_000;

/** Scopes by name. Beyond `countMax`, the oldest without a socket goes. */
export class Scopes {
  readonly #rates: Rates;
  readonly #countMax: number;
  readonly #scopes = new Map<string, Scope>();
  #sweepAt = SWEEP_FROM;

  constructor(rates: Rates, countMax: number) {
    this.#rates = rates;
    this.#countMax = countMax;
  }

  /** The number of scopes. */
  get count(): number {
    return this.#scopes.size;
  }

  of(name: string, now: number): Scope {
    const known = this.#scopes.get(name);
    if (known) return known;
    if (this.#scopes.size >= this.#sweepAt) this.#sweep(now);
    const made = new Scope(this.#rates);
    this.#scopes.set(name, made);
    return made;
  }

  #sweep(now: number): void {
    for (const [name, scope] of this.#scopes)
      if (scope.isForgettable(now) || (scope.holders === 0 && this.#scopes.size >= this.#countMax))
        this.#scopes.delete(name);
    this.#sweepAt = Math.max(SWEEP_FROM, Math.min(this.#scopes.size * 2, this.#countMax));
  }
}
