/** Writes sessions into the store, from which other processes read them. */
import { chain, type MaybePromise, type NamespaceStore, request } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/id.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { SocketId } from '../target.js';
import type { KeptSession } from './kept-session.js';
import { decodeSession, encodeSession, type WrittenSession, withRoomsAt } from './written-session.js';

/** The parts of recovery that its texts use. */
export interface SessionTextsContext {
  /** The name of the namespace. */
  readonly name: string;
  readonly log: Pick<NamespaceLog, 'isRemote' | 'beginning' | 'offset'>;
  readonly store: NamespaceStore;
  readonly clock: Clock;
  /** The name by which other processes know this one. */
  readonly owner: string;
  /** Milliseconds for which a session is kept after its connection is gone. */
  readonly keptMs: number;
  /** Whether this process still has a session. */
  isHere(session: KeptSession): boolean;
  /** Called when another process has a session. */
  onLost(session: KeptSession): void;
  /** Called when a remote home has the text of a session. */
  onStored(session: KeptSession): void;
  onError(error: unknown): void;
}

/** A session that was written before it began. */
export interface Announced {
  readonly pid: string;
  readonly text: string;
}

/** Milliseconds between two tries to write refused sessions, so that many of them are not tried with every event. */
const RETRY_MS = 1_000;

/** The texts of the sessions of one namespace. If the store is not durable, nothing is written. */
export class SessionTexts {
  readonly #context: SessionTextsContext;
  /** The sessions that were announced and have not begun. */
  readonly #announced = new Map<SocketId, Announced>();
  // Sessions whose newest version the store refused, so that it still has an older one. `#retriesAt` is the time of the next try.
  readonly #refused = new Set<KeptSession>();
  #retriesAt = 0;

  constructor(context: SessionTextsContext) {
    this.#context = context;
  }

  /** Writes a new session before it begins. Returns `undefined` where the answer of the store is not worth a wait. */
  announce(random: Random, id: SocketId): Promise<void> | undefined {
    const { log, store, owner, onError } = this.#context;
    if (!store.isDurable || !log.isRemote || log.beginning) return undefined;
    const pid = random.id();
    const text = this.#encode({ id, startedAfter: log.offset, rooms: [id], data: undefined, owner, isAnnounced: true });
    if (text === undefined) return undefined;
    this.#announced.set(id, { pid, text });
    const write = async (): Promise<void> => store.set(this.#keyOf(pid), text, this.#expiryMs(true));
    return write().catch(onError);
  }

  /** Returns the announced session of a socket, once. */
  takeAnnounced(id: SocketId): Announced | undefined {
    const announced = this.#announced.get(id);
    this.#announced.delete(id);
    return announced;
  }

  /** Returns the text that the store has. */
  get(pid: string): MaybePromise<string | undefined> {
    return this.#context.store.get(this.#keyOf(pid));
  }

  /** Returns whether another process has taken a session since this one did, or at the same moment. */
  isTaken(pid: string, takes: number): MaybePromise<boolean> {
    if (!this.#context.store.isDurable) return false;
    return chain(this.get(pid), (text) => text !== undefined && this.#isOthers({ takes }, text));
  }

  /**
   * Takes a session that another process has, if the store of a remote home still has the text `stored`. Returns the new text, or `undefined` if
   * somebody else was faster. Nothing may be done with the session before that.
   */
  claim(pid: string, stored: string, session: WrittenSession): MaybePromise<string | undefined> {
    const { store, owner } = this.#context;
    const text = this.#encode({ ...session, owner });
    if (text === undefined) return stored;
    return chain(store.swap(this.#keyOf(pid), stored, text, this.#expiryMs(true)), ({ swapped }) =>
      swapped ? text : undefined,
    );
  }

  /** Whether the store has refused the newest version of a session. */
  isRefused(session: KeptSession): boolean {
    return this.#refused.has(session);
  }

  /** Returns the sessions whose refused versions are to be written again now. */
  takeRefused(): readonly KeptSession[] {
    const { clock, isHere } = this.#context;
    const now = clock.now();
    if (this.#refused.size === 0 || now < this.#retriesAt) return [];
    this.#retriesAt = now + RETRY_MS;
    for (const session of this.#refused) if (!isHere(session)) this.#refused.delete(session);
    return [...this.#refused];
  }

  /** Writes a session if its text has changed. */
  write(session: KeptSession): void {
    const { store, log, owner, isHere, onError } = this.#context;
    // While the place of a session in the log is unknown, it is not written. It changes again when the place is known.
    if (!store.isDurable || !isHere(session) || log.beginning) return;
    const encoded = this.#encode(session.toWritten(owner));
    // The same session at a later place is not written again.
    if (encoded === undefined || withRoomsAt(encoded, session.roomsAt) === session.written) return;
    session.roomsAt = log.offset;
    const text = withRoomsAt(encoded, session.roomsAt);
    session.written = text;
    this.#refused.delete(session);
    request(
      () => this.#noted(session, this.#store(session, text)),
      (error) => {
        onError(error);
        if (session.written !== text || !isHere(session)) return;
        // The write is tried again before events are appended, so that the client is not recovered with outdated rooms.
        session.written = '';
        this.#refused.add(session);
      },
    );
  }

  /** Notes a write that is under way. It may lead to another one. */
  #noted(session: KeptSession, stored: MaybePromise<void>): MaybePromise<void> {
    if (!(stored instanceof Promise)) return stored;
    const settle = (): boolean | Promise<boolean> => {
      if (session.writing === writing) session.writing = undefined;
      return session.writing ?? !session.isTaken;
    };
    const writing: Promise<boolean> = stored.then(settle, settle);
    session.writing = writing;
    return stored;
  }

  /**
   * Stores a text. On a remote home it replaces only the text that this process knows, because another one may have taken the session. So
   * the first of the processes that take a session at the same moment keeps it.
   */
  #store(session: KeptSession, text: string): MaybePromise<void> {
    const { store, log, onStored } = this.#context;
    const key = this.#keyOf(session.pid);
    const expiresInMs = this.#expiryMs(session.live !== undefined);
    const { stored } = session;
    session.stored = text;
    if (!log.isRemote) return store.set(key, text, expiresInMs);
    if (stored === undefined) return chain(store.set(key, text, expiresInMs), () => onStored(session));
    return chain(store.swap(key, stored, text, expiresInMs), ({ swapped, value }) =>
      swapped ? onStored(session) : this.#onOther(session, text, value),
    );
  }

  /** The store had another text: an earlier write was refused, the session has expired there, or another process has taken it. */
  #onOther(session: KeptSession, text: string, value: string | undefined): void {
    const { isHere, onLost } = this.#context;
    if (!isHere(session)) return;
    if (value !== undefined && this.#isOthers(session, value)) {
      onLost(session);
      return;
    }
    session.stored = value;
    if (session.written !== text) return;
    session.written = '';
    this.write(session);
  }

  /** Whether another process wrote a text after this one had taken the session, or at the same moment. A text that cannot be read is of a later version. */
  #isOthers({ takes }: Pick<KeptSession, 'takes'>, text: string): boolean {
    const other = decodeSession(text);
    return !other || (other.owner !== this.#context.owner && (other.takes ?? 0) >= takes);
  }

  /**
   * Deletes a session that has ended for good. Another process may have taken it, and this one has not heard of that yet. Then it stays.
   * `stored` is the text that the store has, if that is known.
   */
  forget(pid: string, stored: string | undefined): void {
    const { store, log, onError } = this.#context;
    if (!store.isDurable) return;
    const key = this.#keyOf(pid);
    const erase = (): MaybePromise<unknown> =>
      log.isRemote && stored !== undefined ? store.swap(key, stored, undefined) : this.#eraseOwn(key);
    request<unknown>(erase, onError);
  }

  #eraseOwn(key: string): MaybePromise<void> {
    const { store, owner } = this.#context;
    return chain(store.get(key), (text) => {
      const session = text === undefined ? undefined : decodeSession(text);
      // A text that cannot be read is of a later version.
      if (session && (session.owner ?? owner) === owner) return store.delete(key);
    });
  }

  /** Forgets a session here. The store keeps it. */
  drop(session: KeptSession): void {
    this.#refused.delete(session);
  }

  clear(): void {
    this.#refused.clear();
    this.#announced.clear();
  }

  #encode(session: WrittenSession): string | undefined {
    const { onError } = this.#context;
    try {
      return encodeSession(session, onError);
    } catch (error) {
      onError(error);
      return undefined;
    }
  }

  /** Returns the lifetime in the store. A connected session outlasts two renewals, and a lost one is kept as long as promised. */
  #expiryMs(isLive: boolean): number {
    const { keptMs } = this.#context;
    return isLive ? 3 * keptMs : keptMs;
  }

  #keyOf(pid: string): string {
    return `session ${this.#context.name} ${pid}`;
  }
}
