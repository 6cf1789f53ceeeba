/** The life of a session in the store, as a table of states and named transitions. ARCHITECTURE.md draws it. */
import { assert } from '../../base/assert.js';

/**
 * - `unwritten`: its text is to be sent, whatever the store has.
 * - `changed`: it may have changed since its newest text was sent. The same text is not sent again.
 * - `sent`: the store has its newest text, or is about to answer.
 * - `refused`: the store has refused its newest text. It has an older one, whatever else changes.
 * - `taken`: another process has the session.
 * - `gone`: this process has forgotten the session.
 */
export type SessionState = 'unwritten' | 'changed' | 'sent' | 'refused' | 'taken' | 'gone';

/**
 * `change`: something may have changed. `renew`: the store may have lost the text. `same`: the text turned out to be the same.
 * `differ`: the store has another text of this process, or none. `lose` and `end`: this process lets go of the session.
 */
export type SessionEvent = 'change' | 'renew' | 'same' | 'send' | 'differ' | 'refuse' | 'lose' | 'end';

/** The next states of each state, by the events that lead there. */
export type SessionTable = Readonly<Record<SessionState, Readonly<Partial<Record<SessionEvent, SessionState>>>>>;

/** The states and their transitions. The store may answer when the session has changed already. */
export const SESSION: SessionTable = {
  unwritten: {
    ...{ change: 'unwritten', renew: 'unwritten', send: 'sent', differ: 'unwritten', refuse: 'refused' },
    ...{ lose: 'taken', end: 'gone' },
  },
  changed: {
    ...{ change: 'changed', renew: 'unwritten', same: 'sent', send: 'sent', differ: 'unwritten', refuse: 'refused' },
    ...{ lose: 'taken', end: 'gone' },
  },
  sent: {
    ...{ change: 'changed', renew: 'unwritten', differ: 'unwritten', refuse: 'refused' },
    ...{ lose: 'taken', end: 'gone' },
  },
  refused: { change: 'refused', renew: 'refused', send: 'sent', lose: 'taken', end: 'gone' },
  taken: {},
  gone: {},
};

/** Returns the state to which an event leads. Throws an InvariantError for an event that cannot happen in the state. */
export function stateAfter(state: SessionState, event: SessionEvent): SessionState {
  const next = SESSION[state][event];
  assert(next !== undefined, `"${event}" cannot happen to a session that is ${state}`);
  return next;
}
