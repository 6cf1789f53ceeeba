/** The events of a turn that go into the log together. */
import { sizeOfNames } from '../../backplane/remote/batch.js';
import type { PendingBroadcast } from '../../session/outbox.js';
import type { NamespaceLog } from './namespace-log.js';
import type { LoggedEvent } from './records.js';

/** Consecutive events that wait to be appended to the log together. */
export class LoggedEvents implements PendingBroadcast {
  readonly log: NamespaceLog;
  readonly events: LoggedEvent[];
  #size = -1;
  readonly #commit: (events: readonly LoggedEvent[]) => void;

  constructor(log: NamespaceLog, first: LoggedEvent, commit: (events: readonly LoggedEvent[]) => void) {
    this.log = log;
    this.events = [first];
    this.#commit = commit;
  }

  /** Adds an event, unless there are as many as the home keeps together. Returns whether it was added. */
  add(event: LoggedEvent): boolean {
    const { batchMax } = this.log.home;
    if (batchMax) {
      if (this.#size < 0) this.#size = sizeOf(this.events[0] ?? event);
      const size = this.#size + sizeOf(event);
      if (this.events.length >= batchMax.records || size > batchMax.size) return false;
      this.#size = size;
    }
    this.events.push(event);
    return true;
  }

  settle(): void {
    this.#commit(this.events);
  }
}

/** Returns the characters and bytes of an event, as they count for a batch. */
export function sizeOf({ packets, target }: Pick<LoggedEvent, 'packets' | 'target'>): number {
  const { rooms, except, flags } = target;
  const names = sizeOfNames({ rooms, except, key: flags.key, by: flags.by });
  return packets.reduce((sum, { size }) => sum + size, names);
}
