/** Whether a namespace is idle, so that it can let go of its core. */
import { DeadlineEntry } from '../base/deadlines.js';
import type { Erasures } from './erasure/erasures.js';
import type { History } from './history/history.js';
import type { NamespaceLog } from './log/namespace-log.js';
import type { Recovery } from './recovery/recovery.js';

/** The parts of a core that may have something open. */
export interface IdleCore {
  readonly name: string;
  /** Whether the namespace has neither members nor clients that are about to join. */
  readonly isEmpty: boolean;
  readonly log: Pick<NamespaceLog, 'following' | 'fences' | 'lost'> | undefined;
  readonly recovery: Pick<Recovery, 'sessions'> | undefined;
  readonly reach: { readonly isWaiting: boolean };
  readonly presences: { readonly roomCount: number };
  readonly slowReaders: { readonly memory: { readonly count: number } };
  readonly past: Pick<History, 'open'>;
  readonly erasures: Pick<Erasures, 'open'>;
  /** Carries out postponed broadcasts. */
  settle(): void;
}

/** The idleness of one core, which waits among others until it is looked at. */
export class Idleness extends DeadlineEntry {
  readonly core: IdleCore;
  #needs: (() => boolean)[] | undefined;

  constructor(core: IdleCore) {
    super();
    this.core = core;
  }

  /** Keeps the core while `isNeeded` returns `true`. For wires that have something of their own in the namespace. */
  keepWhile(isNeeded: () => boolean): void {
    this.#needs ??= [];
    this.#needs.push(isNeeded);
  }

  /** Whether another core in the place of this one would do the same: nobody is there, and nothing is open. */
  get isIdle(): boolean {
    const { core } = this;
    // Postponed events may begin a flight.
    core.settle();
    const { log, recovery, reach, presences, slowReaders, past, erasures } = core;
    if (!core.isEmpty || (log && (log.following || log.fences.isClosed || log.lost.isOpen))) return false;
    if (reach.isWaiting || this.#needs?.some((isNeeded) => isNeeded())) return false;
    const kept = (recovery?.sessions.size ?? 0) + presences.roomCount + slowReaders.memory.count;
    return kept + past.open + erasures.open === 0;
  }
}
