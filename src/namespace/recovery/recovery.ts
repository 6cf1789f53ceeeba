/** Sessions that may come back: what they were, and where in the log of their namespace they go on. */
import {
  chain,
  decodeOffset,
  encodeOffset,
  type KeyValueStore,
  type MaybePromise,
  type Offset,
  request,
} from '../../backplane/backplane.js';
import type { Clock, Timer } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import type { Random } from '../../base/id.js';
import type { Outbox } from '../../session/outbox.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { PresentAs } from '../presence/roster.js';
import type { Member } from '../socket/socket.js';
import type { Room, SocketId } from '../target.js';
import { decodeSession, encodeSession, type WrittenSession } from './written-session.js';

/** Bounds of recovery. */
export interface RecoverySettings {
  /** Milliseconds for which events and sessions are kept. */
  readonly maxDisconnectionDuration: number;
  /** Whether middleware is skipped for a session that was recovered. */
  readonly skipMiddlewares: boolean;
  /** Sessions that are kept after their connection went; beyond it those that went first are let go. */
  readonly keptSessionsMax: number;
}

/** What recovery needs of a member while it lives. */
export type RecoverableMember = Pick<Member, 'id' | 'rooms' | 'data' | 'supersede'>;

/** What a session gets back. */
export interface RecoveredState {
  readonly id: SocketId;
  readonly pid: string;
  readonly rooms: ReadonlySet<Room>;
  readonly data: unknown;
  readonly present?: readonly PresentAs[] | undefined;
  /** The newest event that the client has. */
  readonly after: Offset;
  /** Another process may still have it. */
  readonly isElsewhere: boolean;
  /** The offset that its client still names although it is of another log. */
  readonly foreign?: Offset | undefined;
}

/** What the log has let go of, so that a session cannot go on. */
export interface Gap {
  /** The newest event that the client has. */
  readonly after: Offset;
  /** The oldest event that is still there, if any is. */
  readonly before: Offset | undefined;
}

/** The session, or why there is none although it is known. */
export type Restored =
  | { readonly state: RecoveredState; readonly gap?: undefined }
  | { readonly state?: undefined; readonly gap: Gap };

/** What recovery needs besides the log. */
export interface RecoveryContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: KeyValueStore;
  /** When a turn ends: a client is not told of a room before its session is written with it. */
  readonly outbox: Pick<Outbox, 'atEnd'>;
  /** Told when a session could not be written. */
  onLogError(error: unknown, namespace: string): void;
}

class KeptSession extends DeadlineEntry {
  readonly pid: string;
  readonly id: SocketId;
  /** The newest event when the session began: where it continues if it never saw an offset. */
  readonly startedAfter: Offset;
  readonly foreign: Offset | undefined;
  live: RecoverableMember | undefined;
  rooms: ReadonlySet<Room> = new Set();
  data: unknown = undefined;
  present: readonly PresentAs[] | undefined = undefined;
  endedAt: Offset | undefined = undefined;
  /** What was written of it, so that the same is not written again. */
  written = '';

  constructor(pid: string, live: RecoverableMember, startedAfter: Offset, foreign: Offset | undefined) {
    super();
    this.pid = pid;
    this.id = live.id;
    this.startedAfter = startedAfter;
    this.foreign = foreign;
    this.live = live;
  }
}

/**
 * The sessions of one namespace. A session is entered when it connects, not when it is lost; where the store outlives the process it is
 * written then, and again when its rooms or its data have changed. Guarantees: a recovered session goes on behind the newest event that
 * its client has; when the log no longer reaches back far enough nothing is recovered and the client is told.
 */
export class Recovery {
  readonly settings: RecoverySettings;
  readonly #name: string;
  readonly #log: NamespaceLog;
  readonly #context: RecoveryContext;
  readonly #sessions = new Map<string, KeptSession>();
  readonly #expiry: Deadlines<KeptSession>;
  readonly #changed = new Set<KeptSession>();
  // Those whose newest the store did not take, so that what stands there is older, and when they are tried again.
  readonly #refused = new Set<KeptSession>();
  #retriesAt = 0;
  /** Names this process to the others. */
  readonly #owner: string;
  /** Sessions that another process has to let go of. */
  #taken: string[] = [];
  #isScheduled = false;
  #renewal: Timer | undefined = undefined;

  constructor(name: string, log: NamespaceLog, context: RecoveryContext, settings: RecoverySettings) {
    this.#name = name;
    this.#log = log;
    this.#context = context;
    this.settings = settings;
    this.#owner = context.store.isDurable ? context.random.id() : '';
    this.#expiry = new Deadlines(context.clock, settings.maxDisconnectionDuration, (session) =>
      this.#sessions.delete(session.pid),
    );
  }

  /** Sessions that are alive or kept here. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Begins a session, or goes on with one: it can be recovered from now on, and whoever had it lets go of it. Gives the secret by which
   * the client will ask for it. A client that begins anew may name an offset all the same: it keeps the one that it had.
   */
  begin(member: RecoverableMember, state: RecoveredState | undefined = undefined, named: unknown = undefined): string {
    const pid = state?.pid ?? this.#context.random.id();
    const known = this.#sessions.get(pid);
    if (known) this.#drop(known);
    // The server may not know yet that the former connection is dead.
    known?.live?.supersede();
    if (state?.isElsewhere) this.#taken.push(pid);
    const foreign = state ? state.foreign : this.#foreign(named);
    const session = new KeptSession(pid, member, state?.after ?? this.#log.offset, foreign);
    this.#sessions.set(pid, session);
    this.#change(session);
    this.#scheduleRenewal();
    return pid;
  }

  /** The rooms or the data of a living session may have changed. */
  touch(pid: string): void {
    const session = this.#sessions.get(pid);
    if (session) this.#change(session);
  }

  /** The connection of a session is gone and may come back. */
  keep(pid: string, rooms: ReadonlySet<Room>, data: unknown, present?: readonly PresentAs[]): void {
    // Another process may have taken it.
    if (this.#context.store.isDurable) void this.#log.refresh();
    const session = this.#sessions.get(pid);
    if (!session) return;
    Object.assign(session, { live: undefined, rooms, data, present, endedAt: this.#log.offset, written: '' });
    this.#write(session);
    this.#expiry.add(session);
    const oldest = this.#expiry.count > this.settings.keptSessionsMax ? this.#expiry.first : undefined;
    if (oldest) this.forget(oldest.pid);
  }

  /** The session ended for good. */
  forget(pid: string): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    this.#drop(session);
    if (this.#context.store.isDurable)
      request(
        () => this.#context.store.delete(this.#keyOf(pid)),
        (error) => this.#fail(error),
      );
  }

  /** The process ends: living sessions are written as they are, and nothing waits any more. */
  close(): void {
    if (this.#context.store.isDurable) for (const session of this.#sessions.values()) this.#write(session);
    for (const session of this.#sessions.values()) this.#expiry.remove(session);
    this.#sessions.clear();
    this.#changed.clear();
    this.#refused.clear();
    if (this.#renewal !== undefined) this.#context.clock.clearTimeout(this.#renewal);
    this.#renewal = undefined;
  }

  /** Looks for the session `pid`, to go on behind `offset`; `undefined` when it is not known. It stays as it is until `begin`. */
  restore(pid: unknown, offset: unknown): MaybePromise<Restored | undefined> {
    if (typeof pid !== 'string' || pid === '' || pid.length > PID_MAX) return undefined;
    const seen = decodeOffset(offset);
    if (offset !== undefined && seen === undefined) return undefined;
    const find = () => chain(this.#find(pid), (known) => known && this.#decide(pid, known, seen));
    return request<Restored | undefined>(
      () => chain(this.#log.refresh(), find),
      (error) => this.#fail(error),
    );
  }

  /** Whether the log still has everything behind an offset. */
  reaches(after: Offset): MaybePromise<boolean> {
    return chain(this.#log.read(after, 0), ({ hasGap }) => !hasGap);
  }

  #fail(error: unknown): undefined {
    this.#context.onLogError(error, this.#name);
  }

  #find(pid: string): MaybePromise<WrittenSession | undefined> {
    const session = this.#sessions.get(pid);
    const { store } = this.#context;
    if (session?.live) return writtenOf(session, this.#owner);
    if (!store.isDurable) return session && writtenOf(session, undefined);
    // Another process may have had it since it was here.
    return chain(store.get(this.#keyOf(pid)), (text) => {
      const stored = text === undefined ? undefined : decodeSession(text);
      const isOlder = session && this.#refused.has(session) && (stored?.owner ?? this.#owner) === this.#owner;
      return stored && !isOlder ? stored : session && writtenOf(session, undefined);
    });
  }

  /** An offset that this log has not given out yet: if the client names it again, it has had no event since. */
  #foreign(named: unknown): Offset | undefined {
    const seen = decodeOffset(named);
    const offset = seen === undefined ? undefined : encodeOffset(seen);
    return offset !== undefined && offset > this.#log.offset ? offset : undefined;
  }

  #decide(pid: string, known: WrittenSession, seen: number | undefined): MaybePromise<Restored | undefined> {
    const { id, startedAfter, rooms, data, present, owner, endedAt = this.#log.offset } = known;
    const offset = seen === undefined ? startedAfter : encodeOffset(seen);
    const isForeign = offset === known.foreign;
    const isBeyond = offset > endedAt || offset > this.#log.offset;
    return chain(!isBeyond && (!isForeign || this.#log.knows(offset)), (isOurs): MaybePromise<Restored> => {
      // It may have had what this log does not have, or has under other offsets: one that was put back from a copy, say.
      if (isOurs === isForeign) return { gap: { after: isForeign ? startedAfter : offset, before: undefined } };
      // A client that was not recovered once may still name an offset of the session before, in this log or in another.
      const after = isForeign || offset < startedAfter ? startedAfter : offset;
      return chain(this.#log.readShared(after, 1), ({ records, hasGap }): Restored => {
        if (hasGap) return { gap: { after, before: records[0]?.offset } };
        const isElsewhere = owner !== undefined && owner !== this.#owner;
        const foreign = isForeign ? offset : undefined;
        return { state: { id, pid, rooms: new Set(rooms), data, present, after, isElsewhere, foreign } };
      });
    });
  }

  /** Another process says that it has taken sessions. */
  onTold([name, owner, ...pids]: readonly unknown[]): void {
    if (name !== TAKEN || owner === this.#owner) return;
    for (const pid of pids) {
      const session = this.#sessions.get(String(pid));
      if (!session) continue;
      this.#drop(session);
      session.live?.supersede();
    }
  }

  #drop(session: KeptSession): void {
    this.#expiry.remove(session);
    this.#sessions.delete(session.pid);
    this.#changed.delete(session);
    this.#refused.delete(session);
  }

  /** What lives is written again now and then, so that it does not expire in the store meanwhile. */
  #scheduleRenewal(): void {
    if (this.#renewal !== undefined || !this.#context.store.isDurable) return;
    const { maxDisconnectionDuration } = this.settings;
    this.#renewal = this.#context.clock.setTimeout(
      (recovery: Recovery) => recovery.#renew(),
      maxDisconnectionDuration,
      this,
    );
  }

  #renew(): void {
    this.#renewal = undefined;
    for (const session of this.#sessions.values()) {
      if (!session.live) continue;
      session.written = '';
      this.#change(session);
    }
    if (this.#sessions.size > 0) this.#scheduleRenewal();
  }

  #change(session: KeptSession): void {
    if (!this.#context.store.isDurable) return;
    this.#changed.add(session);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#context.outbox.atEnd(() => this.#writeChanged());
  }

  #writeChanged(): void {
    this.#isScheduled = false;
    this.writeSessions();
    const taken = this.#taken;
    this.#taken = [];
    if (taken.length > 0) this.#log.tell([[TAKEN, this.#owner, ...taken]]);
  }

  /**
   * Writes the sessions that have changed. The log calls it before it appends: a client that finds in the log that it has entered a room
   * has to be in that room, even if this process dies in between.
   */
  writeSessions(): void {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    const now = this.#context.clock.now();
    if (this.#refused.size > 0 && now >= this.#retriesAt) {
      for (const session of this.#refused) {
        if (this.#sessions.get(session.pid) === session) changed.add(session);
        else this.#refused.delete(session);
      }
      this.#retriesAt = now + RETRY_MS;
    }
    for (const session of changed) this.#write(session);
  }

  #write(session: KeptSession): void {
    if (!this.#context.store.isDurable || this.#sessions.get(session.pid) !== session) return;
    const text = this.#encode(session);
    if (text === undefined || text === session.written) return;
    session.written = text;
    this.#refused.delete(session);
    request(
      () => this.#context.store.set(this.#keyOf(session.pid), text, this.#expiryMs(session.live !== undefined)),
      (error) => {
        this.#fail(error);
        if (session.written !== text || this.#sessions.get(session.pid) !== session) return;
        // It is tried again before events are appended: a client must not go on with rooms that it had before.
        session.written = '';
        this.#refused.add(session);
      },
    );
  }

  #encode(session: KeptSession): string | undefined {
    try {
      return encodeSession(writtenOf(session, session.live && this.#owner), (error) => this.#fail(error));
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** A living session outlasts two renewals; one that is kept, what was promised. */
  #expiryMs(isLive: boolean): number {
    const { maxDisconnectionDuration } = this.settings;
    return isLive ? 3 * maxDisconnectionDuration : maxDisconnectionDuration;
  }

  #keyOf(pid: string): string {
    return `session ${this.#name} ${pid}`;
  }
}

/** A session as it is written; `owner` is the process that has it while it lives. */
function writtenOf(session: KeptSession, owner: string | undefined): WrittenSession {
  const { id, startedAfter, live, present, foreign, endedAt } = session;
  const { rooms, data } = live ?? session;
  return { id, startedAfter, rooms: [...rooms], data, present, owner, foreign, endedAt };
}

/** What a process says that goes on with a session which another one may still have. */
const TAKEN = 'taken';
const PID_MAX = 200;
/** Milliseconds between two tries of what the store does not take: many sessions are not to be tried with every event. */
const RETRY_MS = 1_000;
