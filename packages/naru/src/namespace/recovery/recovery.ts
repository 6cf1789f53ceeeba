/** Keeps sessions that may come back: their state, and the place in the log where each continues. */
import { type Offset, ZERO_OFFSET } from '../../backplane/backplane.js';
import { Deadlines } from '../../base/deadlines.js';
import type { Random } from '../../base/id.js';
import { type Answer, carryOut, unlessThere } from '../../base/steps/answer.js';
import { recoveryContinued, recoveryTaken } from '../../taps/taps.js';
import type { Room, SocketId, Target } from '../event/target.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { movesOf } from '../rooms.js';
import type { SocketAction } from '../socket/far-sockets.js';
import type { PlacedChange } from './change-range.js';
import { KeptSession, type RecoverableMember, type SessionSource, type SessionsContext } from './kept-session.js';
import { SessionSearch } from './session-search.js';
import { SessionWriter } from './session-writer.js';
import { type Gap, offsetOf, type RecoveredState } from './written-session.js';

/** Bounds of recovery. */
export interface RecoverySettings {
  /** Milliseconds for which events and sessions are kept. */
  readonly maxDisconnectionDuration: number;
  /** Whether middleware is skipped for a session that was recovered. */
  readonly skipMiddlewares: boolean;
  /**
   * Sessions that are kept after their connection is gone. Above this, the sessions that were lost first are removed.
   */
  readonly keptSessionsMax: number;
}

/** The parts of the server that recovery uses, besides the log. */
export interface RecoveryContext extends Pick<SessionsContext, 'store' | 'outbox'> {
  readonly random: Random;
  /** Changes the rooms of the sockets of a target, wherever they are. */
  act(target: Target, action: SocketAction): void;
}

/**
 * The sessions of one namespace. A session is added when it connects, not when it is lost. A durable store gets it
 * then, and again when its rooms or its data have changed. Guarantees: a recovered session continues after the newest
 * event that its client has. When the log no longer reaches back that far, nothing is recovered and the client is told.
 */
export class Recovery {
  readonly settings: RecoverySettings;
  /** Finds the session of a client that comes back. */
  readonly search: SessionSearch;
  /** Writes the sessions, and hears of those that other processes have taken, if the store outlives this process. */
  readonly writer: SessionWriter | undefined;
  readonly #context: RecoveryContext & SessionsContext;
  /** The sessions that are connected or kept here, by their secrets. */
  readonly sessions = new Map<string, KeptSession>();
  /** The sessions without a connection, by their ids. */
  readonly #gone = new Map<SocketId, KeptSession>();
  readonly #expiry: Deadlines<KeptSession>;
  /** The connected sessions that are written again at intervals, so that they do not expire in the store. */
  readonly #renewals: Deadlines<KeptSession>;

  constructor(name: string, log: NamespaceLog, context: RecoveryContext, settings: RecoverySettings) {
    this.settings = settings;
    const keptMs = settings.maxDisconnectionDuration;
    const owner = context.store.isDurable ? context.random.id() : '';
    this.#context = {
      ...{ ...context, name, log, owner, keptMs, sessions: this.sessions },
      onLost: (session) => this.#lose(session),
      onPutOut: (pid, stored) => this.forget(pid, stored),
    };
    this.writer = context.store.isDurable ? new SessionWriter(this.#context) : undefined;
    this.search = new SessionSearch(this.#context, this.writer);
    this.#expiry = new Deadlines(log.clock, keptMs, (session) => this.#drop(session, 'end'));
    this.#renewals = new Deadlines(log.clock, keptMs, (session) => this.#renew(session, true));
  }

  /**
   * Writes a session before its client learns of it, so that the client is known wherever it comes back. Returns its
   * secret. Nothing is written if the answer of the store is not worth a wait.
   */
  announce(member: RecoverableMember): string | undefined {
    const { log, random } = this.#context;
    if (!this.writer || log.home.keepsAtOnce || log.beginning) return undefined;
    const session = new KeptSession(random.id(), member, { after: log.offset, isAnnounced: true, present: [] });
    this.sessions.set(session.pid, session);
    this.writer.write(session);
    return session.pid;
  }

  /**
   * Begins a session or continues one, so that it can be recovered from now on. Its previous owner lets go of it.
   * Returns the secret with which the client can ask for it. `named` is the offset that the client of a new session
   * sent. One of another log is remembered: a client that names an offset again that this log has not given out yet has
   * received no event since.
   */
  begin(member: RecoverableMember, state?: RecoveredState, named?: unknown, gap?: Gap): string {
    const pid = state?.pid ?? member.pid ?? this.#context.random.id();
    const known = this.sessions.get(pid);
    if (known) this.#drop(known, 'end');
    // The server may not know yet that the previous connection is dead.
    if (known?.live !== member) known?.live?.supersede(false);
    const { log, name: namespace } = this.#context;
    const { offset } = log;
    const seen = offsetOf(named);
    const foreign = seen && seen > offset ? seen : undefined;
    const begun = { after: offset, foreign, missed: gap && (seen ?? ZERO_OFFSET), present: [] };
    // A room that the member is leaving here takes its move when the change takes effect.
    const leaving = member.findOpen().leaving?.map(({ room }) => room) ?? [];
    const moves = state?.leaving?.length ? movesOf(state, new Set([...state.rooms, ...leaving]), offset) : state?.moves;
    const session = new KeptSession(pid, member, state ?? begun, moves);
    // Another process may have taken the session since it was found here. Then the text is another one, and this
    // process lets go.
    const { stored, confirmed, isTold, isTaken } = known ?? session;
    if (!state?.isElsewhere) Object.assign(session, { stored, confirmed, isTold, isTaken });
    const wasAway = state && known?.endedAt !== undefined && state.after > known.endedAt;
    session.cameAt = state?.isElsewhere || wasAway ? offset : known?.cameAt;
    this.sessions.set(pid, session);
    if (known && state?.isElsewhere) this.#passOn(known);
    // The program has decided about the rooms of the middleware, and no text has them.
    if (member.joinedRooms) session.choose([...member.joinedRooms]);
    this.writer?.change(session, state !== undefined && !member.joinedRooms);
    if (this.writer) this.#renewals.add(session);
    if (state) {
      const { id: socket, after, isElsewhere } = state;
      if (recoveryContinued.hasSubscribers) recoveryContinued.publish({ namespace, socket, after, isElsewhere });
      return pid;
    }
    // A session that began while its place in the log was unknown, or after events that are on their way, gets its
    // place later.
    const place = (offset: Offset): void => {
      session.startedAfter = offset;
      if (session.endedAt !== undefined) session.endedAt = offset;
      this.writer?.change(session);
    };
    // The first events of the session may be delivered by the time that this is called.
    unlessThere(log.beginning, (coming) => void coming.then(() => place(log.origin)));
    if (log.fences.isClosed) log.fences.run(() => place(log.offset));
    return pid;
  }

  /** Notes where in the log a room was entered or left. */
  move({ pid, lag }: RecoverableMember, room: Room, isIn: boolean): void {
    const session = this.sessions.get(pid ?? '');
    if (!session) return;
    const { log } = this.#context;
    // A member that is held is in its rooms from where it will begin to read.
    const held = lag?.isHeld ? lag.offset : undefined;
    session.move({ after: held ?? log.offset, room, isIn });
    // A remote home may have the text with the room, and without its place.
    if (!isIn || (held === undefined && !log.home.keepsAtOnce)) this.writer?.change(session);
  }

  /** Notes that a program has changed a room of a session. `isPlaced` says that the log has the change. */
  note(pid: string | undefined, room: Room, isIn: boolean, isPlaced: boolean): void {
    if (this.writer) this.sessions.get(pid ?? '')?.note(room, isIn, isPlaced);
  }

  /**
   * Notes that the rooms or the data of a connected session may have changed. `rooms` are those that its program has
   * decided about.
   */
  touch(pid: string, rooms: readonly Room[] = []): void {
    const session = this.sessions.get(pid);
    session?.choose(rooms);
    if (session) this.writer?.change(session);
  }

  /**
   * Whether a program has decided about a room of a session after a change that another process makes late. Otherwise
   * the change counts, and not those of even earlier processes after it.
   */
  hasChosen(pid: string | undefined, room: Room, takes: number | undefined): boolean {
    const session = this.sessions.get(pid ?? '');
    if (!session || takes === undefined) return false;
    const isOutdated = (session.chosen.get(room) ?? 0) > takes;
    if (!isOutdated) session.choose([room], takes);
    return isOutdated;
  }

  /** Hears of a change of sockets at its place. Those that a former server makes late reach clients that are gone. */
  hear(change: PlacedChange): void {
    this.search.changes.add(change);
    for (const id of change.target.rooms) this.#gone.get(id)?.takeLate(change);
  }

  /** Writes a session, and answers with whether it is still this process's when the home has it. */
  whenWritten(pid: string | undefined): Answer<boolean> {
    const session = this.sessions.get(pid ?? '');
    return session && this.writer ? carryOut(this.writer.whenWritten(session)) : true;
  }

  /** Keeps a session whose connection is gone, because the client may come back. */
  keep(pid: string, source: SessionSource): void {
    const session = this.sessions.get(pid);
    // A client that has never heard of its session does not ask for it.
    if (session?.start.isAnnounced) this.forget(pid);
    if (!session || session.isOver) return;
    Object.assign(session, { source, live: undefined, endedAt: this.#context.log.offset });
    this.#expiry.add(session);
    this.#gone.set(session.id, session);
    this.writer?.write(session);
    this.#context.log.pages.expect();
    const oldest = this.#expiry.count > this.settings.keptSessionsMax ? this.#expiry.first : undefined;
    if (oldest) this.forget(oldest.pid);
  }

  /** Removes a session that has ended for good. `stored` is the text that the store has, if that is known. */
  forget(pid: string, stored = this.sessions.get(pid)?.stored): void {
    const session = this.sessions.get(pid);
    if (session) this.#drop(session, 'end');
    if (session || stored !== undefined) this.writer?.forget(pid, stored, session);
  }

  /** Ends this process: writes the sessions as they are, and stops all waiting. */
  close(): void {
    this.writer?.close();
    for (const session of this.sessions.values()) this.#drop(session, 'end');
  }

  /** Lets go of a session that another process has. */
  #lose(session: KeptSession): void {
    this.#drop(session, 'lose');
    if (recoveryTaken.hasSubscribers) recoveryTaken.publish({ namespace: this.#context.name, socket: session.id });
    session.live?.supersede(true);
    this.#passOn(session);
  }

  /** Makes the changes through the log that no text of this process could tell before another one took the session. */
  #passOn(session: KeptSession): void {
    const target: Target = { rooms: new Set([session.id]), except: new Set(), flags: {} };
    const [joined, left] = [session.unwritten(true), session.unwritten(false)];
    // A take that somebody else was faster with does not count.
    const takes = (session.start.takes ?? 0) - Number(!session.isTaken);
    if (joined.length > 0) this.#context.act(target, ['join', joined, takes]);
    if (left.length > 0) this.#context.act(target, ['leave', left, takes]);
  }

  #drop(session: KeptSession, why: 'lose' | 'end'): void {
    session.on(why);
    session.deadlineQueue?.remove(session as never);
    this.sessions.delete(session.pid);
    if (this.#gone.get(session.id) === session) this.#gone.delete(session.id);
  }

  /** Writes the connected sessions again, of which the store may have lost some. */
  rewrite(): void {
    for (const session of this.sessions.values()) if (session.live) this.#renew(session, false);
  }

  /** Writes a connected session again. `isKnown` says that the store still has its text. */
  #renew(session: KeptSession, isKnown: boolean): void {
    session.on('doubt');
    this.#renewals.add(session);
    this.writer?.change(session, isKnown);
  }
}
