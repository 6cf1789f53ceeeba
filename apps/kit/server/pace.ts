/** The conduct of one person: a limit for each kind of request, and a wait that doubles with each warning. */
import { Bucket, type Rate } from '@naru/guard';
import { CONDUCT } from '../shared/limits.js';

/** The rate of one kind of request. Further requests are refused, and `isWarned` adds a warning. */
export interface KindRate extends Rate {
  readonly isWarned: boolean;
}

/** The pace of one session. It outlives connections, so a reconnect does not clear a warning. */
export class Pace<Kind extends string> {
  readonly #rates: Readonly<Record<Kind, KindRate>>;
  readonly #buckets = new Map<Kind, Bucket>();
  readonly #blockedUntil = new Map<Kind, number>();
  #warnings = 0;
  #warnedAt = 0;
  #triesWhileBlocked = 0;

  /** Each kind of request has a bucket of its own. */
  constructor(rates: Readonly<Record<Kind, KindRate>>) {
    this.#rates = rates;
  }

  /** Returns 0 when the request may proceed, or the milliseconds to wait. */
  take(kind: Kind, now: number): number {
    const until = this.#blockedUntil.get(kind) ?? 0;
    if (now < until) {
      this.#triesWhileBlocked++;
      return this.#triesWhileBlocked % 5 === 0 ? this.warn(kind, now) : until - now;
    }
    const rate = this.#rates[kind];
    let bucket = this.#buckets.get(kind);
    if (!bucket) {
      bucket = new Bucket(rate, now);
      this.#buckets.set(kind, bucket);
    }
    if (bucket.take(1, now)) return 0;
    return rate.isWarned ? this.warn(kind, now) : 1_000;
  }

  /** Gives a warning and returns the milliseconds to wait from now. */
  warn(kind: Kind, now: number): number {
    if (now - this.#warnedAt > CONDUCT.slowForgetMs + CONDUCT.slowLongestMs) this.#warnings = 0;
    const wait = Math.min(CONDUCT.slowLongestMs, CONDUCT.slowFirstMs * 2 ** this.#warnings);
    this.#warnings++;
    this.#warnedAt = now;
    this.#blockedUntil.set(kind, now + wait);
    return wait;
  }
}
