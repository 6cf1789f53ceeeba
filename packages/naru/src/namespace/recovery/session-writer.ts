/**
 * Writes sessions into the store, from which other processes read them, and tells these which sessions this process has
 * taken.
 */
import type { Swapped } from '../../backplane/backplane.js';
import type { Timer } from '../../base/clock.js';
import { type Answer, carryOut, type Steps, waitFor } from '../../base/steps/answer.js';
import { topicOf } from '../presence/shared-keys.js';
import type { KeptSession, SessionsContext } from './kept-session.js';
import { decodeSession, encodeSession, type RecoveredState, withRoomsAt, writtenOf } from './written-session.js';

/** A connected session outlasts two renewals in the store. A lost one is kept as long as promised. */
const LIVES = 3;
/** Milliseconds between two tries to write refused sessions, so that many of them are not tried with every event. */
const RETRY_MS = 1_000;
/**
 * Milliseconds for which the text of a recovered session may wait, and the message that tells the others of it. The
 * store has a text that serves for the next recovery, too. After a restart, many clients come back at once, and one
 * message tells of many.
 */
export const RECOVERED_WAIT_MS = 50;

/** The first word of the message that tells of taken sessions, and how often each of them was taken. */
const TOOK = 'took';

/**
 * The texts of the sessions of one namespace, in a store that outlives this process.
 *
 * Guarantee: a process takes a session by a swap of its text, so each take follows another one, and the last one keeps
 * the session. A home on another machine has that text before the client has its answer. On this machine, the client is
 * served at once, and asks again if the swap fails. A message in the log tells the former process of the take, and says
 * how often the session was taken. The message may come late, and a text of that process is refused before.
 */
export class SessionWriter {
  readonly #context: SessionsContext;
  readonly #changed = new Set<KeptSession>();
  /** Those whose newest text the store has refused, and the time of the next try to write them. */
  readonly #refused = new Set<KeptSession>();
  #retriesAt = 0;
  /** The sessions that were taken since the others were told, by their secrets. */
  readonly #untold = new Map<string, KeptSession>();
  #isScheduled = false;
  #timer: Timer | undefined = undefined;

  constructor(context: SessionsContext) {
    this.#context = context;
  }

  /** Returns the text that the store has. */
  get(pid: string): Answer<string | undefined> {
    return this.#context.store.get(this.#keyOf(pid));
  }

  /**
   * Takes a session that another process has, if the store on another machine still has the text `stored`. Returns the
   * new text, or `undefined` if somebody else was faster. Nothing may be done with the session before that.
   */
  *claim(stored: string, state: RecoveredState): Steps<string | undefined> {
    const { log, store, owner, keptMs } = this.#context;
    const encoded = encodeSession(writtenOf(state, owner), (error) => log.report(error));
    if (encoded === undefined) return stored;
    const text = withRoomsAt(encoded, state.roomsAt);
    const { swapped } = yield* waitFor(store.swap(this.#keyOf(state.pid), stored, text, LIVES * keptMs));
    return swapped ? text : undefined;
  }

  /**
   * Has a session written that may have changed: at the end of the turn, before its client is told of a room. `isKnown`
   * says that the store has a text of it that serves until later. A session that its text has yet to take waits only if
   * others were taken a moment ago.
   */
  change(session: KeptSession, isKnown = false): void {
    this.#changed.add(session);
    this.#schedule(isKnown && (session.isTaken || this.#timer !== undefined));
  }

  #schedule(mayWait: boolean): void {
    const { log, outbox } = this.#context;
    if (mayWait) {
      this.#timer ??= log.clock.setTimeout((writer: SessionWriter) => writer.tell(), RECOVERED_WAIT_MS, this);
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      outbox.atEnd(() => this.writeChanged());
    }
  }

  /**
   * Writes the sessions that have changed. The log calls this before it appends. A client that learns from the log that
   * it has joined a room must be in that room after a recovery, even if this process dies in between.
   */
  writeChanged(): void {
    const { clock } = this.#context.log;
    this.#isScheduled = false;
    if (this.#refused.size > 0 && clock.now() >= this.#retriesAt) {
      this.#retriesAt = clock.now() + RETRY_MS;
      for (const session of this.#refused) this.#changed.add(session);
      this.#refused.clear();
    }
    for (const session of this.#changed) {
      this.#changed.delete(session);
      this.write(session);
    }
  }

  /** Writes a session, and returns whether it is still this process's when the store has its text. */
  *whenWritten(session: KeptSession): Steps<boolean> {
    this.write(session);
    // A write may lead to another one.
    while (session.writing) yield* waitFor(session.writing);
    return session.state !== 'taken';
  }

  /** Writes a session at once if its text has changed. */
  write(session: KeptSession): void {
    const { log, owner } = this.#context;
    // While the place of a session in the log is unknown, it is not written. It changes again when the place is known.
    // The text of a client that another node has put out would hide that, because it reflects a place after that.
    if (session.isOver || log.beginning || session.live?.isExpelled) return;
    const encoded = encodeSession(session.toWritten(owner), (error) => log.report(error));
    if (encoded === undefined) return;
    // The same session at a later place is not written again. A room that was entered and left has changed nothing.
    const isSame = session.state === 'sent' && withRoomsAt(encoded, session.roomsAt) === session.stored;
    if (isSame && !session.writing) {
      session.onStored(session.sent + 1);
      this.#tellOf(session);
    }
    if (isSame) return;
    // A session without a socket is moved by late changes alone, and a server that takes it reads them again.
    session.roomsAt = session.endedAt ?? log.offset;
    session.on('send');
    session.writing = carryOut(this.#store(session, withRoomsAt(encoded, session.roomsAt)));
  }

  /** Stores a text. It may turn out that another process has taken the session. */
  *#store(session: KeptSession, text: string): Steps<void> {
    const { log, onLost, store, keptMs } = this.#context;
    const { stored } = session;
    const [key, lifeMs] = [this.#keyOf(session.pid), session.live ? LIVES * keptMs : keptMs];
    session.stored = text;
    session.sent += 1;
    const number = session.sent;
    try {
      let answer: Swapped = { swapped: true, value: text };
      // A text replaces only the one that this process knows, because another one may have taken the session.
      if (stored !== undefined) answer = yield* waitFor(store.swap(key, stored, text, lifeMs, 'with-turn'));
      else yield* waitFor(store.set(key, text, lifeMs));
      const { swapped, value } = answer;
      if (session.isOver) return;
      session.confirmed = swapped ? text : value;
      if (swapped) {
        session.isTaken = true;
        session.onStored(session.sent === number && !this.#changed.has(session) ? number + 1 : number);
        this.#tellOf(session);
        // Any other text is newer than the one from which this process was to take the session.
      } else if (this.isOthers(value, session.isTaken ? session.start.takes : 0)) onLost(session);
      else if (session.sent === number) {
        // An earlier write was refused, or the session has expired there.
        session.stored = value;
        session.on('doubt');
        this.write(session);
      }
    } catch (error) {
      log.report(error);
      if (session.sent !== number || session.isOver) return;
      // The write is tried again before events are appended, so that the client is not recovered with outdated rooms.
      session.on('doubt');
      session.stored = session.confirmed ?? text;
      this.#refused.add(session);
    } finally {
      if (session.sent === number) session.writing = undefined;
    }
  }

  /** Has the others told that this process has taken a session, if they were not. */
  #tellOf(session: KeptSession): void {
    if (session.isTold) return;
    session.isTold = true;
    this.#untold.set(session.pid, session);
    this.#schedule(true);
  }

  /** Writes the sessions that have changed, and tells the others of those that were taken since the last call. */
  tell(): void {
    const { log, owner } = this.#context;
    this.writeChanged();
    if (this.#timer !== undefined) log.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const taken = [...this.#untold.values()];
    this.#untold.clear();
    if (taken.length > 0) void log.tell([TOOK, owner, ...taken.flatMap(({ pid, start }) => [pid, start.takes ?? 0])]);
  }

  /** Reads a message of another process. That one keeps the sessions that it has taken more often than this one. */
  onTold([name, owner, ...rest]: readonly unknown[]): void {
    const { sessions, onLost } = this.#context;
    if (owner === this.#context.owner || name !== TOOK) return;
    for (let at = 0; at < rest.length; at += 2) {
      const session = sessions.get(String(rest[at]));
      if (session && (session.start.takes ?? 0) < Number(rest[at + 1])) onLost(session);
    }
  }

  /**
   * Whether a text says that the session was taken after it was taken for the time `takes`. That may have been this
   * process, for a later connection, or another one at the same moment. A text that cannot be read is of a later
   * version.
   */
  isOthers(text: string | undefined, takes = 0): boolean {
    if (text === undefined) return false;
    const other = decodeSession(text);
    return !other || (other.takes ?? 0) >= (other.owner === this.#context.owner ? takes + 1 : takes);
  }

  /**
   * Deletes a session that has ended for good. Another process may have taken it, and this one has not heard of that
   * yet. Then it stays. `stored` is the text that the store has, if that is known. The former process of `session` lets
   * go of it, although it finds no text.
   */
  forget(pid: string, stored: string | undefined, session?: KeptSession): void {
    if (session) this.#tellOf(session);
    void carryOut(this.#erase(this.#keyOf(pid), stored, session?.start.takes));
  }

  *#erase(key: string, known: string | undefined, takes: number | undefined): Steps<void> {
    const { store, log } = this.#context;
    try {
      let text = known ?? (yield* waitFor(store.get(key)));
      while (text !== undefined && (text === known || !this.isOthers(text, takes))) {
        const { swapped, value } = yield* waitFor(store.swap(key, text, undefined));
        // The store has another text if it has refused the newest one.
        text = swapped ? undefined : value;
      }
    } catch (error) {
      log.report(error);
    }
  }

  /** Writes all sessions as they are, before this process ends. */
  close(): void {
    for (const session of this.#context.sessions.values()) this.#changed.add(session);
    // A takeover of which the others were to be told later is told before this process is gone.
    this.tell();
  }

  #keyOf(pid: string): string {
    return `session ${topicOf(this.#context.name, pid)}`;
  }
}
