/** Something that is given up after a while. */
import type { DeadlineEntry, Deadlines } from '../../base/deadlines.js';

/** Stands in a queue of deadlines and calls back when its time is over. */
export class Wait implements DeadlineEntry {
  readonly onExpired: () => void;
  deadlineAt = 0;
  deadlinePrevious: DeadlineEntry | undefined = undefined;
  deadlineNext: DeadlineEntry | undefined = undefined;
  deadlineQueue: Deadlines<never> | undefined = undefined;

  constructor(onExpired: () => void) {
    this.onExpired = onExpired;
  }
}
