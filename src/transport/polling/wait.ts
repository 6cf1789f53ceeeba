/** Something that is given up after a while. */
import { DeadlineEntry } from '../../base/deadlines.js';

/** Stands in a queue of deadlines and calls back when its time is over. */
export class Wait extends DeadlineEntry {
  readonly onExpired: () => void;

  constructor(onExpired: () => void) {
    super();
    this.onExpired = onExpired;
  }
}
