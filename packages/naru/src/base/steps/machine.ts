/** State machines whose transitions are a table. */
import { assert } from '../assert.js';

/** The next state, and the actions that belong to the transition, in order. */
export interface Transition<State extends string, Action extends string> {
  readonly to: State;
  readonly run?: readonly Action[];
}

/** For each state, the events that may happen in it. */
export type Transitions<State extends string, Event extends string, Action extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, Transition<State, Action>>>>>
>;

/** The functions that carry out actions on an owner. All owners of one kind share them. */
export type Actions<Action extends string, Owner> = Readonly<Record<Action, (owner: Owner) => void>>;

/** A machine. Invariant: it is in a state of its table, and only the transitions of the table happen. */
export class Machine<State extends string, Event extends string, Action extends string, Owner> {
  readonly #table: Transitions<State, Event, Action>;
  readonly #actions: Actions<Action, Owner>;
  readonly #owner: Owner;
  #state: State;

  constructor(table: Transitions<State, Event, Action>, first: State, actions: Actions<Action, Owner>, owner: Owner) {
    this.#table = table;
    this.#state = first;
    this.#actions = actions;
    this.#owner = owner;
  }

  get state(): State {
    return this.#state;
  }

  /** Makes the transition of an event: first the state changes, and then the actions run. */
  on(event: Event): void {
    const { to, run } = transitionOf(this.#table, this.#state, event);
    this.#state = to;
    if (run) for (const action of run) this.#actions[action](this.#owner);
  }
}

/**
 * Returns the transition of an event, for an owner that keeps the state and runs the actions itself. The table must
 * have it.
 */
export function transitionOf<State extends string, Event extends string, Action extends string>(
  table: Transitions<State, Event, Action>,
  state: State,
  event: Event,
): Transition<State, Action> {
  const transition = table[state][event];
  assert(transition !== undefined, `"${event}" cannot happen in the state "${state}"`);
  return transition;
}
