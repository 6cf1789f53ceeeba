/** The life of a session in the store, as a table of states and named transitions. ARCHITECTURE.md draws it. */

/**
 * - `unwritten`: its text is to be sent, whatever the store has.
 * - `sent`: the store has its newest text, or is about to answer. Only another text is sent.
 * - `refused`: the store has refused its newest text. It has an older one, whatever else changes.
 * - `taken`: another process has the session.
 * - `gone`: this process has forgotten the session.
 */
export type SessionState = 'unwritten' | 'sent' | 'refused' | 'taken' | 'gone';

/**
 * `renew`: the store may have lost the text. `differ`: it has another text of this process, or none. `lose` and `end`:
 * this process lets go of the session.
 */
export type SessionEvent = 'send' | 'renew' | 'differ' | 'refuse' | 'lose' | 'end';

/** The next states of each state, by the events that lead there. */
export const SESSION: Readonly<Record<SessionState, Readonly<Partial<Record<SessionEvent, SessionState>>>>> = {
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
