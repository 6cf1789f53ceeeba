/** The life of a session in the store, as a table of states and named transitions. */
import { assert } from '../../base/assert.js';

/** A state of a session. `TRANSITIONS` describes them. */
export type SessionState = 'unwritten' | 'dirty' | 'writing' | 'written' | 'refused' | 'taken' | 'gone';

/** The name of a transition. */
export type SessionTransition = 'adopt' | 'change' | 'same' | 'write' | 'keep' | 'differ' | 'refuse' | 'lose' | 'end';

/** The next states of each state, by the names of the transitions. */
export type SessionTable = Readonly<Record<SessionState, Readonly<Partial<Record<SessionTransition, SessionState>>>>>;

/** The states and their transitions. */
export const TRANSITIONS: SessionTable = {
  // The store has no text of this process.
  unwritten: { adopt: 'written', change: 'dirty', write: 'writing', lose: 'taken', end: 'gone' },
  // The session has changed since its text was sent.
  dirty: { change: 'dirty', same: 'written', write: 'writing', lose: 'taken', end: 'gone' },
  // Its newest text is on the way to the store.
  writing: {
    ...{ change: 'dirty', write: 'writing', keep: 'written', differ: 'dirty', refuse: 'refused' },
    ...{ lose: 'taken', end: 'gone' },
  },
  // The store has its newest text, or is about to get it.
  written: { change: 'dirty', write: 'writing', differ: 'dirty', refuse: 'refused', lose: 'taken', end: 'gone' },
  // The store has refused its newest text, and has an older one, whatever else changes.
  refused: { change: 'refused', write: 'writing', lose: 'taken', end: 'gone' },
  // Another process has the session.
  taken: {},
  // This process has forgotten the session.
  gone: {},
};

/** Returns the state to which a transition leads. Throws an InvariantError for a transition that the state does not have. */
export function stateAfter(state: SessionState, transition: SessionTransition): SessionState {
  const next = TRANSITIONS[state][transition];
  assert(next !== undefined, `a session that is ${state} has no transition "${transition}"`);
  return next;
}
