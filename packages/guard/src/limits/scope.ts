/** The use of one socket, one person or one address: a bucket for each limit that it has. */
import { Bucket } from './bucket.js';
import type { LimitOutcome, Rates } from './options.js';

/** The buckets of something. A bucket is made when it is first used. */
export class Scope {
  readonly #rates: Rates;
  /** The buckets by what they count, with `undefined` for what has no limit. */
  readonly #buckets = new Map<string, Bucket | undefined>();
  /** Whether it has any limit. */
  readonly isLimited: boolean;
  /** The person or address. Empty for a socket. */
  readonly name: string;
  /** The number of sockets that use it. */
  holders = 0;
  /** The use that the other nodes have not been told of. `undefined` for what counts on each node by itself. */
  readonly untold: Map<string, number> | undefined;

  constructor(rates: Rates, name = '', isShared = false) {
    this.#rates = rates;
    this.isLimited = rates.size > 0;
    this.name = name;
    this.untold = isShared ? new Map() : undefined;
  }

  /** Returns the bucket of a limit, or `undefined` without that limit. */
  bucket(use: string, now: number): Bucket | undefined {
    const known = this.#buckets.get(use);
    if (known !== undefined || this.#buckets.has(use)) return known;
    const rate = this.#rates.get(use);
    const made = rate && new Bucket(rate, now);
    this.#buckets.set(use, made);
    return made;
  }

  /** The outcome of a limit, if it has one of its own. */
  outcomeOf(use: string): LimitOutcome | undefined {
    return this.#rates.get(use)?.outcome;
  }

  /** Whether nothing has to be remembered. */
  isForgettable(now: number): boolean {
    return this.holders === 0 && [...this.#buckets.values()].every((bucket) => bucket?.isFull(now) ?? true);
  }
}

/** The number of scopes after which those are looked for that can go. */
const SWEEP_FROM = 1_000;

/** Scopes by name. Beyond `countMax`, the oldest without a socket goes. */
export class Scopes {
  readonly #rates: Rates;
  readonly #countMax: number;
  readonly #areShared: boolean;
  readonly #scopes = new Map<string, Scope>();
  #sweepAt = SWEEP_FROM;

  constructor(rates: Rates, countMax: number, areShared = false) {
    this.#rates = rates;
    this.#countMax = countMax;
    this.#areShared = areShared;
  }

  /** The number of scopes. */
  get count(): number {
    return this.#scopes.size;
  }

  of(name: string, now: number): Scope {
    const known = this.#scopes.get(name);
    if (known) return known;
    if (this.#scopes.size >= this.#sweepAt) this.#sweep(now);
    const made = new Scope(this.#rates, name, this.#areShared);
    this.#scopes.set(name, made);
    return made;
  }

  /** Leaves a tenth of the bound free, so that the next sweep is far away. */
  #sweep(now: number): void {
    const kept = this.#countMax * 0.9;
    for (const [name, scope] of this.#scopes)
      if (scope.isForgettable(now) || (scope.holders === 0 && this.#scopes.size > kept)) this.#scopes.delete(name);
    const { size } = this.#scopes;
    this.#sweepAt = Math.max(SWEEP_FROM, Math.min(size * 2, this.#countMax), size * 1.1);
  }
}
