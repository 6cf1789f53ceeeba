/** A timer for fractions of a millisecond. Timers of Node take at least one millisecond. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Milliseconds from the first call in which calls come in the next turn instead. A server that sleeps most of the time
 * would otherwise be measured while its code is being compiled.
 */
const EARLY_MS = 5_000;

const CHILD = fileURLToPath(new URL('./fine-timer-child.mjs', import.meta.url));

/**
 * Calls functions after a fixed delay. Another process sleeps meanwhile, so the caller spends one write and one read on
 * each moment.
 */
export class FineTimer {
  #delayNanos;
  #child;
  /** The functions of each moment, earliest first. @type {(() => void)[][]} */
  #moments = [];
  /** The moment that may still get functions. @type {(() => void)[] | undefined} */
  #present;

  /** When the first call was asked for. @type {number | undefined} */
  #startedAt;

  /** @param {number} delayMs */
  constructor(delayMs) {
    this.#delayNanos = BigInt(delayMs * 1e6);
    this.#child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.on('data', ({ length }) => {
      for (const moment of this.#moments.splice(0, length)) for (const call of moment) call();
    });
  }

  /** Calls `call` after the delay. Calls of one run of program code share a moment. @param {() => void} call */
  later(call) {
    const now = performance.now();
    this.#startedAt ??= now;
    if (now < this.#startedAt + EARLY_MS) {
      setImmediate(call);
      return;
    }
    if (this.#present) {
      this.#present.push(call);
      return;
    }
    this.#present = [call];
    this.#moments.push(this.#present);
    queueMicrotask(() => {
      this.#present = undefined;
    });
    const due = Buffer.allocUnsafe(8);
    due.writeBigInt64LE(process.hrtime.bigint() + this.#delayNanos);
    this.#child.stdin.write(due);
  }
}
