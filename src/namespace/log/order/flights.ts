/** Events of this process on their way into the log. */
import type { Appended, Offset } from '../../../backplane/backplane.js';
import { type Answer, after } from '../../../base/steps/answer.js';
import type { LoggedEvent } from '../records.js';

/** Events that were given to the log together. Without events, it is a question for the end of the log. */
export interface Flight {
  readonly events: readonly LoggedEvent[];
  /** The answer of the log. `undefined` until it comes. */
  answer: Appended | 'refused' | undefined;
  /** The same, for those who wait for it. `undefined` stands for a refusal. */
  readonly appended: Answer<Appended | undefined>;
}

/** The flights that are open, oldest first. A flight ends when its events are delivered, or never can be. */
export class Flights {
  readonly #open: Flight[] = [];

  get oldest(): Flight | undefined {
    return this.#open[0];
  }

  get count(): number {
    return this.#open.length;
  }

  /** Opens a flight after all others. */
  open(flight: Flight): void {
    this.#open.push(flight);
  }

  /** Ends the oldest flight. */
  end(): void {
    this.#open.shift();
  }

  /**
   * Returns the place before the oldest event that stands after `newest`, or at most at it. The home may have taken a flight before it said
   * that the log ends at `newest`, because the next link makes the request again.
   */
  async placeBefore(newest: Offset): Promise<Offset> {
    for (const { appended, events } of [...this.#open]) {
      const answer = events.length > 0 ? await appended : undefined;
      if (answer) return answer.previous < newest ? answer.previous : newest;
    }
    return newest;
  }
}

/** Returns the answer to the question where the log ends, as that to a flight without events. */
export function endOf(newest: Answer<Offset>): Answer<Appended> {
  return after(newest, (previous) => ({ previous, offsets: [] }));
}
