/** Finds the session of a client that comes back, and where in the log it continues. */
import { type Offset, ZERO_OFFSET } from '../../backplane/backplane.js';
import { delay } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { setNewest } from '../../base/get-or-create.js';
import { type Answer, carryOut, type Steps, waitFor } from '../../base/steps/answer.js';
import { within } from '../../base/within.js';
import type { Session } from '../../session/session.js';
import { recoveryFailed } from '../../taps/taps.js';
import { ORDER_WAIT_MS } from '../log/fences.js';
import { READ_AGAIN_MS } from '../log/reader/socket-reader.js';
import { ChangeRange } from './change-range.js';
import { RECOVERY_WAIT_MS, type RecoverableMember, type SessionsContext } from './kept-session.js';
import type { SessionWriter } from './session-writer.js';
import { decodeSession, offsetOf, type RecoveredState, type Restored, type WrittenSession } from './written-session.js';

/** Characters of the longest secret that is looked up. */
const PID_MAX = 200;
/**
 * Milliseconds between two looks at a session that its server has announced and not written yet, and from the first
 * look to the last. After a failure of the home, that server may be there again a second later than this one. A busy
 * home may take longer for a look than the time between two.
 */
const ANNOUNCED_WAIT_MS = 100;
const ANNOUNCED_MS = 3_000;

/** A session that was found, and the text that the store has of it, if it was asked. */
type Found = { readonly known: WrittenSession; readonly text?: string };

/** The sessions of which the newest ask is remembered. */
const ASKS_MAX = 4_096;

/** The connection of a client that asks for its session. */
export type AskingConnection = Pick<Session, 'readyState' | 'on' | 'off'> & RecoverableMember['client']['conn'];

/** The wish of one connection for a session. A client may have several, and only it knows which of them are dead. */
interface Ask extends Pick<RecoveredState, 'pid' | 'ask'> {
  readonly connection: AskingConnection | undefined;
  /** Whether the client names an offset that no server of Naru gives out. It comes from a server of Socket.IO. */
  readonly isOfOthers: boolean;
  /** The time until which the client counts as there. Then it may be at another server. */
  sureUntil: number;
}

/** The reason why an older connection gets no session. Its client tries again if it is still there. */
const OUTDATED = new UnavailableError('DISCONNECTED', 'the client has another connection');

/** Returns the gap after the newest event of a client. */
const gapFrom = (after: Offset, before?: Offset) => ({ gap: { after, before } });

/** The reason why a process does not know what a client misses: it could not read the log as far as the client has. */
const BEHIND = new UnavailableError('TIMEOUT', 'the log could not be read up to the place of the client');

/** Searches the sessions of one namespace. */
export class SessionSearch {
  readonly #context: SessionsContext;
  /** Has the texts of sessions, if these outlive the process. */
  readonly #writer: SessionWriter | undefined;
  /** The changes of sessions in the log. */
  readonly changes: ChangeRange;
  /** The number of the newest ask for each session, also while it passes the middleware. */
  readonly #asks = new Map<string, number>();
  #askCount = 0;
  /** An offset that the log has given out. Many sessions continue at one place. */
  #given: Offset | undefined;
  /** Whether this process knows what the others had appended when the turn began. */
  #isFresh = false;

  constructor(context: SessionsContext, writer: SessionWriter | undefined) {
    this.#context = context;
    this.#writer = writer;
    this.changes = new ChangeRange(context.log);
  }

  /**
   * Looks up the session `pid`, to continue after `offset`. Returns a gap for an unknown session with an offset, which
   * may be that of a server of Socket.IO, and `undefined` for one without. Rejects when the home cannot be reached, and
   * when `connection` is not the newest one of its client. A remote home counts the session as this server's from then
   * on; nothing else changes until `Recovery.begin`.
   */
  restore(pid: unknown, offset: unknown, connection?: AskingConnection): Answer<Restored | undefined> {
    const seen = offsetOf(offset);
    if (typeof pid !== 'string' || pid === '' || pid.length > PID_MAX) return undefined;
    if (offset !== undefined && typeof offset !== 'string') return undefined;
    this.#askCount += 1;
    const isOfOthers = seen === undefined && offset !== undefined;
    const sureUntil = this.#context.log.clock.now() + ORDER_WAIT_MS;
    const ask: Ask = { pid, ask: this.#askCount, connection, isOfOthers, sureUntil };
    setNewest(this.#asks, pid, this.#askCount, ASKS_MAX);
    return carryOut(this.#restore(ask, seen));
  }

  *#restore(ask: Ask, seen: Offset | undefined): Steps<Restored | undefined> {
    for (let tries = 1; ; tries += 1) {
      try {
        yield* waitFor(this.#refresh());
        const found = yield* this.#search(ask, seen);
        if (!found?.state) this.#tellFailed(found ? 'gap' : 'unknown', seen);
        // A client that names an offset had a session, and misses what was sent since.
        return found ?? (seen === undefined && !ask.isOfOthers ? undefined : gapFrom(seen ?? ZERO_OFFSET));
      } catch (error) {
        // The server may be closing, and then it reads the log no more.
        const isGone = ask.connection !== undefined && ask.connection.readyState !== 'open';
        if (error === OUTDATED || isGone) throw error;
        this.#context.log.report(error);
        // A home that has failed may still have the session and its events, so nobody is told of a gap.
        if (tries === 2) {
          this.#tellFailed('unavailable', seen);
          throw error;
        }
      }
      yield* waitFor(delay(this.#context.log.clock, READ_AGAIN_MS));
    }
  }

  /** Tells the taps of a client that does not get its session, for a reason of `recoveryFailed`. */
  #tellFailed(reason: string, after: Offset | undefined): void {
    if (recoveryFailed.hasSubscribers) recoveryFailed.publish({ namespace: this.#context.name, reason, after });
  }

  /** Throws `OUTDATED` if there was a later ask here, or one has got the session. */
  #check({ pid, ask }: Pick<RecoveredState, 'pid' | 'ask'>): void {
    const newest = Math.max(this.#asks.get(pid) ?? 0, this.#context.sessions.get(pid)?.ask ?? 0);
    if (newest > ask) throw OUTDATED;
  }

  /**
   * Returns whether the client is still there. After a long wait, or when another process has taken the session
   * meanwhile, the client has to show it.
   */
  #isThere({ connection, sureUntil }: Ask): Answer<boolean> {
    const { clock } = this.#context.log;
    if (!connection) return true;
    if (connection.readyState !== 'open') return false;
    if (clock.now() < sureUntil) return true;
    const shown = new Promise<void>((resolve) => {
      // A client that cannot be asked counts as there.
      if (!connection.probe(resolve)) resolve();
    });
    return within(clock, shown, RECOVERY_WAIT_MS, connection).then((outcome) => outcome !== undefined);
  }

  /**
   * Brings a session up to date that `restore` found some time ago. Gives no state if its client has to connect again.
   */
  *renew(state: RecoveredState): Steps<Restored | undefined> {
    const { log } = this.#context;
    try {
      this.#check(state);
      const text = yield* waitFor(this.#writer?.get(state.pid));
      // A home on this machine has no text of the take yet.
      const isUntaken = state.isElsewhere && log.home.keepsAtOnce;
      if (isUntaken ? text !== state.stored : this.#writer?.isOthers(text, state.takes)) return undefined;
      // This process may still hold what the log has dropped, as it did when the session was found.
      const { hasGap } = yield* waitFor(log.pages.read(state.after, 1, log.offset));
      return hasGap ? undefined : yield* this.#catchUp(state);
    } catch (error) {
      if (error !== OUTDATED) log.report(error);
      return undefined;
    }
  }

  /**
   * Returns a state that was found a moment ago with the rooms that the session has by now. Gives `undefined` if its
   * client has to ask for the session again.
   */
  latest(state: RecoveredState): RecoveredState | undefined {
    if (state.isElsewhere) return this.changes.applyHeard(state);
    // The session may have ended here, and its former connection may have left changes behind.
    const here = this.#context.sessions.get(state.pid)?.toWritten(this.#context.owner);
    return here && { ...state, ...placesOf(here, state.after), present: here.present };
  }

  /**
   * Learns what other processes have appended. A log that answers at once shows a turn one state, so one look is enough
   * for many clients.
   */
  #refresh(): Answer<void> {
    const { log, outbox } = this.#context;
    if (this.#isFresh) return;
    this.#isFresh = log.home.keepsAtOnce;
    if (this.#isFresh)
      outbox.atEnd(() => {
        this.#isFresh = false;
      });
    return log.refresh();
  }

  *#find({ pid, connection }: Ask): Steps<Found | undefined> {
    const { log, sessions, owner } = this.#context;
    for (let until = 0; ; ) {
      const session = sessions.get(pid);
      // While nobody was in the namespace, this process heard no changes.
      if (session?.start.takes && session.endedAt !== undefined && session.endedAt < log.origin)
        for (const change of yield* this.changes.read(session.endedAt)) session.takeLate(change);
      const here = session && { known: session.toWritten(owner) };
      // Another process may have had the session since it was here, although its connection here seems to be there.
      const text = yield* waitFor(this.#writer?.get(pid));
      if (text === undefined) return here;
      const stored = decodeSession(text);
      // A later version may have continued the session, with a text that cannot be read here.
      if (!stored) return undefined;
      // This process knows more of its own session than the store, which may have refused the newest text, or lack the
      // first one.
      const isOwn = stored.owner === owner || text === session?.confirmed;
      if (!stored.isAnnounced) return { known: here && isOwn ? here.known : stored, text };
      // Its server is about to write what its program did with the client, or it died before that. Without its rooms,
      // the session is lost.
      const isGone = connection && connection.readyState !== 'open';
      const now = log.clock.now();
      until ||= now + ANNOUNCED_MS;
      if (here || now >= until || isGone) return here;
      yield* waitFor(delay(log.clock, ANNOUNCED_WAIT_MS));
    }
  }

  /** Finds the session of an ask, and decides how it goes on. */
  *#search(ask: Ask, seen: Offset | undefined): Steps<Restored | undefined> {
    const { log } = this.#context;
    for (;;) {
      const found = yield* this.#find(ask);
      this.#check(ask);
      if (!found) return undefined;
      const { known, text } = found;
      // Its server may have delivered more by then than this one.
      if ((known.roomsAt ?? '') > log.offset) yield* waitFor(log.refresh());
      const placed = yield* this.#place(ask, found, seen);
      const { state } = placed;
      if (!state) return placed;
      // A home on this machine takes the session with the text of its new connection, at the end of this turn.
      if (!state.isElsewhere || log.home.keepsAtOnce) return yield* this.#catchUp(state);
      if (text !== undefined && this.#writer) {
        // A client that is gone may be at another server by now, which would lose the session, and what its program
        // does with it.
        if (!(yield* waitFor(this.#isThere(ask)))) throw OUTDATED;
        // The client of the session is back, so later changes move it. It may have thousands of later events when this
        // process ends, so the text has all changes up to now.
        const claimed = (yield* this.changes.apply(state)) ?? state;
        // The client may join rooms as soon as it has its answer, so the session is this server's before that.
        const stored = yield* this.#writer.claim(text, claimed);
        if (stored !== undefined) return yield* this.#catchUp({ ...claimed, stored, writtenAt: claimed.roomsAt });
      }
      // Another process has taken the session since it was found here.
      ask.sureUntil = 0;
    }
  }

  /** Finds where in the log a session goes on, and with which state. */
  *#place({ pid, ask, isOfOthers }: Ask, { known, text }: Found, seen: Offset | undefined): Steps<Restored> {
    const { log, sessions, owner } = this.#context;
    const { id, startedAfter, endedAt = log.offset, data, present, forgotten, takes } = known;
    const offset = seen ?? startedAfter;
    const isForeign = offset === known.foreign;
    // Only a session that began with such an offset has had no event since.
    if (isOfOthers && known.missed !== ZERO_OFFSET) return gapFrom(ZERO_OFFSET);
    if (offset > log.offset && (yield* waitFor(log.knows(offset)))) throw BEHIND;
    // A process may have continued the session, and died before it wrote that. Its text then ends too early, so the log
    // decides.
    const isBeyond = (text === undefined && offset > endedAt) || offset > log.offset;
    // Another machine may have lost the newest records, and the session as it was then, before this process hears of
    // it.
    const isDoubtful = isForeign || !log.home.keepsAtOnce || offset > endedAt;
    const isOurs = !isBeyond && (!isDoubtful || (yield* waitFor(log.knows(offset))));
    // The client may have events that this log lacks or has under other offsets, for example after a backup was
    // restored.
    if (isOurs === isForeign) return gapFrom(isForeign ? startedAfter : offset);
    // A client whose recovery failed may still name an offset of its previous session, in this log or another one.
    const after = isForeign || offset < startedAfter ? startedAfter : offset;
    const { records, hasGap } = yield* waitFor(log.pages.read(after, 1, log.offset));
    const first = records[0]?.offset;
    if (hasGap) return gapFrom(after, first);
    // Pages that are held do not show that the log has never given out an offset between their records.
    const isGiven = isDoubtful || after === this.#given || (yield* waitFor(log.knows(after)));
    if (!isGiven) return gapFrom(after, first);
    if (!isDoubtful) this.#given = after;
    // It was in rooms then that nobody knows any more.
    if (first !== undefined && first <= (forgotten ?? '')) return gapFrom(after);
    // A session of another process may come back to a third one at the same moment.
    const here = sessions.get(pid);
    const isElsewhere = this.#writer !== undefined && (!here || known.owner !== owner);
    const { rooms, joining, placed, moves, leaving, chosen } = placesOf(known, after);
    // A client whose newest event is older than its session may not have heard of the gap before that.
    const isUntold = (seen ?? ZERO_OFFSET) === known.missed || (seen !== undefined && seen < startedAfter);
    // V8 copies an object of few named fields much faster than several objects of many.
    const state: RecoveredState = {
      ...{ id, pid, rooms, joining, placed, moves, chosen, data, present, forgotten, isElsewhere, ask, after },
      leaving: [...((isElsewhere && here?.source.findOpen?.().leaving) || []), ...leaving],
      foreign: isForeign ? offset : undefined,
      missed: isUntold ? known.missed : undefined,
      takes: isElsewhere ? (takes ?? 0) + 1 : takes,
      stored: text ?? here?.stored,
      roomsAt: isElsewhere ? known.roomsAt : undefined,
      isGone: known.endedAt !== undefined && after <= known.endedAt,
    };
    return { state };
  }

  /** Brings the rooms of a session up to the newest record. */
  *#catchUp(state: RecoveredState): Steps<Restored> {
    const { log } = this.#context;
    const { after } = state;
    const moved = yield* this.changes.apply(state);
    if (!moved) this.#context.onPutOut(state.pid, state.stored);
    // The log may have lost changes that the session lacks. This process may still hold their events, so it would not
    // notice that.
    if (!moved || (this.changes.oldest > after && (yield* waitFor(log.read(after, 0))).hasGap)) return gapFrom(after);
    // The connection over which the client was told of the gap may have been lost before that.
    return { state: moved, gap: moved.missed === undefined ? undefined : gapFrom(moved.missed).gap };
  }
}

/** Returns the rooms of a session, and how they have changed since an offset. */
function placesOf({ rooms, leaving = [], joining, placed, moves, chosen }: WrittenSession, since: Offset) {
  return { rooms, leaving, joining, placed, chosen, moves: moves?.filter(({ after }) => after > since) };
}
