/** The state that the parts of a world share. */
import { createHash, type Hash } from 'node:crypto';
import type { FakeClock } from '../../../packages/testing/src/fake-clock.js';
import type { Deeds } from './deeds.js';
import type { SharedHome } from './shared-home.js';
import type { Truth } from './truth.js';

/** A digest of everything that happened, and the first fault. */
export class Trace {
  readonly #hash: Hash = createHash('sha256');
  /** Called with each line. */
  onLine: ((line: string) => void) | undefined = undefined;
  count = 0;

  /** Records an event. */
  note(line: string): void {
    this.count += 1;
    this.#hash.update(line).update('\n');
    this.onLine?.(line);
  }

  /** Returns the digest of all recorded events. */
  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }
}

/** The state that the parts of a world share. */
export interface WorldState {
  readonly seed: number;
  readonly clock: FakeClock;
  readonly truth: Truth;
  readonly deeds: Deeds;
  readonly home: SharedHome;
  readonly trace: Trace;
  /** Whether an answer to an event with a key is checked against the log. */
  readonly isKeyed: boolean;
  /** When servers lost sockets, by their ids, in milliseconds of the world. */
  readonly lostAt: Map<string, number>;
  /**
   * Sockets that left their server while they read late. If the server put one out, its client loses what it has not
   * read.
   */
  readonly leftLate: Set<string>;
  /** The sockets that servers have put out: their sessions are over. */
  readonly putOut: Set<string>;
  /** Reports a fault, which ends the world. */
  fail(error: unknown): void;
}
