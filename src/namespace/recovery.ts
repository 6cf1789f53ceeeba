/** Sessions that may come back: what they were, and where in the log of their namespace they go on. */
import {
  decodeOffset,
  encodeOffset,
  type KeyValueStore,
  type MaybePromise,
  type Offset,
} from '../backplane/backplane.js';
import type { Clock, Timer } from '../base/clock.js';
import { type DeadlineEntry, Deadlines } from '../base/deadlines.js';
import type { Random } from '../base/id.js';
import type { NamespaceLog } from './namespace-log.js';
import type { Room, SocketId } from './target.js';

/** Bounds of recovery. */
export interface RecoverySettings {
  /** Milliseconds for which events and sessions are kept. */
  readonly maxDisconnectionDuration: number;
  /** Whether middleware is skipped for a session that was recovered. */
  readonly skipMiddlewares: boolean;
  /** Sessions that are kept after their connection went; beyond it those that went first are let go. */
  readonly keptSessionsMax: number;
}

/** A socket as recovery sees it while it lives. */
export interface RecoverableSocket {
  readonly id: SocketId;
  readonly rooms: Set<Room>;
  data: unknown;
  /** Another connection took the session over. */
  supersede(): void;
}

/** What a session gets back. */
export interface RecoveredState {
  readonly id: SocketId;
  readonly pid: string;
  readonly rooms: ReadonlySet<Room>;
  readonly data: unknown;
  /** The newest event that the client has. */
  readonly after: Offset;
}

/** What recovery needs besides the log. */
export interface RecoveryContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: KeyValueStore;
  /** Told when a session could not be written. */
  onLogError(error: unknown, namespace: string): void;
}

interface KeptSession extends DeadlineEntry {
  readonly pid: string;
  readonly id: SocketId;
  /** The newest event when the session began: where it continues if it never saw an offset. */
  readonly startedAfter: Offset;
  live: RecoverableSocket | undefined;
  rooms: ReadonlySet<Room>;
  data: unknown;
  /** What was written of it, so that the same is not written again. */
  written: string;
}

/** A session as it is written. */
interface WrittenSession {
  readonly id: SocketId;
  readonly startedAfter: Offset;
  readonly rooms: readonly Room[];
  readonly data: unknown;
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
  #isScheduled = false;
  #renewal: Timer | undefined = undefined;

  constructor(name: string, log: NamespaceLog, context: RecoveryContext, settings: RecoverySettings) {
    this.#name = name;
    this.#log = log;
    this.#context = context;
    this.settings = settings;
    this.#expiry = new Deadlines(context.clock, settings.maxDisconnectionDuration, (session) =>
      this.#sessions.delete(session.pid),
    );
  }

  /** Sessions that are alive or kept here. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Begins a session, or goes on with one: it can be recovered from now on. Gives the secret by which the client will ask for it. */
  begin(socket: RecoverableSocket, { pid, after }: { pid: string; after: Offset } = this.#newSession()): string {
    const session: KeptSession = {
      pid,
      id: socket.id,
      startedAfter: after,
      live: socket,
      rooms: new Set(),
      data: undefined,
      written: '',
      deadlineAt: 0,
      deadlinePrevious: undefined,
      deadlineNext: undefined,
      deadlineQueue: undefined,
    };
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
  keep(pid: string, rooms: ReadonlySet<Room>, data: unknown): void {
    const session = this.#sessions.get(pid);
    if (!session) return;
    session.live = undefined;
    session.rooms = rooms;
    session.data = data;
    session.written = '';
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
    if (this.#context.store.isDurable) this.#attempt(() => this.#context.store.delete(this.#keyOf(pid)));
  }

  /** The process ends: living sessions are written as they are, and nothing waits any more. */
  close(): void {
    if (this.#context.store.isDurable) for (const session of this.#sessions.values()) this.#write(session);
    for (const session of this.#sessions.values()) this.#expiry.remove(session);
    this.#sessions.clear();
    this.#changed.clear();
    if (this.#renewal !== undefined) this.#context.clock.clearTimeout(this.#renewal);
    this.#renewal = undefined;
  }

  /** Recovers the session `pid` from behind `offset`; `undefined` when it is not known or the log does not reach that far back. */
  restore(pid: unknown, offset: unknown): MaybePromise<RecoveredState | undefined> {
    if (typeof pid !== 'string' || pid === '' || pid.length > PID_MAX) return undefined;
    const session = this.#sessions.get(pid);
    if (session) return this.#takeOver(session, offset);
    const { store } = this.#context;
    if (!store.isDurable) return undefined;
    try {
      const text = store.get(this.#keyOf(pid));
      return text instanceof Promise
        ? text.then((value) => this.#revive(pid, value, offset))
        : this.#revive(pid, text, offset);
    } catch (error) {
      this.#context.onLogError(error, this.#name);
      return undefined;
    }
  }

  /** Whether the log still has everything behind an offset. */
  reaches(after: Offset): MaybePromise<boolean> {
    const page = this.#log.read(after, 0);
    return page instanceof Promise ? page.then(({ hasGap }) => !hasGap) : !page.hasGap;
  }

  #takeOver(session: KeptSession, offset: unknown): MaybePromise<RecoveredState | undefined> {
    // The server may not know yet that the former connection is dead.
    const { live } = session;
    const rooms = new Set(live ? live.rooms : session.rooms);
    const data = live ? live.data : session.data;
    return this.#stateOf(
      session.pid,
      { id: session.id, startedAfter: session.startedAfter, rooms: [...rooms], data },
      offset,
      () => {
        live?.supersede();
        this.#drop(session);
      },
    );
  }

  #revive(pid: string, text: string | undefined, offset: unknown): MaybePromise<RecoveredState | undefined> {
    if (text === undefined) return undefined;
    return this.#stateOf(pid, JSON.parse(text) as WrittenSession, offset, () => undefined);
  }

  #stateOf(
    pid: string,
    { id, startedAfter, rooms, data }: WrittenSession,
    offset: unknown,
    onRecovered: () => void,
  ): MaybePromise<RecoveredState | undefined> {
    const sequence = offset === undefined ? decodeOffset(startedAfter) : decodeOffset(offset);
    if (sequence === undefined) return undefined;
    const after = encodeOffset(sequence);
    if (after > this.#log.offset) return undefined;
    const decide = (isThere: boolean): RecoveredState | undefined => {
      if (!isThere) return undefined;
      onRecovered();
      return { id, pid, rooms: new Set(rooms), data, after };
    };
    const isThere = this.reaches(after);
    return isThere instanceof Promise ? isThere.then(decide) : decide(isThere);
  }

  #newSession(): { pid: string; after: Offset } {
    return { pid: this.#context.random.id(), after: this.#log.offset };
  }

  #drop(session: KeptSession): void {
    this.#expiry.remove(session);
    this.#sessions.delete(session.pid);
    this.#changed.delete(session);
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
    this.#context.clock.defer((recovery: Recovery) => recovery.#writeChanged(), this);
  }

  #writeChanged(): void {
    this.#isScheduled = false;
    for (const session of this.#changed) this.#write(session);
    this.#changed.clear();
  }

  #write(session: KeptSession): void {
    if (!this.#context.store.isDurable || this.#sessions.get(session.pid) !== session) return;
    const { id, startedAfter, live } = session;
    const rooms = [...(live ? live.rooms : session.rooms)];
    this.#attempt(() => {
      const text = JSON.stringify({
        id,
        startedAfter,
        rooms,
        data: live ? live.data : session.data,
      } satisfies WrittenSession);
      if (text === session.written) return;
      session.written = text;
      return this.#context.store.set(this.#keyOf(session.pid), text, this.#expiryMs(live !== undefined));
    });
  }

  /** A living session outlasts two renewals; one that is kept, what was promised. */
  #expiryMs(isLive: boolean): number {
    const { maxDisconnectionDuration } = this.settings;
    return isLive ? 3 * maxDisconnectionDuration : maxDisconnectionDuration;
  }

  #attempt(write: () => MaybePromise<void> | undefined): void {
    const failed = (error: unknown): void => this.#context.onLogError(error, this.#name);
    try {
      const written = write();
      if (written instanceof Promise) written.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #keyOf(pid: string): string {
    return `session ${this.#name} ${pid}`;
  }
}

const PID_MAX = 200;
