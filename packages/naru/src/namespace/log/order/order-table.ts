/** The states of the order of a namespace. ARCHITECTURE.md draws them. */
import type { Transitions } from '../../../base/steps/machine.js';

/** Actions of the order, each carried out by `LogDelivery`. */
export type OrderAction = 'deliverBatch' | 'deliverFlight' | 'read';

/**
 * The transitions of the order. `look`: something may have changed. `done`: a delivery or a reading has ended. The
 * others are decisions.
 *
 * - `not heard`: this process has no socket here, and hears nothing of what others append.
 * - `beginning`: the home was asked where the log ends. Nothing is delivered before it has answered.
 * - `level`: everything that this process knows of is delivered.
 * - `waiting`: the oldest flight has no answer yet, so nothing after it can be delivered.
 * - `deciding`: something has changed, and the next step is chosen.
 * - `delivering`: records go to the sockets. Listeners may emit meanwhile, and that comes later.
 * - `reading`: records are read from the log and delivered, up to a flight or to the end.
 */
export const ORDER = {
  'not heard': { look: { to: 'deciding' } },
  beginning: { look: { to: 'deciding' } },
  level: { look: { to: 'deciding' } },
  waiting: { look: { to: 'deciding' } },
  deciding: {
    look: { to: 'deciding' },
    sleep: { to: 'not heard' },
    begin: { to: 'beginning' },
    rest: { to: 'level' },
    wait: { to: 'waiting' },
    'deliver batch': { to: 'delivering', run: ['deliverBatch'] },
    'deliver flight': { to: 'delivering', run: ['deliverFlight'] },
    read: { to: 'reading', run: ['read'] },
  },
  delivering: { look: { to: 'delivering' }, done: { to: 'deciding' } },
  reading: { look: { to: 'reading' }, done: { to: 'deciding' } },
} as const satisfies Transitions<string, string, OrderAction>;

/** A state of the order. */
export type OrderState = keyof typeof ORDER;
/** An event of the order, or its decision. */
export type OrderEvent = { [State in OrderState]: keyof (typeof ORDER)[State] }[OrderState];
