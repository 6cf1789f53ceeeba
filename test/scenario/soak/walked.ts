/** The transitions of sessions that servers of a soak have made. */
import { KeptSession } from '../../../packages/naru/src/namespace/recovery/kept-session.js';
import { SESSION } from '../../../packages/naru/src/namespace/recovery/session-table.js';

/** Counts the transitions from now on. Returns a function that gives each transition of the table with its count. */
export function countTransitions(): () => Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [state, transitions] of Object.entries(SESSION))
    for (const event of Object.keys(transitions)) counts[`${state} ${event}`] = 0;
  const make = KeptSession.prototype.on;
  KeptSession.prototype.on = function (this: KeptSession, event) {
    const name = `${this.state} ${event}`;
    counts[name] = (counts[name] ?? 0) + 1;
    make.call(this, event);
  };
  return () => counts;
}
