/** The rate limit of one person: a token bucket for each kind of request, and a wait that doubles with each warning. */
import { CONDUCT } from '../shared/limits.js';

/**
 * The rate of one kind of request: `burst` at once, then `perSecond`. Further requests are refused, and `isWarned` adds
 * a warning.
 */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
  readonly isWarned: boolean;
}

/** A bucket that fills at a steady rate; each request takes tokens. */
export class Bucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes tokens, or returns false when the bucket has fewer. */
  take(now: number, count = 1): boolean {
    const gained = (Math.max(0, now - this.#at) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#at = now;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}

/** The pace of one session. It outlives connections, so a reconnect does not clear a warning. */
export class Pace<Kind extends string> {
  readonly #rates: Readonly<Record<Kind, Rate>>;
  readonly #buckets = new Map<Kind, Bucket>();
  readonly #blockedUntil = new Map<Kind, number>();
  #warnings = 0;
  #warnedAt = 0;
  #triesWhileBlocked = 0;

  /** Each kind of request has a bucket of its own. */
  constructor(rates: Readonly<Record<Kind, Rate>>) {
    this.#rates = rates;
  }

  /** Returns 0 when the request may proceed, or the milliseconds to wait. */
  take(kind: Kind, now: number): number {
    const until = this.#blockedUntil.get(kind) ?? 0;
    if (now < until) {
      this.#triesWhileBlocked++;
      return this.#triesWhileBlocked % 5 === 0 ? this.warn(kind, now) : until - now;
    }
    const { burst, perSecond, isWarned } = this.#rates[kind];
    let bucket = this.#buckets.get(kind);
    if (!bucket) {
      bucket = new Bucket(burst, perSecond, now);
      this.#buckets.set(kind, bucket);
    }
    if (bucket.take(now)) return 0;
    return isWarned ? this.warn(kind, now) : 1_000;
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
