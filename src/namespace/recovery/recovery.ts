/** Keeps sessions that may come back: their state, and the place in the log where each continues. */
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
import type { RecoveredState, Restored } from './restored.js';
import { Takeovers } from './takeovers.js';
import { decodeSession, encodeSession, type WrittenSession } from './written-session.js';

/** Bounds of recovery. */
export interface RecoverySettings {
  /** Milliseconds for which events and sessions are kept. */
  readonly maxDisconnectionDuration: number;
  /** Whether middleware is skipped for a session that was recovered. */
  readonly skipMiddlewares: boolean;
  /** Sessions that are kept after their connection is gone. Above this, the sessions that were lost first are removed. */
  readonly keptSessionsMax: number;
}

/** The parts of a member that recovery uses while it lives. */
export type RecoverableMember = Pick<Member, 'id' | 'rooms' | 'leavingRooms' | 'data' | 'supersede'>;

/** The parts of the server that recovery uses, besides the log. */
export interface RecoveryContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: KeyValueStore;
  /** Calls back at the end of a turn. A session is written before its client is told of a room. */
  readonly outbox: Pick<Outbox, 'atEnd'>;
  /** Called when a session could not be written or read. */
  onLogError(error: unknown, namespace: string): void;
}

class KeptSession extends DeadlineEntry {
  readonly pid: string;
  readonly id: SocketId;
  /** The newest event when the session began. The session continues after it if the client has not seen any offset. */
  readonly startedAfter: Offset;
  readonly foreign: Offset | undefined;
  live: RecoverableMember | undefined;
  rooms: ReadonlySet<Room> = new Set();
  leavingRooms: readonly Room[] = [];
  data: unknown = undefined;
  present: readonly PresentAs[] | undefined = undefined;
  endedAt: Offset | undefined = undefined;
  /** The text that was last written, so that the same text is not written again. */
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
  readonly #changed = new Set<KeptSession>();
  // Sessions whose newest version the store refused, so that it still has an older one. `#retriesAt` is the time of the next try.
  readonly #refused = new Set<KeptSession>();
  #retriesAt = 0;
  /** The name by which other processes know this one. */
  readonly #owner: string;
  readonly #takeovers: Takeovers;
  #isScheduled = false;
  #renewal: Timer | undefined = undefined;

  constructor(name: string, log: NamespaceLog, context: RecoveryContext, settings: RecoverySettings) {
    this.#name = name;
    this.#log = log;
    this.#context = context;
    this.settings = settings;
    this.#owner = context.store.isDurable ? context.random.id() : '';
    this.#takeovers = new Takeovers(this.#owner, log, (pid) => this.#lose(pid));
    this.#expiry = new Deadlines(context.clock, settings.maxDisconnectionDuration, (session) =>
      this.#sessions.delete(session.pid),
    );
  }

  /** Number of sessions that are connected or kept here. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Begins a session or continues one, so that it can be recovered from now on. Its previous owner lets go of it. Returns the secret with
   * which the client can ask for it. `named` is the offset that the client of a new session sent. It is remembered if it belongs to another
   * log.
   */
  begin(member: RecoverableMember, state: RecoveredState | undefined = undefined, named: unknown = undefined): string {
    const pid = state?.pid ?? this.#context.random.id();
    const known = this.#sessions.get(pid);
    if (known) this.#drop(known);
    // The server may not know yet that the previous connection is dead.
    known?.live?.supersede();
    if (state?.isElsewhere) this.#takeovers.take(pid);
    const foreign = state ? state.foreign : this.#foreign(named);
    const session = new KeptSession(pid, member, state?.after ?? this.#log.offset, foreign);
    this.#sessions.set(pid, session);
    this.#change(session);
    this.#scheduleRenewal();
    return pid;
  }

  /** Notes that the rooms or the data of a connected session may have changed. */
  touch(pid: string): void {
    const session = this.#sessions.get(pid);
    if (session) this.#change(session);
  }

  /** Learns what other processes have done to sessions. Called before a session is kept: another process may have taken it. */
  catchUp(): void {
    if (this.#context.store.isDurable) void this.#log.refresh();
  }

  /** Keeps a session whose connection is gone, because the client may come back. */
  keep(
    pid: string,
    rooms: ReadonlySet<Room>,
    data: unknown,
    present?: readonly PresentAs[],
    leavingRooms: readonly Room[] = [],
  ): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    Object.assign(session, { live: undefined, rooms, leavingRooms, data, present });
    Object.assign(session, { endedAt: this.#log.offset, written: '' });
    this.#write(session);
    this.#expiry.add(session);
    const oldest = this.#expiry.count > this.settings.keptSessionsMax ? this.#expiry.first : undefined;
    if (oldest) this.forget(oldest.pid);
  }

  /** Removes a session that has ended for good. */
  forget(pid: string): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    this.#drop(session);
    if (this.#context.store.isDurable) this.#erase(this.#keyOf(pid));
  }

  /** Deletes a written session. Another process may have taken it, and this one has not heard of that yet. Then it stays. */
  #erase(key: string): void {
    const { store } = this.#context;
    const erase = (text: string | undefined): MaybePromise<void> => {
      const session = text === undefined ? undefined : decodeSession(text);
      // A text that cannot be read is of a later version.
      if (session && (session.owner ?? this.#owner) === this.#owner) return store.delete(key);
    };
    request(
      () => chain(store.get(key), erase),
      (error) => this.#fail(error),
    );
  }

  /** Ends this process: writes the connected sessions as they are, and stops all waiting. */
  close(): void {
    if (this.#context.store.isDurable) for (const session of this.#sessions.values()) this.#write(session);
    for (const session of this.#sessions.values()) this.#expiry.remove(session);
    this.#sessions.clear();
    this.#changed.clear();
    this.#refused.clear();
    if (this.#renewal !== undefined) this.#context.clock.clearTimeout(this.#renewal);
    this.#renewal = undefined;
  }

  /**
   * Looks up the session `pid`, to continue after `offset`. Returns a gap for an unknown session
   * with an offset, and `undefined` for one without. Nothing changes until `begin`.
   */
  restore(pid: unknown, offset: unknown): MaybePromise<Restored | undefined> {
    if (typeof pid !== 'string' || pid === '' || pid.length > PID_MAX) return undefined;
    const seen = decodeOffset(offset);
    if (offset !== undefined && seen === undefined) return undefined;
    // A client that names an offset had a session, and misses what was sent since.
    const unknown = seen === undefined ? undefined : { gap: { after: encodeOffset(seen), before: undefined } };
    const find = () => chain(this.#find(pid), (known) => (known ? this.#decide(pid, known, seen) : unknown));
    return request<Restored | undefined>(
      () => chain(this.#log.refresh(), find),
      (error) => this.#fail(error),
    );
  }

  /** Whether the log still has all records after an offset. */
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
    // Another process may have had the session since it was here.
    return chain(store.get(this.#keyOf(pid)), (text) => {
      const here = session && writtenOf(session, undefined);
      if (text === undefined) return here;
      // A later version may have continued the session, with a text that cannot be read here.
      const stored = decodeSession(text);
      const isOlder = session && this.#refused.has(session) && stored && (stored.owner ?? this.#owner) === this.#owner;
      return isOlder ? here : stored;
    });
  }

  /** Returns an offset that this log has not given out yet. A client that names it again has received no event since. */
  #foreign(named: unknown): Offset | undefined {
    const seen = decodeOffset(named);
    const offset = seen === undefined ? undefined : encodeOffset(seen);
    return offset !== undefined && offset > this.#log.offset ? offset : undefined;
  }

  #decide(pid: string, known: WrittenSession, seen: number | undefined): MaybePromise<Restored | undefined> {
    const { id, startedAfter, rooms, leaving, data, present, owner, endedAt = this.#log.offset } = known;
    const offset = seen === undefined ? startedAfter : encodeOffset(seen);
    const isForeign = offset === known.foreign;
    const isBeyond = offset > endedAt || offset > this.#log.offset;
    return chain(!isBeyond && (!isForeign || this.#log.knows(offset)), (isOurs): MaybePromise<Restored> => {
      // The client may have events that this log lacks or has under other offsets, for example after a backup was restored.
      if (isOurs === isForeign) return { gap: { after: isForeign ? startedAfter : offset, before: undefined } };
      // A client whose recovery failed may still name an offset of its previous session, in this log or another one.
      const after = isForeign || offset < startedAfter ? startedAfter : offset;
      return chain(this.#log.readShared(after, 1), ({ records, hasGap }): Restored => {
        if (hasGap) return { gap: { after, before: records[0]?.offset } };
        // A session of another process may come back to a third one at the same moment.
        const isElsewhere =
          this.#context.store.isDurable && (!this.#sessions.has(pid) || (owner ?? this.#owner) !== this.#owner);
        const foreign = isForeign ? offset : undefined;
        return { state: { id, pid, rooms: new Set(rooms), leaving, data, present, after, isElsewhere, foreign } };
      });
    });
  }

  /** Handles a message of another process, or of this one, at its place in the log. */
  onTold(message: readonly unknown[]): void {
    this.#takeovers.onTold(message);
  }

  /** Lets go of a session that another process has taken. */
  #lose(pid: string): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    this.#drop(session);
    session.live?.supersede();
  }

  #drop(session: KeptSession): void {
    this.#expiry.remove(session);
    this.#sessions.delete(session.pid);
    this.#changed.delete(session);
    this.#refused.delete(session);
  }

  /** Plans the next renewal. Connected sessions are written again at intervals, so that they do not expire in the store. */
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
    this.#takeovers.tell();
  }

  /**
   * Writes the sessions that have changed. The log calls this before it appends. A client that learns from the log that it has joined a
   * room must be in that room after a recovery, even if this process dies in between.
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
        // The write is tried again before events are appended, so that the client is not recovered with outdated rooms.
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

  /** Returns the lifetime in the store. A connected session outlasts two renewals, and a lost one is kept as long as promised. */
  #expiryMs(isLive: boolean): number {
    const { maxDisconnectionDuration } = this.settings;
    return isLive ? 3 * maxDisconnectionDuration : maxDisconnectionDuration;
  }

  #keyOf(pid: string): string {
    return `session ${this.#name} ${pid}`;
  }
}

/** Returns a session as it is written. `owner` is the process that has it while it is connected. */
function writtenOf(session: KeptSession, owner: string | undefined): WrittenSession {
  const { id, startedAfter, live, present, foreign, endedAt } = session;
  const { rooms, leavingRooms, data } = live ?? session;
  const leaving = leavingRooms.length > 0 ? leavingRooms : undefined;
  return { id, startedAfter, rooms: [...rooms], leaving, data, present, owner, foreign, endedAt };
}

const PID_MAX = 200;
/** Milliseconds between two tries to write refused sessions, so that many of them are not tried with every event. */
const RETRY_MS = 1_000;
