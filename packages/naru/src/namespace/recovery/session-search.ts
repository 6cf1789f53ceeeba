/** Finds the session of a client that comes back, and where in the log it continues. */
import type { Offset } from '../../backplane/backplane.js';
import { type Answer, carryOut, type Steps, waitFor } from '../../base/steps/answer.js';
import { READ_AGAIN_MS } from '../log/late/socket-reader.js';
import { type Ask, type AskingConnection, Asks, OUTDATED } from './asks.js';
import { ChangeRange } from './change-range.js';
import { applyChanges, applyHeard } from './far-changes.js';
import type { SessionsContext } from './kept-session.js';
import type { SessionWriter } from './session-writer.js';
import { decodeSession, offsetOf, type RecoveredState, type Restored, type WrittenSession } from './written-session.js';

/** Characters of the longest secret that is looked up. */
const PID_MAX = 200;
/**
 * Milliseconds between two looks at a session that its server has announced and not written yet, and the number of
 * these looks.
 */
const ANNOUNCED_WAIT_MS = 50;
const ANNOUNCED_LOOKS = 20;

/** A session that was found, and the text that the store has of it, if it was asked. */
interface Found {
  readonly known: WrittenSession;
  readonly text?: string;
}

/** The place at which a session goes on. */
type Place = Pick<RecoveredState, 'after' | 'foreign' | 'missed'>;

/** Searches the sessions of one namespace. */
export class SessionSearch {
  readonly #context: SessionsContext;
  readonly #writer: SessionWriter;
  /** The changes of sessions in the log. */
  readonly changes: ChangeRange;
  readonly #asks: Asks;
  /** Whether this process knows what the others had appended when the turn began. */
  #isFresh = false;

  constructor(context: SessionsContext, writer: SessionWriter) {
    this.#context = context;
    this.#writer = writer;
    this.changes = new ChangeRange(context.log);
    this.#asks = new Asks(context.clock, context.sessions);
  }

  /**
   * Looks up the session `pid`, to continue after `offset`. Returns a gap for an unknown session with an offset, and
   * `undefined` for one without. Rejects when the home cannot be reached, and when `connection` is not the newest one
   * of its client. A remote home counts the session as this server's from then on; nothing else changes until
   * `Recovery.begin`.
   */
  restore(pid: unknown, offset: unknown, connection?: AskingConnection): Answer<Restored | undefined> {
    const seen = offsetOf(offset);
    if (typeof pid !== 'string' || pid === '' || pid.length > PID_MAX) return undefined;
    if (offset !== undefined && seen === undefined) return undefined;
    return carryOut(this.#restore(this.#asks.begin(pid, connection), seen));
  }

  *#restore(ask: Ask, seen: Offset | undefined): Steps<Restored | undefined> {
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          yield* waitFor(this.#refresh());
          const found = yield* this.#search(ask, seen);
          // A client that names an offset had a session, and misses what was sent since.
          return found ?? (seen === undefined ? undefined : gapFrom(seen));
        } catch (error) {
          if (error === OUTDATED) throw error;
          this.#context.log.report(error);
          // A home that has failed may still have the session and its events, so nobody is told of a gap.
          if (tries === 2) throw error;
        }
        yield* waitFor(this.#later(READ_AGAIN_MS));
      }
    } finally {
      this.#asks.end(ask);
    }
  }

  /**
   * Brings a session up to date that `restore` found some time ago. Gives no state if its client has to connect again.
   */
  *renew(state: RecoveredState): Steps<Restored | undefined> {
    const { log } = this.#context;
    const { pid, ask: number } = state;
    try {
      this.#asks.check({ pid, number });
      if (yield* waitFor(this.#writer.isTaken(state))) return undefined;
      // This process may still hold what the log has dropped, as it did when the session was found.
      const { hasGap } = yield* waitFor(log.pages.read(state.after, 1));
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
    if (state.isElsewhere) return applyHeard(state, this.changes);
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
    if (!log.home.keepsAtOnce) return log.refresh();
    if (this.#isFresh) return;
    this.#isFresh = true;
    outbox.atEnd(() => {
      this.#isFresh = false;
    });
    return log.refresh();
  }

  *#find({ pid, connection }: Ask): Steps<Found | undefined> {
    const { sessions, owner } = this.#context;
    for (let looks = ANNOUNCED_LOOKS; ; looks -= 1) {
      const session = sessions.get(pid);
      const here = session && { known: session.toWritten(owner) };
      if (session?.live) return here;
      // Another process may have had the session since it was here.
      const text = yield* waitFor(this.#writer.get(pid));
      // The text is older if the store has refused the newest one.
      if (text === undefined || (session?.state === 'refused' && this.#writer.isOwn(text))) return here;
      const stored = decodeSession(text);
      // A later version may have continued the session, with a text that cannot be read here.
      if (!stored?.isAnnounced) return stored && { known: stored, text };
      // Its server is about to write what its program did with the client, or it died before that. Without its rooms,
      // the session is lost.
      const isGone = connection && connection.readyState !== 'open';
      if (here || looks === 0 || this.#writer.decider === 'log' || isGone) return here;
      yield* waitFor(this.#later(ANNOUNCED_WAIT_MS));
    }
  }

  #later(ms: number): Promise<void> {
    return new Promise((resolve) => this.#context.clock.setTimeout(resolve, ms, undefined));
  }

  /** Finds the session of an ask, and decides how it goes on. */
  *#search(ask: Ask, seen: Offset | undefined): Steps<Restored | undefined> {
    for (;;) {
      const found = yield* this.#find(ask);
      this.#asks.check(ask);
      if (!found) return undefined;
      const { known, text } = found;
      // Its server may have delivered more by then than this one.
      if ((known.roomsAt ?? '') > this.#context.log.offset) yield* waitFor(this.#context.log.refresh());
      const place = yield* this.#placeOf(known, text !== undefined, seen);
      if ('gap' in place) return place;
      const state = this.#stateOf(ask, found, place);
      if (!state.isElsewhere || this.#writer.decider === 'log') return yield* this.#catchUp(state);
      if (text !== undefined) {
        // A client that is gone may be at another server by now, which would lose the session, and what its program
        // does with it.
        if (!(yield* waitFor(this.#asks.isThere(ask)))) throw OUTDATED;
        const claimed = yield* this.#claim(state, known, text);
        if (claimed) return yield* this.#catchUp(claimed);
      }
      // Another process has taken the session since it was found here.
      ask.isContested = true;
    }
  }

  /** Finds where in the log a session goes on. */
  *#placeOf(
    known: WrittenSession,
    isStored: boolean,
    seen: Offset | undefined,
  ): Steps<Place | ReturnType<typeof gapFrom>> {
    const { log } = this.#context;
    const { startedAfter, endedAt = log.offset, forgotten = '' } = known;
    const offset = seen ?? startedAfter;
    const isForeign = offset === known.foreign;
    // A process may have continued the session, and died before it wrote that. Its text then ends too early, so the log
    // decides.
    const isBeyond = (!isStored && offset > endedAt) || offset > log.offset;
    // Another machine may have lost the newest records, and the session as it was then, before this process hears of
    // it.
    const isDoubtful = isForeign || this.#writer.decider === 'text' || offset > endedAt;
    const isOurs = !isBeyond && (!isDoubtful || (yield* waitFor(log.knows(offset))));
    // The client may have events that this log lacks or has under other offsets, for example after a backup was
    // restored.
    if (isOurs === isForeign) return gapFrom(isForeign ? startedAfter : offset);
    // A client whose recovery failed may still name an offset of its previous session, in this log or another one.
    const after = isForeign || offset < startedAfter ? startedAfter : offset;
    const { records, hasGap } = yield* waitFor(log.pages.read(after, 1));
    const first = records[0]?.offset;
    if (hasGap) return gapFrom(after, first);
    // It was in rooms then that nobody knows any more.
    if (first !== undefined && first <= forgotten) return gapFrom(after);
    return {
      after,
      foreign: isForeign ? offset : undefined,
      missed: isForeign || offset !== known.missed ? undefined : offset,
    };
  }

  /** Returns the state with which a session goes on here. */
  #stateOf({ pid, number }: Ask, { known, text }: Found, place: Place): RecoveredState {
    const { sessions, owner } = this.#context;
    const { after, foreign, missed } = place;
    const { id, data, present, forgotten } = known;
    // A session of another process may come back to a third one at the same moment.
    const here = sessions.get(pid);
    const isElsewhere = this.#writer.isDurable && (!here || (known.owner ?? owner) !== owner);
    // A session that is kept here knows where its rooms have changed, even if that was not written yet.
    const places = placesOf(isElsewhere || !here ? known : here.toWritten(owner), after);
    const { rooms, joining, placed, moves } = places;
    // V8 copies an object of few named fields much faster than several objects of many.
    return {
      ...{ id, pid, rooms, joining, placed, moves, data, present, forgotten, isElsewhere, ask: number },
      after,
      foreign,
      missed,
      leaving: [...((isElsewhere && here?.source.findOpen?.().leaving) || []), ...places.leaving],
      takes: isElsewhere ? (known.takes ?? 0) + 1 : known.takes,
      stored: text ?? here?.stored,
      roomsAt: isElsewhere ? known.roomsAt : undefined,
      isGone: known.endedAt !== undefined && after <= known.endedAt,
    };
  }

  /**
   * Takes a session of another process. The client may join rooms as soon as it has its answer, so the session is this
   * server's before that. The client of the session is back, so later changes move it. Gives `undefined` if another
   * process was faster.
   */
  *#claim(state: RecoveredState, known: WrittenSession, text: string): Steps<RecoveredState | undefined> {
    const { log } = this.#context;
    const found = state.isGone ? yield* applyChanges(state, this.changes) : state;
    if (!found) return undefined;
    const { rooms, leaving, joining, moves } = found;
    const places = { rooms: [...rooms], leaving, joining, moves };
    const roomsAt = state.isGone ? log.offset : state.roomsAt;
    const session = { ...known, ...places, takes: state.takes, endedAt: undefined, roomsAt: roomsAt ?? log.offset };
    const stored = yield* this.#writer.claim(state.pid, text, session);
    return stored === undefined ? undefined : { ...found, roomsAt, isGone: false, stored };
  }

  /** Brings the rooms of a session up to the newest record. */
  *#catchUp(state: RecoveredState): Steps<Restored> {
    const moved = yield* applyChanges(state, this.changes);
    if (!moved) {
      this.#context.onPutOut(state.pid, state.stored);
      return gapFrom(state.after);
    }
    // The log may have lost changes that the session lacks. This process may still hold their events, so it would not
    // notice that.
    if (this.changes.mayLack(state.after)) {
      const { hasGap } = yield* waitFor(this.#context.log.read(state.after, 0));
      if (hasGap) return gapFrom(state.after);
    }
    // The connection over which the client was told of the gap may have been lost before that.
    return { state: moved, gap: moved.missed === undefined ? undefined : gapFrom(moved.missed).gap };
  }
}

/** Returns the rooms of a session, and how they have changed since an offset. */
function placesOf({ rooms, leaving = [], joining, placed, moves }: WrittenSession, since: Offset) {
  return { rooms: new Set(rooms), leaving, joining, placed, moves: moves?.filter(({ after }) => after > since) };
}

function gapFrom(after: Offset, before?: Offset) {
  return { gap: { after, before } };
}
