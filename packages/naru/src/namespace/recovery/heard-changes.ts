/** The newest changes of sockets that this process has carried out in their places. */
import type { Offset } from '../../backplane/backplane.js';
import type { Target } from '../event/target.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { placeOf } from '../log/records.js';
import type { SocketAction } from '../socket/far-sockets.js';

/** A change of the sockets of a target, at its place in the log. */
export interface PlacedChange {
  readonly offset: Offset;
  readonly target: Target;
  readonly action: SocketAction;
}

/** The most changes that are held. */
const COUNT_MAX = 1_024;

/**
 * Holds changes for sessions that are on their way to this process. Their sockets are not here yet when it carries the
 * changes out.
 *
 * Invariant: it has all changes of the log after `#after`, up to what this process has delivered.
 */
export class HeardChanges {
  readonly #log: Pick<NamespaceLog, 'offset' | 'erasures'>;
  #changes: PlacedChange[] = [];
  #after: Offset;
  /** Increases when this process passes over records without reading them. */
  #erasures: number;

  constructor(log: Pick<NamespaceLog, 'offset' | 'erasures'>) {
    this.#log = log;
    this.#after = log.offset;
    this.#erasures = log.erasures;
  }

  /** Adds a change, in the order of the log. */
  add(change: PlacedChange): void {
    this.#check();
    this.#changes.push(change);
    if (this.#changes.length <= COUNT_MAX) return;
    const gone = this.#changes.splice(0, COUNT_MAX / 2);
    this.#after = gone.at(-1)?.offset ?? this.#after;
  }

  /** Returns the changes after an offset, or `undefined` if some of them may not be held. */
  since(offset: Offset): readonly PlacedChange[] | undefined {
    this.#check();
    return offset < this.#after ? undefined : this.#changes.slice(placeOf(this.#changes, offset));
  }

  #check(): void {
    const { offset, erasures } = this.#log;
    if (this.#erasures === erasures) return;
    this.#erasures = erasures;
    this.#after = offset;
    this.#changes = [];
  }
}
