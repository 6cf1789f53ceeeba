/** Writes sessions into the store, from which other processes read them, and says when. */
import type { NamespaceStore, Swapped } from '../../backplane/backplane.js';
import type { Clock, Timer } from '../../base/clock.js';
import type { Random } from '../../base/id.js';
import { type Answer, ask, carryOut, type Steps, waitFor } from '../../base/steps/answer.js';
import type { Outbox } from '../../session/outbox.js';
import type { Decider } from '../log/log-home.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { SocketId } from '../target.js';
import type { KeptSession } from './kept-session.js';
import type { Takeovers, TakeoversContext } from './takeovers.js';
import { decodeSession, encodeSession, type WrittenSession, withRoomsAt } from './written-session.js';

/** The things that all parts of recovery use. */
export interface SessionsContext extends TakeoversContext {
  /** The name of the namespace. */
  readonly name: string;
  readonly log: NamespaceLog;
  readonly store: NamespaceStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly outbox: Pick<Outbox, 'atEnd'>;
  /** Milliseconds for which a session is kept after its connection is gone. */
  readonly keptMs: number;
  /** Called when another process has disconnected the client of a session while nobody had it. `stored` is the text in the store. */
  onPutOut(pid: string, stored: string | undefined): void;
  onError(error: unknown): undefined;
}

/** A session that was written before it began. */
export interface Announced {
  readonly pid: string;
  readonly text: string;
}

/** Milliseconds between two tries to write refused sessions, so that many of them are not tried with every event. */
const RETRY_MS = 1_000;
/**
 * Milliseconds for which the text of a recovered session may wait. The store has one that serves for the next recovery, too. After a restart,
 * many clients come back at once, and a transaction in each turn would cost an eighth of the CPU time.
 */
export const RECOVERED_WAIT_MS = 20;

/** The texts of the sessions of one namespace. If the store is not durable, nothing is written. */
export class SessionWriter {
  readonly #context: SessionsContext;
  readonly #takeovers: Takeovers;
  /** The sessions that were announced and have not begun. */
  readonly #announced = new Map<SocketId, Announced>();
  readonly #changed = new Set<KeptSession>();
  // The sessions in the state `refused`. `#retriesAt` is the time of the next try to write them.
  readonly #refused = new Set<KeptSession>();
  #retriesAt = 0;
  #isScheduled = false;
  #timer: Timer | undefined = undefined;

  /** The authority that decides which process has a session. */
  readonly decider: Decider;
  /** Whether the texts outlive this process. */
  readonly isDurable: boolean;

  constructor(context: SessionsContext, takeovers: Takeovers) {
    this.#context = context;
    this.#takeovers = takeovers;
    this.decider = context.log.home.decider;
    this.isDurable = context.store.isDurable;
  }

  /**
   * Writes a session before its client learns of it, so that the client is known wherever it comes back. Nothing is written if the answer of
   * the store is not worth a wait.
   */
  announce(id: SocketId): Answer<void> {
    const { log, store, owner, random, onError } = this.#context;
    if (!this.isDurable || this.decider === 'log' || log.beginning) return;
    const pid = random.id();
    const text = this.#encode({ id, startedAfter: log.offset, rooms: [id], data: undefined, owner, isAnnounced: true });
    if (text === undefined) return;
    this.#announced.set(id, { pid, text });
    return ask<void>(() => store.set(this.#keyOf(pid), text, this.#expiryMs(true)), onError);
  }

  /** Returns the announced session of a socket, once. */
  takeAnnounced(id: SocketId): Announced | undefined {
    const announced = this.#announced.get(id);
    this.#announced.delete(id);
    return announced;
  }

  /** A socket has left. Its session may have been announced, and then it is deleted if it has not begun. */
  withdraw(id: SocketId): void {
    const announced = this.takeAnnounced(id);
    if (announced) this.forget(announced.pid, announced.text);
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

  /**
   * Has a session written that may have changed: at the end of the turn, before its client is told of a room. `isKnown` says that the store has a
   * text of it that serves until later. A remote home decides by the text, so there it does not wait.
   */
  change(session: KeptSession, isKnown = false): void {
    if (!this.isDurable || session.isOver) return;
    this.#changed.add(session);
    this.#schedule(isKnown);
  }

  #schedule(mayWait: boolean): void {
    const { clock, outbox } = this.#context;
    if (mayWait && this.decider === 'log') {
      this.#timer ??= clock.setTimeout((writer: SessionWriter) => writer.#onTime(), RECOVERED_WAIT_MS, this);
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      outbox.atEnd(() => {
        this.#isScheduled = false;
        this.#writeAndTell();
      });
    }
  }

  #onTime(): void {
    this.#timer = undefined;
    this.#writeAndTell();
  }

  #writeAndTell(): void {
    this.writeChanged();
    this.#takeovers.tell();
  }

  /**
   * Writes the sessions that have changed. The log calls this before it appends. A client that learns from the log that it has joined a
   * room must be in that room after a recovery, even if this process dies in between.
   */
  writeChanged(): void {
    if (this.#changed.size === 0 && this.#refused.size === 0) return;
    const now = this.#context.clock.now();
    const changed = new Set(this.#changed);
    this.#changed.clear();
    if (now >= this.#retriesAt && this.#refused.size > 0) {
      this.#retriesAt = now + RETRY_MS;
      for (const session of this.#refused) changed.add(session);
    }
    for (const session of changed) this.write(session);
  }

  /** Answers with whether a session is still this process's when the store has its text. */
  whenWritten(session: KeptSession): Answer<boolean> {
    this.write(session);
    return carryOut(this.#settle(session));
  }

  *#settle(session: KeptSession): Steps<boolean> {
    // A write may lead to another one.
    while (session.writing) yield* waitFor(session.writing);
    return session.state !== 'taken';
  }

  /** Writes a session at once if its text has changed. */
  write(session: KeptSession): void {
    const { log, owner } = this.#context;
    // While the place of a session in the log is unknown, it is not written. It changes again when the place is known.
    if (!this.isDurable || session.isOver || log.beginning) return;
    const encoded = this.#encode(session.toWritten(owner));
    if (encoded === undefined) return;
    // The same session at a later place is not written again.
    if (session.state === 'sent' && withRoomsAt(encoded, session.roomsAt) === session.stored) return;
    // Later changes do not reach a session without a socket.
    session.roomsAt = session.endedAt ?? log.offset;
    session.on('send');
    this.#refused.delete(session);
    session.writing = carryOut(this.#store(session, withRoomsAt(encoded, session.roomsAt)));
  }

  /** Stores a text. It may turn out that another process has taken the session. */
  *#store(session: KeptSession, text: string): Steps<void> {
    const { onLost, onError } = this.#context;
    const { stored } = session;
    session.stored = text;
    session.sent += 1;
    const number = session.sent;
    const isNewest = (): boolean => session.sent === number;
    try {
      const { swapped, value } = yield* this.#put(session, stored, text);
      if (session.isOver) return;
      if (swapped) session.onStored(number);
      if (swapped) this.#tellTaken(session);
      else if (value !== undefined && this.#isOthers(session, value)) onLost(session);
      else if (isNewest()) {
        // An earlier write was refused, or the session has expired there.
        session.stored = value;
        session.on('differ');
        this.write(session);
      }
    } catch (error) {
      onError(error);
      if (!isNewest() || session.isOver) return;
      // The write is tried again before events are appended, so that the client is not recovered with outdated rooms.
      session.on('refuse');
      this.#refused.add(session);
    } finally {
      if (isNewest()) session.writing = undefined;
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

  /** Tells the other processes soon, if this one has taken a session. A remote home has decided by now. */
  #tellTaken(session: KeptSession): void {
    if (session.toldAt !== undefined) return;
    this.#takeovers.take(session);
    this.#schedule(true);
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
    if (this.isDurable) void ask(() => carryOut(this.#eraseOwn(this.#keyOf(pid), stored)), this.#context.onError);
  }

  *#eraseOwn(key: string, stored: string | undefined): Steps<void> {
    const { store, owner } = this.#context;
    const isKnown = this.decider === 'text' && stored !== undefined;
    const { swapped, value: text } = isKnown
      ? yield* waitFor(store.swap(key, stored, undefined))
      : { swapped: false, value: yield* waitFor(store.get(key)) };
    // The store has another text if it has refused the newest one.
    const session = swapped || text === undefined ? undefined : decodeSession(text);
    // A text that cannot be read is of a later version.
    if (!session || (session.owner ?? owner) !== owner) return;
    if (isKnown) yield* waitFor(store.swap(key, text, undefined));
    else yield* waitFor(store.delete(key));
  }

  /** Forgets a session here. The store keeps it. */
  drop(session: KeptSession): void {
    this.#changed.delete(session);
    this.#refused.delete(session);
  }

  /** Writes all sessions as they are, before this process ends. */
  close(): void {
    const { sessions, clock } = this.#context;
    for (const session of sessions.values()) this.write(session);
    // The others learn of the takeovers before this process is gone, because they would write older texts over the newer ones.
    if (this.decider === 'log') this.#takeovers.tell();
    this.#announced.clear();
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #encode(session: WrittenSession): string | undefined {
    const { onError } = this.#context;
    try {
      return encodeSession(session, onError);
    } catch (error) {
      return onError(error);
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
