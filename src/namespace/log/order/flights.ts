/** Events of this process on their way into the log. */
import type { Appended, Offset } from '../../../backplane/backplane.js';
import { type Answer, after, carryOut, type Steps, waitFor } from '../../../base/steps/answer.js';
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

  get newest(): Flight | undefined {
    return this.#open.at(-1);
  }

  /**
   * Returns the place before the oldest event that stands after `newest`, or at most at it. Only flights after `last` count. The home may have taken
   * a flight before it said that the log ends at `newest`: another link makes the request again, and some homes read what was written later.
   */
  placeBefore(newest: Offset, last?: Flight): Answer<Offset> {
    return carryOut(this.#findPlace(newest, this.#open.slice(last ? this.#open.indexOf(last) + 1 : 0)));
  }

  *#findPlace(newest: Offset, flights: readonly Flight[]): Steps<Offset> {
    for (const { appended, events } of flights) {
      const answer = events.length > 0 ? yield* waitFor(appended) : undefined;
      if (answer) return answer.previous < newest ? answer.previous : newest;
    }
    return newest;
  }
}

/** Returns the answer to the question where the log ends, as that to a flight without events. */
export function endOf(newest: Answer<Offset>): Answer<Appended> {
  return after(newest, (previous) => ({ previous, offsets: [] }));
}
