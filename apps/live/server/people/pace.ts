/** The rate limit of one person: a token bucket for each kind of request, and a wait that doubles with each warning. */
import { LIMITS } from '../../shared/limits.js';

/** The kinds of request, each with a bucket of its own. */
export type Kind = keyof typeof RATES;

/** A bucket that fills at a steady rate; each request takes one token. */
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
export class Pace {
  readonly #buckets = new Map<Kind, Bucket>();
  readonly #blockedUntil = new Map<Kind, number>();
  #warnings = 0;
  #warnedAt = 0;
  #triesWhileBlocked = 0;

  /** Returns 0 when the request may proceed, or the milliseconds to wait. */
  take(kind: Kind, now: number): number {
    const until = this.#blockedUntil.get(kind) ?? 0;
    if (now < until) {
      this.#triesWhileBlocked++;
      return this.#triesWhileBlocked % 5 === 0 ? this.warn(kind, now) : until - now;
    }
    let bucket = this.#buckets.get(kind);
    if (!bucket) {
      bucket = new Bucket(RATES[kind].burst, RATES[kind].perSecond, now);
      this.#buckets.set(kind, bucket);
    }
    if (bucket.take(now)) return 0;
    return RATES[kind].isWarned ? this.warn(kind, now) : 1_000;
  }

  /** Gives a warning and returns the milliseconds to wait from now. */
  warn(kind: Kind, now: number): number {
    if (now - this.#warnedAt > LIMITS.slowForgetMs + LIMITS.slowLongestMs) this.#warnings = 0;
    const wait = Math.min(LIMITS.slowLongestMs, LIMITS.slowFirstMs * 2 ** this.#warnings);
    this.#warnings++;
    this.#warnedAt = now;
    this.#blockedUntil.set(kind, now + wait);
    return wait;
  }
}

/** `burst` requests at once, then `perSecond`. Further requests are refused, and `isWarned` adds a warning. */
const RATES = {
  say: { burst: 6, perSecond: 0.8, isWarned: true },
  air: { burst: 8, perSecond: 0.2, isWarned: true },
  report: { burst: 6, perSecond: 0.05, isWarned: true },
  act: { burst: 40, perSecond: 4, isWarned: true },
  /** Readings of history, each of which may return a megabyte of pictures. */
  past: { burst: 60, perSecond: 6, isWarned: false },
  /** Every event of any kind. A client that empties this bucket is disconnected. */
  flood: { burst: 1_200, perSecond: 400, isWarned: false },
} as const;
