/**
 * The inputs of one player on their way into the simulation: in order, one for each tick, and never more than ticks.
 */
import { LIMITS } from '../../shared/limits.js';
import type { Input } from '../../shared/wire/input.js';

/** The counts of inputs that were left out. Old ones are normal, because messages repeat inputs. */
export interface InputCounts {
  /** Inputs that were taken or had left the queue before. */
  old: number;
  /** Inputs that were too far ahead. */
  ahead: number;
  /** Inputs that were left out because too many waited. */
  spilled: number;
}

/** Invariant: the queue rises by sequence number, begins after `seq`, and has at most `LIMITS.inputsWaiting` inputs. */
export class InputQueue {
  readonly counts: InputCounts = { old: 0, ahead: 0, spilled: 0 };
  readonly #waiting: Input[] = [];
  #seq: number;
  #credits = 0;
  /** Whether the next input may have any number, as after a break. */
  #isOpen = true;

  /** `seq` is the number of the last input that was taken. */
  constructor(seq = 0) {
    this.#seq = seq;
  }

  /** The number of the last input that was taken or left out. */
  get seq(): number {
    return this.#seq;
  }

  /** The count of inputs that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Whether a tick without an input is lost, because enough of them can be made up for already. */
  get isSpent(): boolean {
    return this.#credits === LIMITS.creditsMax;
  }

  /** Lets the next input have any number that is not old. */
  open(): void {
    this.#isOpen = true;
  }

  /** Puts inputs in, newest first, as they are in a message. Returns whether any of them was accepted. */
  put(inputs: readonly Input[]): boolean {
    const first = inputs.at(-1);
    if (!first) return false;
    let isNew = false;
    for (let index = inputs.length - 1; index >= 0; index--) {
      const input = inputs[index];
      if (input && this.#add(input)) isNew = true;
    }
    return isNew;
  }

  /** Takes the inputs of one tick: one, or two if an earlier tick had none. */
  take(): readonly Input[] {
    const first = this.#shift();
    if (!first) {
      this.#credits = Math.min(LIMITS.creditsMax, this.#credits + 1);
      return NONE;
    }
    if (this.#credits === 0 || this.#waiting.length === 0) return [first];
    this.#credits--;
    const second = this.#shift();
    return second ? [first, second] : [first];
  }

  #shift(): Input | undefined {
    const input = this.#waiting.shift();
    if (input) this.#seq = input.seq;
    return input;
  }

  #add(input: Input): boolean {
    const newest = this.#waiting.at(-1)?.seq ?? this.#seq;
    if (input.seq <= newest) {
      this.counts.old++;
      return false;
    }
    if (!this.#isOpen && input.seq > newest + LIMITS.inputsAhead) {
      this.counts.ahead++;
      return false;
    }
    this.#isOpen = false;
    this.#waiting.push(input);
    if (this.#waiting.length > LIMITS.inputsWaiting) {
      this.#shift();
      this.counts.spilled++;
    }
    return true;
  }
}

const NONE: readonly Input[] = [];
