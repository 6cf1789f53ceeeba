/** The life of a session as a table: from each state to those that may follow. */
import { assert } from '../base/assert.js';

/** Where a session is in its life. */
export type ReadyState = 'opening' | 'open' | 'closing' | 'closed';

const NEXT: Readonly<Record<ReadyState, readonly ReadyState[]>> = {
  opening: ['open', 'closed'],
  open: ['closing', 'closed'],
  closing: ['closed'],
  closed: [],
};

/** Gives `next`, if it may follow `state`. Throws InvariantError otherwise. */
export function nextState(state: ReadyState, next: ReadyState): ReadyState {
  assert(NEXT[state].includes(next), `a session cannot go from ${state} to ${next}`);
  return next;
}
