/** Finds the session of a client that comes back, and where in the log it continues. */
import {
  chain,
  decodeOffset,
  encodeOffset,
  type MaybePromise,
  type NamespaceStore,
  type Offset,
  request,
} from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';
import type { Outbox } from '../../session/outbox.js';
import { READ_AGAIN_MS } from '../log/late/catch-up.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { type Ask, type AskingConnection, Asks, OUTDATED } from './asks.js';
import { FarChanges } from './far-changes.js';
import type { KeptSession } from './kept-session.js';
import type { Found, Outcome, RecoveredState, Restored } from './restored.js';
import type { SessionTexts } from './session-texts.js';
import { decodeSession, isPid, type WrittenSession } from './written-session.js';

/** Milliseconds between two looks at a session that its server has announced and not written yet, and the number of these looks. */
const ANNOUNCED_WAIT_MS = 50;
const ANNOUNCED_LOOKS = 20;

/** The parts of recovery that the search uses. */
export interface SessionSearchContext {
  readonly clock: Clock;
  readonly log: NamespaceLog;
  readonly store: NamespaceStore;
  readonly outbox: Pick<Outbox, 'atEnd'>;
  readonly texts: SessionTexts;
  /** The sessions that this process has, by their secrets. */
  readonly sessions: ReadonlyMap<string, KeptSession>;
  /** The name by which other processes know this one. */
  readonly owner: string;
  /** Called when another process has disconnected the client of a session while nobody had it. `stored` is the text in the store. */
  onPutOut(pid: string, stored: string | undefined): void;
  onError(error: unknown): undefined;
}

/** Searches the sessions of one namespace. */
export class SessionSearch {
  readonly #context: SessionSearchContext;
  readonly #changes: FarChanges;
  /** Whether this process knows what the others had appended when the turn began. */
  #isFresh = false;
  /** Ends the waits for texts that are not written yet. */
  readonly #waits = new Set<() => void>();
  readonly #asks: Asks;
  #isClosed = false;

  constructor(context: SessionSearchContext) {
    this.#asks = new Asks(context.clock);
    this.#context = context;
    this.#changes = new FarChanges(context.log);
  }

  /** See `Recovery.restore`. */
  restore(pid: unknown, offset: unknown, connection?: AskingConnection): Outcome {
    if (!isPid(pid)) return undefined;
    const seen = decodeOffset(offset);
    if (offset !== undefined && seen === undefined) return undefined;
    // A client that names an offset had a session, and misses what was sent since.
    const unknown = seen === undefined ? undefined : { gap: { after: encodeOffset(seen), before: undefined } };
    const ask = this.#asks.begin(pid, connection);
    const look = (): Outcome =>
      chain(this.#refresh(), () => chain(this.#search(ask, seen), (found) => found ?? unknown));
    const fail = (error: unknown): never => {
      if (error !== OUTDATED) this.#context.onError(error);
      throw error;
    };
    // A home that has failed may still have the session and its events, so nobody is told of a gap.
    const outcome = request(look, (error) => {
      if (error === OUTDATED) throw error;
      this.#context.onError(error);
      return this.#later(READ_AGAIN_MS).then(look).catch(fail);
    });
    if (outcome instanceof Promise) return outcome.finally(() => this.#asks.end(ask));
    this.#asks.end(ask);
    return outcome;
  }

  /** Finds the session of an ask, and decides how it goes on. */
  #search(ask: Ask, seen: number | undefined): Outcome {
    return chain(this.#find(ask), (found) => {
      this.#checkNewest(ask);
      return found && this.#decide(ask, found, seen);
    });
  }

  #checkNewest(ask: Pick<Ask, 'pid' | 'number'>): void {
    this.#asks.check(ask);
    if ((this.#context.sessions.get(ask.pid)?.ask ?? 0) > ask.number) throw OUTDATED;
  }

  /** See `Recovery.renew`. */
  renew(state: RecoveredState): Outcome {
    const { log, texts, onError } = this.#context;
    return request<Restored | undefined>(
      () => {
        this.#checkNewest({ pid: state.pid, number: state.ask });
        return chain(texts.isTaken(state.pid, state.takes), (isTaken) =>
          isTaken
            ? undefined
            : chain(log.read(state.after, 0), ({ hasGap }) => (hasGap ? undefined : this.#catchUp(state))),
        );
      },
      (error) => (error === OUTDATED ? undefined : onError(error)),
    );
  }

  /** Learns what other processes have appended. A log that answers at once shows a turn one state, so one look is enough for many clients. */
  #refresh(): MaybePromise<void> {
    const { log, outbox } = this.#context;
    if (this.#isFresh) return undefined;
    const refreshed = log.refresh();
    if (refreshed || log.isRemote) return refreshed;
    this.#isFresh = true;
    outbox.atEnd(() => {
      this.#isFresh = false;
    });
  }

  /** Stops waiting. Called when the server closes. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#waits) end();
  }

  #find(ask: Ask, looks = ANNOUNCED_LOOKS): MaybePromise<Found | undefined> {
    const { pid, connection } = ask;
    const { sessions, store, texts, owner, log } = this.#context;
    const session = sessions.get(pid);
    if (session?.live) return { known: session.toWritten(owner) };
    const here = session && { known: session.toWritten(undefined) };
    if (!store.isDurable) return here;
    // Another process may have had the session since it was here.
    return chain(texts.get(pid), (text): MaybePromise<Found | undefined> => {
      if (text === undefined) return here;
      const stored = decodeSession(text);
      if (stored?.isAnnounced) {
        // Its server is about to write what its program did with the client, or it died before that. Without its rooms, the session is lost.
        if (here || !log.isRemote || looks === 0 || this.#isClosed) return here;
        if (connection && connection.readyState !== 'open') return here;
        return this.#later(ANNOUNCED_WAIT_MS).then(() => (this.#isClosed ? undefined : this.#find(ask, looks - 1)));
      }
      // A later version may have continued the session, with a text that cannot be read here.
      const isOlder = session && texts.isRefused(session) && stored && (stored.owner ?? owner) === owner;
      if (isOlder) return here;
      return stored && { known: stored, text };
    });
  }

  /** Resolves after a time, or when the server closes. */
  #later(ms: number): Promise<void> {
    const { clock } = this.#context;
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waits.delete(end);
        clock.clearTimeout(timer);
        resolve();
      };
      const timer = clock.setTimeout(end, ms, undefined);
      this.#waits.add(end);
    });
  }

  #decide(ask: Ask, found: Found, seen: number | undefined): Outcome {
    const { log } = this.#context;
    const { known, text } = found;
    const { startedAfter, endedAt = log.offset } = known;
    const offset = seen === undefined ? startedAfter : encodeOffset(seen);
    const isForeign = offset === known.foreign;
    // A process may have continued the session, and died before it wrote that. Its text then ends too early, so the log decides.
    const isBeyond = (text === undefined && offset > endedAt) || offset > log.offset;
    // Another machine may have lost the newest records, and the session as it was then, before this process hears of it.
    const isDoubtful = isForeign || log.isRemote || offset > endedAt;
    return chain(!isBeyond && (!isDoubtful || log.knows(offset)), (isOurs): Outcome => {
      // The client may have events that this log lacks or has under other offsets, for example after a backup was restored.
      if (isOurs === isForeign) return { gap: { after: isForeign ? startedAfter : offset, before: undefined } };
      // A client whose recovery failed may still name an offset of its previous session, in this log or another one.
      const after = isForeign || offset < startedAfter ? startedAfter : offset;
      return chain(log.readShared(after, 1), ({ records, hasGap }): Outcome => {
        const [first] = records;
        if (hasGap) return { gap: { after, before: first?.offset } };
        // It was in rooms then that nobody knows any more.
        if (first && first.offset <= (known.forgotten ?? '')) return { gap: { after, before: undefined } };
        const state = {
          ...this.#stateOf(ask, found, after),
          foreign: isForeign ? offset : undefined,
          missed: isForeign || offset !== known.missed ? undefined : offset,
        };
        if (!state.isElsewhere || !log.isRemote) return this.#catchUp(state);
        const again = (): Outcome => {
          ask.isContested = true;
          return this.#search(ask, seen);
        };
        // Another process has taken the session since it was found here.
        if (text === undefined) return again();
        return chain(this.#asks.isThere(ask), (isThere): Outcome => {
          // A client that is gone may be at another server by now, which would lose the session, and what its program does with it.
          if (!isThere) throw OUTDATED;
          return chain(this.#claim(state, known, text), (taken) => (taken ? this.#catchUp(taken) : again()));
        });
      });
    });
  }

  /** Returns the state with which a session goes on here. */
  #stateOf({ pid, number }: Ask, { known, text }: Found, after: Offset): RecoveredState {
    const { sessions, store, owner: own } = this.#context;
    const { id, rooms, moves, forgotten, data, present, owner = own, endedAt, roomsAt } = known;
    // A session of another process may come back to a third one at the same moment.
    const here = sessions.get(pid);
    const isElsewhere = store.isDurable && (!here || owner !== own);
    return {
      ...{ id, pid, rooms: new Set(rooms), data, present, after, isElsewhere, ask: number },
      // A session that is kept here knows where it left its rooms, even if that was not written yet.
      leaving: [...((text !== undefined && here?.leavingRooms) || []), ...(known.leaving ?? [])],
      moves: moves?.filter((move) => move.after > after),
      forgotten,
      takes: (known.takes ?? 0) + (isElsewhere ? 1 : 0),
      stored: text ?? here?.stored,
      roomsAt: isElsewhere ? roomsAt : undefined,
      isGone: endedAt !== undefined && after <= endedAt,
    };
  }

  /** Takes a session of another process. The client may join rooms as soon as it has its answer, so the session is this server's before that. */
  #claim(state: RecoveredState, known: WrittenSession, text: string): MaybePromise<RecoveredState | undefined> {
    const { log, texts } = this.#context;
    const { pid, takes, isGone } = state;
    const roomsAt = (isGone ? undefined : state.roomsAt) ?? log.offset;
    return chain(texts.claim(pid, text, { ...known, takes, endedAt: undefined, roomsAt }), (stored) =>
      stored === undefined ? undefined : { ...state, stored },
    );
  }

  /** Brings the rooms of a session up to the newest record. */
  #catchUp(state: RecoveredState): Outcome {
    return chain(this.#changes.apply(state), (moved) => {
      // The connection over which the client was told of the gap may have been lost before that.
      if (moved)
        return {
          state: moved,
          gap: moved.missed === undefined ? undefined : { after: moved.missed, before: undefined },
        };
      this.#context.onPutOut(state.pid, state.stored);
      return { gap: { after: state.after, before: undefined } };
    });
  }
}
