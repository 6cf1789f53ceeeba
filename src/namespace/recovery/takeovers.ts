/** Tells the other processes which sessions this one has taken, and learns which ones others have taken. */
import type { Offset } from '../../backplane/backplane.js';
import { carryOut, type Steps, waitFor } from '../../base/steps/answer.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { KeptSession } from './kept-session.js';

/** The first word of the message, and of the one that says how often each session was taken. */
const TAKEN = 'taken';
const TOOK = 'took';

/** The parts of recovery that takeovers use. */
export interface TakeoversContext {
  /** The name by which other processes know this one. */
  readonly owner: string;
  readonly log: Pick<NamespaceLog, 'tell' | 'home'>;
  /** The sessions that this process has, by their secrets. */
  readonly sessions: ReadonlyMap<string, KeptSession>;
  /** Called when another process has a session. */
  onLost(session: KeptSession): void;
}

/**
 * Sessions that move between processes. Guarantee: if several processes take a session at the same moment, the one whose message stands last in
 * the log keeps it, and all others lose it. A message may reach a remote log long after a later one of another process, so a remote home decides
 * by itself. A message then says how often its session was taken.
 */
export class Takeovers {
  readonly #context: TakeoversContext;
  /** The sessions that were taken since the others were told, by their secrets. */
  readonly #untold = new Map<string, KeptSession>();

  constructor(context: TakeoversContext) {
    this.#context = context;
  }

  /** Notes that this process has taken a session. */
  take(session: KeptSession): void {
    this.#untold.set(session.pid, session);
  }

  /** Tells the others of the sessions that were taken since the last call. */
  tell(): void {
    const { log, owner } = this.#context;
    const taken = [...this.#untold.values()];
    if (taken.length === 0) return;
    this.#untold.clear();
    if (log.home.decider === 'log') {
      void carryOut(this.#tellInOrder(taken));
      return;
    }
    for (const session of taken) session.toldAt = '';
    void log.tell([TOOK, owner, ...taken.flatMap(({ pid, takes }) => [pid, takes])]);
  }

  *#tellInOrder(taken: readonly KeptSession[]): Steps<void> {
    const { log, owner, onLost } = this.#context;
    // A message that could not be stored comes before all others.
    const offset = (yield* waitFor(log.tell([TAKEN, owner, ...taken.map(({ pid }) => pid)]))) ?? '';
    for (const session of taken) {
      session.toldAt = offset;
      if (session.overtakenAt > offset && !session.isOver) onLost(session);
    }
  }

  /** Handles a message at its place in the log. */
  onTold([name, owner, ...rest]: readonly unknown[], offset: Offset): void {
    const { sessions, onLost } = this.#context;
    if (owner === this.#context.owner) return;
    if (name === TAKEN) for (const pid of rest) this.#onTaken(sessions.get(String(pid)), offset);
    if (name !== TOOK) return;
    for (let at = 0; at < rest.length; at += 2) {
      const session = sessions.get(String(rest[at]));
      if (session && session.takes < Number(rest[at + 1])) onLost(session);
    }
  }

  /** Another process has taken a session. Nothing is lost if the message of this process stands after that. */
  #onTaken(session: KeptSession | undefined, offset: Offset): void {
    if (!session) return;
    if (session.toldAt === undefined) session.overtakenAt = offset;
    else if (session.toldAt < offset) this.#context.onLost(session);
  }
}
