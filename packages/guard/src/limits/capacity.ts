/** Tells when the server is full. Newcomers then have to wait, and clients that go on with their session come in. */
import { type Clock, LoopDelay, type Random } from 'naru/base';
import type { ServerLimitSettings } from './options.js';

/** The shortest and the longest time in milliseconds after which a newcomer is asked to come back. */
const AGAIN_MIN_MS = 1_000;
const AGAIN_MAX_MS = 30_000;

/** The parts that a test replaces. */
export interface CapacityParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Newcomers that are asked to come back in one second. */
  readonly perSecond: number;
  /** Returns the bytes of memory that the process has. */
  memory(): number;
}

/** The room that one server has. It looks at the machine while there are sessions. */
export class Capacity {
  readonly #parts: CapacityParts;
  readonly #limits: ServerLimitSettings;
  /** The sessions, with the number of their sockets. */
  readonly #sessions = new Map<object, number>();
  readonly #delay: LoopDelay;
  #memory = 0;
  /** When the newcomer that was asked last comes back. */
  #nextAt = 0;
  /** When each session that was asked may come back. It has one place in the line, however often it asks. */
  readonly #asked = new WeakMap<object, number>();

  constructor(parts: CapacityParts, limits: ServerLimitSettings) {
    this.#parts = parts;
    this.#limits = limits;
    const isBounded = limits.memoryMax !== Number.POSITIVE_INFINITY;
    this.#delay = new LoopDelay(parts.clock, () => {
      if (isBounded) this.#memory = parts.memory();
    });
  }

  /** The number of sessions. */
  get count(): number {
    return this.#sessions.size;
  }

  /** Returns 0 if there is room for a newcomer, or the milliseconds after which it may try again. */
  waitFor(session: object): number {
    if (this.#sessions.has(session) || !this.#isFull) return 0;
    const { clock, random, perSecond } = this.#parts;
    const now = clock.now();
    const asked = this.#asked.get(session) ?? 0;
    if (asked > now) return asked - now;
    const waitMs = this.#place(now, random, perSecond);
    this.#asked.set(session, now + waitMs);
    return waitMs;
  }

  #place(now: number, random: Random, perSecond: number): number {
    // Newcomers come back one after the other, as long as these times are not too far away.
    const next = Math.max(this.#nextAt, now + AGAIN_MIN_MS) + 1_000 / perSecond;
    if (next - now > AGAIN_MAX_MS) return Math.ceil((AGAIN_MAX_MS * (1 + random.fraction())) / 2);
    this.#nextAt = next;
    return Math.ceil(next - now);
  }

  /** Counts a socket of a session. */
  enter(session: object): void {
    this.#sessions.set(session, (this.#sessions.get(session) ?? 0) + 1);
    this.#delay.begin();
  }

  /** Counts a socket no longer. */
  leave(session: object): void {
    const left = (this.#sessions.get(session) ?? 0) - 1;
    if (left > 0) this.#sessions.set(session, left);
    else this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    this.#delay.end();
    this.#memory = 0;
  }

  get #isFull(): boolean {
    const { sessionsMax, memoryMax, delayMax } = this.#limits;
    return this.#sessions.size >= sessionsMax || this.#memory > memoryMax || this.#delay.ms > delayMax;
  }
}
