/**
 * The clock of one server in a simulation of several. It dies with its server, and can be paused while others go on.
 */
import type { Clock, Timer } from '../../../packages/naru/src/base/clock.js';
import type { FakeClock } from '../../../packages/testing/src/fake-clock.js';

interface NodeTimer {
  fire(): void;
  outer: Timer | undefined;
}

/** A Clock on a FakeClock. After its death none of its timers fire any more. */
export class NodeClock implements Clock {
  readonly #clock: FakeClock;
  readonly #timers = new Set<NodeTimer>();
  #late: (() => void)[] = [];
  #deferred = 0;
  #isDead = false;
  #isPaused = false;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** Timers and deferred calls that have not fired. */
  get pendingCount(): number {
    return this.#timers.size + this.#deferred;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer {
    const timer: NodeTimer = { fire: () => callback(argument), outer: undefined };
    if (this.#isDead) return timer;
    this.#timers.add(timer);
    timer.outer = this.#clock.setTimeout((fired: NodeTimer) => this.#fire(fired), delayMs, timer);
    return timer;
  }

  clearTimeout(timer: Timer): void {
    const { outer } = timer as NodeTimer;
    this.#timers.delete(timer as NodeTimer);
    if (outer !== undefined) this.#clock.clearTimeout(outer);
  }

  defer<T>(callback: (argument: T) => void, argument: T): void {
    this.#deferred += 1;
    this.#clock.defer(() => {
      this.#deferred -= 1;
      this.#run(() => callback(argument));
    }, undefined);
  }

  /** Pauses the server: timers that become due wait for `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Resumes the server, and fires the timers that are due at once. */
  resume(): void {
    this.#isPaused = false;
    for (const call of this.#late.splice(0)) this.#run(call);
  }

  /** Stops the clock of a killed server for good. */
  kill(): void {
    this.#isDead = true;
    this.#late = [];
    for (const { outer } of this.#timers) if (outer !== undefined) this.#clock.clearTimeout(outer);
    this.#timers.clear();
  }

  #fire(timer: NodeTimer): void {
    this.#run(() => {
      if (!this.#timers.delete(timer)) return;
      timer.fire();
    });
  }

  #run(call: () => void): void {
    if (this.#isDead) return;
    if (this.#isPaused) this.#late.push(call);
    else call();
  }
}
