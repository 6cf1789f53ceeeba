/** The lives of an engine and of a Manager, as tables of states and named transitions. Pages have no asserts of it. */
import type { Transitions } from '../base/steps/machine.js';

/** The states of an engine. It only moves forward through them. `closing`: it still writes what was sent before. */
export type EngineState = 'opening' | 'open' | 'closing' | 'closed';

/** `handshake`: the server has opened the session. `close`: the program ends it. `end`: nothing more happens. */
type EngineEvent = 'handshake' | 'close' | 'end';

/** The next states of each state, by the events that lead there. */
export const ENGINE: Transitions<EngineState, EngineEvent, never> = {
  opening: { handshake: { to: 'open' }, close: { to: 'closing' }, end: { to: 'closed' } },
  open: { close: { to: 'closing' }, end: { to: 'closed' } },
  closing: { end: { to: 'closed' } },
  closed: {},
};

/** The states of a Manager: of one attempt after the other. */
export type ManagerState = 'opening' | 'open' | 'closed';

/** `try`: an attempt begins. `open`: its session is open. `end`: it has failed, or the connection is lost or closed. */
type ManagerEvent = 'try' | 'open' | 'end';

/** The next states of each state, by the events that lead there. A program may close what is closed. */
export const MANAGER: Transitions<ManagerState, ManagerEvent, never> = {
  closed: { try: { to: 'opening' }, end: { to: 'closed' } },
  opening: { open: { to: 'open' }, end: { to: 'closed' } },
  open: { end: { to: 'closed' } },
};
