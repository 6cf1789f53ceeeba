/** The transitions of sessions and late readers that servers of a soak have made. */
import { Machine } from '../../../packages/naru/src/base/steps/machine.js';
import { READER } from '../../../packages/naru/src/namespace/log/reader/reader-table.js';
import { KeptSession } from '../../../packages/naru/src/namespace/recovery/kept-session.js';
import { SESSION } from '../../../packages/naru/src/namespace/recovery/session-table.js';

/** How often each transition of a table was made, by its state and event. */
type Counts = Record<string, number>;

/** Counts the transitions from now on. Returns a function that gives each transition of the tables with its count. */
export function countTransitions(): () => Readonly<Record<'sessions' | 'readers', Counts>> {
  const sessions = zerosOf(SESSION);
  const readers = zerosOf(READER);
  const change = KeptSession.prototype.on;
  KeptSession.prototype.on = function (this: KeptSession, event) {
    note(sessions, this.state, event);
    change.call(this, event);
  };
  // Late readers are the only owners of a machine.
  const { on } = Machine.prototype;
  Machine.prototype.on = function (this: Machine<string, string, string, unknown>, event) {
    note(readers, this.state, event);
    on.call(this, event);
  };
  return () => ({ sessions, readers });
}

function note(counts: Counts, state: string, event: string): void {
  const name = `${state} ${event}`;
  counts[name] = (counts[name] ?? 0) + 1;
}

function zerosOf(table: Readonly<Record<string, object>>): Counts {
  const names = Object.entries(table).flatMap(([state, events]) =>
    Object.keys(events).map((event) => `${state} ${event}`),
  );
  return Object.fromEntries(names.map((name) => [name, 0]));
}
