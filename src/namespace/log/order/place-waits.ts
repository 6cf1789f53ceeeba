/** Waits until this process has delivered what stood in the log at some time. */
import type { Offset } from '../../../backplane/backplane.js';
import type { Answer } from '../../../base/steps/answer.js';

interface Wait {
  /** The end of the log at that time. */
  readonly until: Offset;
  /** Whether a page was asked for since. If the log ends with that page, nothing is left to wait for. */
  isAsked: boolean;
  isOver: boolean;
  resolve: (() => void) | undefined;
}

/** The waits of a namespace. Invariant: none of them is for a place that was delivered, as of the last call of `reach`. */
export class PlaceWaits {
  #open: Wait[] = [];

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#open.length === 0;
  }

  /** Calls `look`, which may deliver what is missing within the call. Answers when everything up to `until` is delivered. */
  wait(until: Offset, look: () => void): Answer<void> {
    const wait: Wait = { until, isAsked: false, isOver: false, resolve: undefined };
    this.#open.push(wait);
    look();
    if (wait.isOver) return undefined;
    return new Promise((resolve) => {
      wait.resolve = resolve;
    });
  }

  /** Everything up to an offset is delivered. */
  reach(offset: Offset): void {
    this.#end(({ until }) => until <= offset);
  }

  /** A page is asked for. */
  onAsking(): void {
    for (const wait of this.#open) wait.isAsked = true;
  }

  /** The page that was asked for last was the end of the log, or could not be read. */
  onEnd(): void {
    this.#end(({ isAsked }) => isAsked);
  }

  #end(isOver: (wait: Wait) => boolean): void {
    if (this.#open.length === 0) return;
    const over = this.#open.filter(isOver);
    this.#open = this.#open.filter((wait) => !isOver(wait));
    for (const wait of over) {
      wait.isOver = true;
      wait.resolve?.();
    }
  }
}
