/** The life of a session in the store, as a table of states and named transitions. ARCHITECTURE.md draws it. */
import type { Transitions } from '../../base/steps/machine.js';

/**
 * - `unwritten`: its text is to be sent, whatever the store has.
 * - `sent`: the store has its newest text, or is about to answer. Only another text is sent.
 * - `taken`: another process has the session.
 * - `gone`: this process has forgotten the session.
 */
export type SessionState = 'unwritten' | 'sent' | 'taken' | 'gone';

/**
 * `doubt`: the store may have lost the newest text, or has refused it. `lose` and `end`: this process lets go of the
 * session.
 */
export type SessionEvent = 'send' | 'doubt' | 'lose' | 'end';

/**
 * The next states while this process has the session, which may be in doubt once more, because the store answers to an
 * earlier text.
 */
const OWN = { send: { to: 'sent' }, doubt: { to: 'unwritten' }, lose: { to: 'taken' }, end: { to: 'gone' } } as const;

type Life = Transitions<SessionState, SessionEvent, never>;
/** The next states of each state, by the events that lead there. */
export const SESSION: Life = { unwritten: OWN, sent: OWN, taken: {}, gone: {} };
