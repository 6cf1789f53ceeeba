/** Holds the state, and tells the page about changes in batches. */

/** A pure step from one state to the next. */
export type Step<State> = (state: State) => State;

/** The holder of the state. */
export class Store<State extends object> {
  #state: State;
  readonly #listeners = new Set<() => void>();
  #isDue = false;

  constructor(state: State) {
    this.#state = state;
  }

  /** The current state. */
  get state(): State {
    return this.#state;
  }

  /** Applies a step. */
  take(step: Step<State>): void {
    const next = step(this.#state);
    if (next === this.#state) return;
    this.#state = next;
    if (this.#isDue) return;
    this.#isDue = true;
    // A microtask instead of a frame, because a tab in the background draws no frames and its title still counts.
    queueMicrotask(() => {
      this.#isDue = false;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Changes some fields. */
  set(fields: Partial<State>): void {
    this.take((state) => ({ ...state, ...fields }));
  }

  /** Calls `listener` after changes, until the returned function is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
