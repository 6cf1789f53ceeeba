/** Keeps sessions that may come back: their state, and the place in the log where each continues. */
import type { NamespaceStore, Offset } from '../../backplane/backplane.js';
import type { Clock, Timer } from '../../base/clock.js';
import { Deadlines } from '../../base/deadlines.js';
import type { Random } from '../../base/id.js';
import { unlessThere } from '../../base/steps/answer.js';
import type { Outbox } from '../../session/outbox.js';
import type { LeftRoom } from '../log/effective-rooms.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { PresentAs } from '../presence/roster.js';
import type { Room, SocketId } from '../target.js';
import type { AskingConnection } from './asks.js';
import { KeptSession, type RecoverableMember } from './kept-session.js';
import type { Gap, Outcome, RecoveredState } from './restored.js';
import { RoomMoves } from './room-moves.js';
import { SessionChanges } from './session-changes.js';
import { SessionSearch } from './session-search.js';
import { SessionTexts } from './session-texts.js';
import { Takeovers } from './takeovers.js';
import { offsetOf } from './written-session.js';

/** Bounds of recovery. */
export interface RecoverySettings {
  /** Milliseconds for which events and sessions are kept. */
  readonly maxDisconnectionDuration: number;
  /** Whether middleware is skipped for a session that was recovered. */
  readonly skipMiddlewares: boolean;
  /** Sessions that are kept after their connection is gone. Above this, the sessions that were lost first are removed. */
  readonly keptSessionsMax: number;
}

/** The parts of the server that recovery uses, besides the log. */
export interface RecoveryContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: NamespaceStore;
  /** Calls back at the end of a turn. A session is written before its client is told of a room. */
  readonly outbox: Pick<Outbox, 'atEnd'>;
  /** Called when a session could not be written or read. */
  onLogError(error: unknown, namespace: string): void;
}

/**
 * The sessions of one namespace. A session is added when it connects, not when it is lost. A durable store gets it then, and again when its
 * rooms or its data have changed. Guarantees: a recovered session continues after the newest event that its client has. When the log no
 * longer reaches back that far, nothing is recovered and the client is told.
 */
export class Recovery {
  readonly settings: RecoverySettings;
  readonly #name: string;
  readonly #log: NamespaceLog;
  readonly #context: RecoveryContext;
  readonly #sessions = new Map<string, KeptSession>();
  readonly #expiry: Deadlines<KeptSession>;
  readonly #changes: SessionChanges;
  /** The sessions as they are written. */
  readonly #texts: SessionTexts;
  /** The name by which other processes know this one. */
  readonly #owner: string;
  readonly #takeovers: Takeovers;
  readonly #search: SessionSearch;
  #renewal: Timer | undefined = undefined;

  constructor(name: string, log: NamespaceLog, context: RecoveryContext, settings: RecoverySettings) {
    this.#name = name;
    this.#log = log;
    this.#context = context;
    this.settings = settings;
    this.#owner = context.store.isDurable ? context.random.id() : '';
    this.#changes = new SessionChanges(context, () => {
      this.writeSessions();
      this.#takeovers.tell();
    });
    this.#takeovers = new Takeovers(this.#owner, log, (pid, takes) => this.#onTaken(pid, takes));
    const { store, outbox, clock } = context;
    const shared = { name, log, owner: this.#owner, clock, onError: (error: unknown) => this.#fail(error) };
    this.#texts = new SessionTexts({
      ...{ ...shared, store, keptMs: settings.maxDisconnectionDuration },
      onLost: (session) => this.#lose(session),
      onStored: (session) => this.#tellTaken(session),
    });
    const onPutOut = (pid: string, stored: string | undefined): void => this.#forget(pid, stored);
    this.#search = new SessionSearch({ ...shared, outbox, sessions: this.#sessions, texts: this.#texts, onPutOut });
    this.#expiry = new Deadlines(context.clock, settings.maxDisconnectionDuration, (session) =>
      this.#drop(session, 'end'),
    );
  }

  /** Number of sessions that are connected or kept here. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Begins a session or continues one, so that it can be recovered from now on. Its previous owner lets go of it. Returns the secret with
   * which the client can ask for it. `named` is the offset that the client of a new session sent. One of another log is remembered.
   */
  begin(member: RecoverableMember, state?: RecoveredState, named?: unknown, gap?: Gap): string {
    const announced = this.#texts.takeAnnounced(member.id);
    const pid = state?.pid ?? announced?.pid ?? this.#context.random.id();
    const known = this.#sessions.get(pid);
    if (known) this.#drop(known, 'end');
    // The server may not know yet that the previous connection is dead.
    known?.live?.supersede();
    const foreign = state ? state.foreign : this.#foreign(named);
    const session = new KeptSession(pid, member, state?.after ?? this.#log.offset, foreign);
    session.missed = state ? state.missed : gap && offsetOf(named);
    this.#sessions.set(pid, session);
    if (announced) {
      session.written = session.stored = announced.text;
      session.become('adopt');
    }
    if (state) this.#goOnWith(session, state, known);
    this.#change(session, state !== undefined);
    this.#scheduleRenewal();
    if (!state) this.#placeLater(session);
    return pid;
  }

  /** A session continues one that `known` was here, or that another process had. */
  #goOnWith(session: KeptSession, state: RecoveredState, known: KeptSession | undefined): void {
    const { isElsewhere, takes, stored } = state;
    session.takes = takes;
    session.ask = state.ask;
    const { rooms, leaving = [], moves = [], forgotten } = state;
    const left = leaving.flatMap(({ room, until = this.#log.offset }) =>
      rooms.has(room) ? [] : [{ after: until, room, isIn: false }],
    );
    session.moves = new RoomMoves([...moves, ...left], forgotten);
    if (isElsewhere || state.after > (known?.endedAt ?? state.after)) session.cameAt = this.#log.offset;
    // Another process may have taken the session since it was found here. Then the text is another one, and this process lets go.
    session.stored = isElsewhere || !known ? stored : known.stored;
    session.isUntold = isElsewhere || known?.isUntold === true;
    // A remote home decides which process has the session, and then the others are told.
    if (isElsewhere && this.#texts.decider === 'log') this.#tellTaken(session);
  }

  /** Tells the other processes soon, if this one has taken a session. */
  #tellTaken(session: KeptSession): void {
    if (!session.isUntold || session.isOver) return;
    session.isUntold = false;
    this.#takeovers.take(session.pid, session.takes);
    this.#change(session, true);
  }

  /** Whether another process had a session when it knew the record at `offset`, and may have had it for longer. */
  cameAfter(pid: string, offset: Offset): boolean {
    const cameAt = this.#sessions.get(pid)?.cameAt;
    return cameAt !== undefined && cameAt >= offset;
  }

  /** A session that began while its place in the log was unknown, or after events that are on their way, gets its place later. */
  #placeLater(session: KeptSession): void {
    const { beginning, fences } = this.#log;
    const place = (offset: Offset): void => {
      session.startedAfter = offset;
      if (session.endedAt !== undefined) session.endedAt = offset;
      this.#change(session);
    };
    // The first events of the session may be delivered by the time that this is called.
    unlessThere(beginning, (coming) => void coming.then(() => place(this.#log.origin)));
    if (fences.isClosed) fences.run(() => place(this.#log.offset));
  }

  /** Notes where in the log a room was entered or left. */
  move({ pid, lag }: RecoverableMember, room: Room, isIn: boolean): void {
    // A member that is held is in its rooms from where it will begin to read.
    const held = lag?.isHeld ? lag.offset : undefined;
    const session = this.#sessions.get(pid ?? '');
    session?.move({ after: held ?? this.#log.offset, room, isIn });
    if (session && !isIn) this.#change(session);
  }

  /** Notes that the rooms or the data of a connected session may have changed. */
  touch(pid: string): void {
    const session = this.#sessions.get(pid);
    if (session) this.#change(session);
  }

  /** Writes a session, and resolves with whether it is still this process's then. Returns `undefined` if the home has it as it is. */
  whenWritten(pid: string | undefined): Promise<boolean> | undefined {
    const session = this.#sessions.get(pid ?? '');
    if (!session) return undefined;
    this.#texts.write(session);
    return this.#texts.whenWritten(session);
  }

  /** Learns what other processes have done to sessions. Called before a session is kept: another process may have taken it. */
  catchUp(): void {
    if (this.#texts.isDurable) this.#log.lookForMore();
  }

  /** Keeps a session whose connection is gone, because the client may come back. */
  keep(
    pid: string,
    rooms: ReadonlySet<Room>,
    data: unknown,
    present?: readonly PresentAs[],
    leavingRooms: readonly LeftRoom[] = [],
  ): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    Object.assign(session, { live: undefined, rooms, leavingRooms, data, present });
    Object.assign(session, { endedAt: this.#log.offset, written: '' });
    this.#texts.write(session);
    this.#expiry.add(session);
    const oldest = this.#expiry.count > this.settings.keptSessionsMax ? this.#expiry.first : undefined;
    if (oldest) this.forget(oldest.pid);
  }

  /** Removes a session that has ended for good. */
  forget(pid: string): void {
    const session = this.#sessions.get(pid);
    if (session) this.#forget(pid, session.stored);
  }

  #forget(pid: string, stored: string | undefined): void {
    const session = this.#sessions.get(pid);
    if (session) this.#drop(session, 'end');
    this.#texts.forget(pid, stored);
  }

  /** Ends this process: writes the connected sessions as they are, and stops all waiting. */
  close(): void {
    if (this.#texts.isDurable) for (const session of this.#sessions.values()) this.#texts.write(session);
    // The others learn of the takeovers before this process is gone, because they would write older texts over the newer ones.
    if (this.#texts.decider === 'log') this.#takeovers.tell();
    for (const session of this.#sessions.values()) this.#drop(session, 'end');
    this.#changes.close();
    this.#texts.clear();
    if (this.#renewal !== undefined) this.#context.clock.clearTimeout(this.#renewal);
    this.#renewal = undefined;
  }

  /**
   * Looks up the session `pid`, to continue after `offset`. Returns a gap for an unknown session
   * with an offset, and `undefined` for one without. Rejects when the home cannot be reached, and when `connection` is not the newest one of
   * its client. A remote home counts the session as this server's from then on; nothing else changes until `begin`.
   */
  restore(pid: unknown, offset: unknown, connection?: AskingConnection): Outcome {
    return this.#search.restore(pid, offset, connection);
  }

  /** Brings a session up to date that `restore` found some time ago. Gives no state if its client has to connect again. */
  renew(state: RecoveredState): Outcome {
    return this.#search.renew(state);
  }

  /**
   * Writes a session before its client learns of it, so that the client is known wherever it comes back. Returns `undefined` when the client need not wait.
   */
  announce(id: SocketId): Promise<void> | undefined {
    return this.#texts.announce(this.#context.random, id);
  }

  /** A member has left. Its session may have been announced, and then it is deleted if it has not begun. */
  withdraw(id: SocketId): void {
    const announced = this.#texts.takeAnnounced(id);
    if (announced) this.#texts.forget(announced.pid, announced.text);
  }

  #fail(error: unknown): undefined {
    this.#context.onLogError(error, this.#name);
  }

  /** Returns an offset that this log has not given out yet. A client that names it again has received no event since. */
  #foreign(named: unknown): Offset | undefined {
    const offset = offsetOf(named);
    return offset !== undefined && offset > this.#log.offset ? offset : undefined;
  }

  /** Handles a message of another process, or of this one, at its place in the log. */
  onTold(message: readonly unknown[], offset: Offset): void {
    this.#takeovers.onTold(message, offset);
  }

  /** Another process has taken a session. It may have done so before this one took it, and the log has the message late. */
  #onTaken(pid: string, takes: number): void {
    const session = this.#sessions.get(pid);
    if (session && session.takes < takes) this.#lose(session);
  }

  /** Lets go of a session that another process has. */
  #lose(session: KeptSession): void {
    this.#drop(session, 'lose');
    session.live?.supersede();
  }

  #drop(session: KeptSession, why: 'lose' | 'end'): void {
    session.become(why);
    this.#expiry.remove(session);
    this.#sessions.delete(session.pid);
    this.#changes.drop(session);
    this.#texts.drop(session);
  }

  /** Plans the next renewal. Connected sessions are written again at intervals, so that they do not expire in the store. */
  #scheduleRenewal(): void {
    if (this.#renewal !== undefined || !this.#texts.isDurable) return;
    const ms = this.settings.maxDisconnectionDuration;
    this.#renewal = this.#context.clock.setTimeout((recovery: Recovery) => recovery.#renew(), ms, this);
  }

  #renew(): void {
    this.#renewal = undefined;
    this.rewrite();
    if (this.#sessions.size > 0) this.#scheduleRenewal();
  }

  /** Writes the connected sessions again. */
  rewrite(): void {
    for (const session of this.#sessions.values()) {
      if (!session.live) continue;
      session.written = '';
      this.#change(session);
    }
  }

  /** `isKnown` says that the store has a text of the session that serves until then. A remote home decides by the text, so there it does not wait. */
  #change(session: KeptSession, isKnown = false): void {
    if (!this.#texts.isDurable || session.isOver) return;
    session.become('change');
    this.#changes.add(session);
    if (isKnown && this.#texts.decider === 'log') this.#changes.writeSoon();
    else this.#changes.writeAtEnd();
  }

  /**
   * Writes the sessions that have changed. The log calls this before it appends. A client that learns from the log that it has joined a
   * room must be in that room after a recovery, even if this process dies in between.
   */
  writeSessions(): void {
    const changed = this.#changes.take();
    for (const session of this.#texts.takeRefused()) changed.add(session);
    for (const session of changed) this.#texts.write(session);
  }
}
