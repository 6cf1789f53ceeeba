/** The lives of a dial and of an association, as tables of states and named transitions. */
import type { Transitions } from 'naru/base';

/**
 * - `idle`: the socket is being opened.
 * - `hello`: the client asks for a cookie, which proves its address.
 * - `connect`: the client asks for an association with the cookie.
 * - `open`: there is an association.
 * - `over`: nothing more happens.
 */
export type DialState = 'idle' | 'hello' | 'connect' | 'open' | 'over';

/** `again`: the cookie is too old. `stop`: the program gives up, the dial has failed, or the association is gone. */
export type DialEvent = 'begin' | 'challenge' | 'again' | 'accept' | 'stop';

const STOP = { stop: { to: 'over' } } as const;

/** The next states of a dial, by the events that lead there. */
export const DIAL: Transitions<DialState, DialEvent, never> = {
  idle: { begin: { to: 'hello' }, ...STOP },
  hello: { challenge: { to: 'connect' }, ...STOP },
  connect: { again: { to: 'hello' }, accept: { to: 'open' }, ...STOP },
  open: STOP,
  over: STOP,
};

/** A `lingering` association was closed, and still repeats a body that has to arrive. */
export type AssociationState = 'open' | 'lingering' | 'released';

/** `close`: the program closes it. `release`: it has said goodbye, has failed, or the other side is gone. */
export type AssociationEvent = 'close' | 'release';

/** The next states of an association, by the events that lead there. */
export const ASSOCIATION: Transitions<AssociationState, AssociationEvent, never> = {
  open: { close: { to: 'lingering' }, release: { to: 'released' } },
  lingering: { release: { to: 'released' } },
  released: {},
};
