/** The life of a session as a table from each state to its allowed next states. */
import { assert } from '../base/assert.js';

/** The states of a session. */
export type ReadyState = 'opening' | 'open' | 'closing' | 'closed';

const NEXT: Readonly<Record<ReadyState, readonly ReadyState[]>> = {
  opening: ['open', 'closed'],
  open: ['closing', 'closed'],
  closing: ['closed'],
  closed: [],
};

/** Returns `next` if it may follow `state`. Throws an InvariantError otherwise. */
export function nextState(state: ReadyState, next: ReadyState): ReadyState {
  assert(NEXT[state].includes(next), `a session cannot go from ${state} to ${next}`);
  return next;
}
