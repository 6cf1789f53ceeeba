/** The life of a session in the store, as a table of states and named transitions. ARCHITECTURE.md draws it. */
import { assert } from '../../base/assert.js';

/**
 * - `unwritten`: its text is to be sent, whatever the store has.
 * - `sent`: the store has its newest text, or is about to answer. Only another text is sent.
 * - `refused`: the store has refused its newest text. It has an older one, whatever else changes.
 * - `taken`: another process has the session.
 * - `gone`: this process has forgotten the session.
 */
export type SessionState = 'unwritten' | 'sent' | 'refused' | 'taken' | 'gone';

/**
 * `renew`: the store may have lost the text. `differ`: it has another text of this process, or none. `lose` and `end`: this process lets go of
 * the session.
 */
export type SessionEvent = 'send' | 'renew' | 'differ' | 'refuse' | 'lose' | 'end';

/** The next states of each state, by the events that lead there. */
export type SessionTable = Readonly<Record<SessionState, Readonly<Partial<Record<SessionEvent, SessionState>>>>>;

/** The states and their transitions. */
export const SESSION: SessionTable = {
  unwritten: {
    ...{ send: 'sent', renew: 'unwritten' },
    // The store answers to a text from before the session was renewed.
    ...{ differ: 'unwritten', refuse: 'refused' },
    ...{ lose: 'taken', end: 'gone' },
  },
  sent: { send: 'sent', renew: 'unwritten', differ: 'unwritten', refuse: 'refused', lose: 'taken', end: 'gone' },
  refused: { send: 'sent', renew: 'refused', lose: 'taken', end: 'gone' },
  taken: {},
  gone: {},
};

/** Returns the state to which an event leads. Throws an InvariantError for an event that cannot happen in the state. */
export function stateAfter(state: SessionState, event: SessionEvent): SessionState {
  const next = SESSION[state][event];
  assert(next !== undefined, `"${event}" cannot happen to a session that is ${state}`);
  return next;
}
