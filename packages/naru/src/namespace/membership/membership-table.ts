/** The life of a member of a namespace, as a table of states and named transitions. ARCHITECTURE.md draws it. */
import type { Transitions } from '../../base/steps/machine.js';

/**
 * - `pending`: the client waits for the middleware.
 * - `connected`: the client has joined.
 * - `leaving`: the listeners of `disconnecting` run.
 * - `closed`: the client has left, or never came in.
 */
export type MemberState = 'pending' | 'connected' | 'leaving' | 'closed';

/** `join`: the middleware has let the client in. `leave`: a client that is in goes. `end`: nothing more happens. */
export type MemberEvent = 'join' | 'leave' | 'end';

/** The next states of each state, by the events that lead there. */
export const MEMBER: Transitions<MemberState, MemberEvent, never> = {
  pending: { join: { to: 'connected' }, end: { to: 'closed' } },
  connected: { leave: { to: 'leaving' } },
  leaving: { end: { to: 'closed' } },
  closed: {},
};
