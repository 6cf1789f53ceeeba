/** Writes sessions into the store, from which other processes read them. */
import type { NamespaceStore, Swapped } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/id.js';
import { type Answer, carryOut, pending, type Steps, waitFor } from '../../base/steps/answer.js';
import type { Decider } from '../log/log-home.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { SocketId } from '../target.js';
import type { KeptSession } from './kept-session.js';
import { decodeSession, encodeSession, type WrittenSession, withRoomsAt } from './written-session.js';

/** The parts of recovery that its texts use. */
export interface SessionTextsContext {
  /** The name of the namespace. */
  readonly name: string;
  readonly log: Pick<NamespaceLog, 'home' | 'beginning' | 'offset'>;
  readonly store: NamespaceStore;
  readonly clock: Clock;
  /** The name by which other processes know this one. */
  readonly owner: string;
  /** Milliseconds for which a session is kept after its connection is gone. */
  readonly keptMs: number;
  /** Called when another process has a session. */
  onLost(session: KeptSession): void;
  /** Called when the store has the text of a session. */
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

  /** The authority that decides which process has a session. */
  readonly decider: Decider;
  /** Whether the texts outlive this process. */
  readonly isDurable: boolean;

  constructor(context: SessionTextsContext) {
    this.#context = context;
    this.decider = context.log.home.decider;
    this.isDurable = context.store.isDurable;
  }

  /** Writes a new session before it begins. Returns `undefined` where the answer of the store is not worth a wait. */
  announce(random: Random, id: SocketId): Promise<void> | undefined {
    const { log, store, owner } = this.#context;
    if (!this.isDurable || this.decider === 'log' || log.beginning) return undefined;
    const pid = random.id();
    const text = this.#encode({ id, startedAfter: log.offset, rooms: [id], data: undefined, owner, isAnnounced: true });
    if (text === undefined) return undefined;
    this.#announced.set(id, { pid, text });
    const written = carryOut(this.#carefully(() => store.set(this.#keyOf(pid), text, this.#expiryMs(true))));
    return pending(written, () => undefined);
  }

  /** Makes a request, and reports its error. */
  *#carefully(make: () => Answer<unknown>): Steps<void> {
    try {
      yield* waitFor(make());
    } catch (error) {
      this.#context.onError(error);
    }
  }

  /** Returns the announced session of a socket, once. */
  takeAnnounced(id: SocketId): Announced | undefined {
    const announced = this.#announced.get(id);
    this.#announced.delete(id);
    return announced;
  }

  /** Returns the text that the store has. */
  *get(pid: string): Steps<string | undefined> {
    const { store } = this.#context;
    return this.isDurable ? yield* waitFor(store.get(this.#keyOf(pid))) : undefined;
  }

  /** Returns whether another process has taken a session since this one did, or at the same moment. */
  *isTaken(pid: string, takes: number): Steps<boolean> {
    const text = yield* this.get(pid);
    return text !== undefined && this.#isOthers({ takes }, text);
  }

  /**
   * Takes a session that another process has, if the store still has the text `stored`. Returns the new text, or `undefined` if somebody else was
   * faster. Nothing may be done with the session before that.
   */
  *claim(pid: string, stored: string, session: WrittenSession): Steps<string | undefined> {
    const { store, owner } = this.#context;
    const text = this.#encode({ ...session, owner });
    if (text === undefined) return stored;
    const { swapped } = yield* waitFor(store.swap(this.#keyOf(pid), stored, text, this.#expiryMs(true)));
    return swapped ? text : undefined;
  }

  /** Returns the sessions whose refused versions are to be written again now. */
  takeRefused(): readonly KeptSession[] {
    const now = this.#context.clock.now();
    if (this.#refused.size === 0 || now < this.#retriesAt) return [];
    this.#retriesAt = now + RETRY_MS;
    return [...this.#refused];
  }

  /** Writes a session if its text has changed. */
  write(session: KeptSession): void {
    const { log, owner } = this.#context;
    // While the place of a session in the log is unknown, it is not written. It changes again when the place is known.
    if (!this.isDurable || session.isOver || log.beginning) return;
    const encoded = this.#encode(session.toWritten(owner));
    if (encoded === undefined) return;
    // The same session at a later place is not written again.
    if (withRoomsAt(encoded, session.roomsAt) === session.written) {
      if (session.state === 'dirty') session.become('same');
      return;
    }
    session.roomsAt = log.offset;
    const text = withRoomsAt(encoded, session.roomsAt);
    session.written = text;
    session.become('write');
    this.#refused.delete(session);
    const writing = pending(carryOut(this.#store(session, text)), (own) => {
      if (session.writing === own) session.writing = undefined;
    });
    if (writing) session.writing = writing;
  }

  /** Resolves with whether a session is still this process's when the store has answered. Returns `undefined` if nothing is on its way. */
  whenWritten(session: KeptSession): Promise<boolean> | undefined {
    return session.writing && pending(carryOut(this.#settle(session)), () => undefined);
  }

  *#settle(session: KeptSession): Steps<boolean> {
    // A write may lead to another one.
    while (session.writing) yield* waitFor(session.writing);
    return session.state !== 'taken';
  }

  /** Stores a text. It may turn out that another process has taken the session. */
  *#store(session: KeptSession, text: string): Steps<void> {
    const { onStored, onLost, onError } = this.#context;
    const { stored } = session;
    session.stored = text;
    try {
      const { swapped, value } = yield* this.#put(session, stored, text);
      if (session.isOver) return;
      if (swapped) {
        if (session.written === text && session.state === 'writing') session.become('keep');
        onStored(session);
      } else if (value !== undefined && this.#isOthers(session, value)) {
        onLost(session);
      } else {
        // An earlier write was refused, or the session has expired there.
        session.stored = value;
        if (session.written === text) this.#writeAgain(session, 'differ');
      }
    } catch (error) {
      onError(error);
      if (session.written !== text || session.isOver) return;
      // The write is tried again before events are appended, so that the client is not recovered with outdated rooms.
      this.#refused.add(session);
      this.#writeAgain(session, 'refuse');
    }
  }

  /**
   * If texts decide, a text replaces only the one that this process knows, because another one may have taken the session. So the first of the
   * processes that take a session at the same moment keeps it.
   */
  *#put(session: KeptSession, stored: string | undefined, text: string): Steps<Swapped> {
    const { store } = this.#context;
    const key = this.#keyOf(session.pid);
    const expiresInMs = this.#expiryMs(session.live !== undefined);
    if (this.decider === 'text' && stored !== undefined)
      return yield* waitFor(store.swap(key, stored, text, expiresInMs));
    yield* waitFor(store.set(key, text, expiresInMs));
    return { swapped: true, value: text };
  }

  #writeAgain(session: KeptSession, why: 'differ' | 'refuse'): void {
    session.written = '';
    // A session that has changed meanwhile is about to be written.
    if (session.state !== 'dirty') session.become(why);
    if (why === 'differ') this.write(session);
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
    const { store } = this.#context;
    if (!this.isDurable) return;
    const key = this.#keyOf(pid);
    if (this.decider === 'text' && stored !== undefined)
      carryOut(this.#carefully(() => store.swap(key, stored, undefined)));
    else carryOut(this.#carefully(() => carryOut(this.#eraseOwn(key))));
  }

  *#eraseOwn(key: string): Steps<void> {
    const { store, owner } = this.#context;
    const text = yield* waitFor(store.get(key));
    const session = text === undefined ? undefined : decodeSession(text);
    // A text that cannot be read is of a later version.
    if (session && (session.owner ?? owner) === owner) yield* waitFor(store.delete(key));
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
