/** Tells the other processes which sessions this one has taken, and learns which ones others have taken. */
import type { Offset } from '../../backplane/backplane.js';
import { after } from '../../base/steps/answer.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { KeptSession, SessionsContext } from './kept-session.js';

/** The first word of the message, and of the one that says how often each session was taken. */
const TAKEN = 'taken';
const TOOK = 'took';

type TakeoversContext = Pick<SessionsContext, 'owner' | 'sessions' | 'onLost'> & {
  readonly log: Pick<NamespaceLog, 'tell' | 'home'>;
};

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
    this.#untold.clear();
    if (taken.length === 0) return;
    if (log.home.decider === 'text') {
      for (const session of taken) session.toldAt = '';
      void log.tell([[TOOK, owner, ...taken.flatMap(({ pid, takes }) => [pid, takes])]]);
      return;
    }
    void after(log.tell([[TAKEN, owner, ...taken.map(({ pid }) => pid)]]), (offset) => {
      // A message that could not be stored comes before all others.
      for (const session of taken) this.#place(session, { toldAt: offset ?? '' });
    });
  }

  /** Handles a message at its place in the log. */
  onTold([name, owner, ...rest]: readonly unknown[], offset: Offset): void {
    const { sessions, onLost } = this.#context;
    if (owner === this.#context.owner) return;
    if (name === TAKEN) for (const pid of rest) this.#place(sessions.get(String(pid)), { overtakenAt: offset });
    if (name !== TOOK) return;
    for (let at = 0; at < rest.length; at += 2) {
      const session = sessions.get(String(rest[at]));
      if (session && session.takes < Number(rest[at + 1])) onLost(session);
    }
  }

  /** Another process keeps a session if its message stands after that of this process. */
  #place(session: KeptSession | undefined, place: Partial<Pick<KeptSession, 'toldAt' | 'overtakenAt'>>): void {
    if (!session) return;
    const { toldAt, overtakenAt, isOver } = Object.assign(session, place);
    if (toldAt !== undefined && overtakenAt > toldAt && !isOver) this.#context.onLost(session);
  }
}
