/** The events of a turn that go into the log together. */
import type { PendingBroadcast } from '../../session/outbox.js';
import type { NamespaceLog } from './namespace-log.js';
import type { LoggedEvent } from './records.js';

/** Consecutive events that wait to be appended to the log together. */
export class LoggedEvents implements PendingBroadcast {
  readonly log: NamespaceLog;
  readonly events: LoggedEvent[];
  readonly #commit: (events: readonly LoggedEvent[]) => void;

  constructor(log: NamespaceLog, first: LoggedEvent, commit: (events: readonly LoggedEvent[]) => void) {
    this.log = log;
    this.events = [first];
    this.#commit = commit;
  }

  settle(): void {
    this.#commit(this.events);
  }
}
