/** Lets clients of every wire read history: asks the application, checks the query, and applies the bounds. */
import { type Offset, ZERO_OFFSET } from '../../backplane/backplane.js';
import { memoryOf } from '../../base/bytes.js';
import type { Answer } from '../../base/steps/answer.js';
import { throwLater } from '../../base/uncaught.js';
import type { Room } from '../event/target.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { Pause } from '../log/reader/socket-reader.js';
import type { Permissions, Refusal } from '../permissions/permissions.js';
import type { Rooms } from '../rooms.js';
import type { Member, Socket } from '../socket/socket.js';
import type { History, HistoryQuery, HistoryRecords, RecordQuery } from './history.js';

/** The parts of a namespace that history queries use. */
export interface HistoryNamespace {
  readonly name: string;
  readonly members: Rooms<Member>;
  readonly past: History;
  readonly log: NamespaceLog | undefined;
  readonly permissions: Permissions<Socket>;
  readonly delivery: {
    /** Has what stands in the log by now delivered before anything that the program does from here on. */
    reachEnd(): void;
  };
  readonly recovery: { whenWritten(pid: string | undefined): Answer<unknown> } | undefined;
  readonly reception: {
    /**
     * Has a member pause at this place in the log: when it was sent everything before, and before it is sent anything
     * after.
     */
    pauseFor(member: Member, pause: Pause): void;
  };
}

/** Called once with the outcome. */
export type HistoryAnswered = (refusal: Refusal | undefined, page: HistoryRecords | undefined) => void;

/**
 * A client's request. With `isEntering` the client is about to join the rooms, and receives later events as they come.
 */
export interface HistoryWish extends Pick<RecordQuery, 'upTo' | 'attachmentsMax'> {
  readonly rooms: readonly Room[];
  /** The client's query, unchecked. */
  readonly query: unknown;
  readonly isEntering?: boolean;
}

/** Most bytes of a query in memory, because many may wait for a rule. */
const QUERY_BYTES_MAX = 4_096;
/** Readings that one client may have open at once. */
const OPEN_MAX = 4;

const TOO_MANY: Refusal = { code: 'TOO_MANY', message: `${OPEN_MAX} history requests are under way: wait for one` };
const FULL: Refusal = { code: 'TOO_MANY', message: 'too many history requests are waiting: try again later' };

const openReadings = new WeakMap<Member, number>();

/** Decides whether a client may read the history of rooms. No refusal means yes. */
export function mayReadHistory(
  { log, permissions, name }: HistoryNamespace,
  { socket }: Member,
  { rooms, query, isEntering }: HistoryWish,
  answered: (refusal: Refusal | undefined) => void,
): void {
  const refusal = log ? checkQuery(query) : notKept(name);
  if (refusal) {
    answered(refusal);
    return;
  }
  let waiting = rooms.length;
  let isRefused = false;
  if (waiting === 0) answered(undefined);
  for (const room of rooms) {
    permissions.mayLook(
      'history',
      socket,
      room,
      (refused) => {
        if (isRefused) return;
        isRefused = refused !== undefined;
        waiting -= 1;
        if (refused || waiting === 0) answered(refused);
      },
      isEntering,
    );
  }
}

/** One of the few readings that a client may have open. Invariant: it is closed once, whatever becomes of it. */
export class Reading {
  readonly #member: Member;

  private constructor(member: Member) {
    this.#member = member;
    openReadings.set(member, (openReadings.get(member) ?? 0) + 1);
  }

  /** Opens a reading, or returns why no reading of the client can begin now. */
  static open({ past, name, log }: HistoryNamespace, member: Member): Reading | Refusal {
    if (!log) return notKept(name);
    if ((openReadings.get(member) ?? 0) >= OPEN_MAX) return TOO_MANY;
    return past.isFullFor(member.socket) ? FULL : new Reading(member);
  }

  close(): void {
    openReadings.set(this.#member, (openReadings.get(this.#member) ?? 1) - 1);
  }
}

/**
 * Reads the history of rooms for a client that has permission. Events that excepted a room of the client are left out.
 * Never rejects.
 */
export async function readNow(
  { past }: HistoryNamespace,
  member: Member,
  { rooms, query, upTo, attachmentsMax }: HistoryWish,
): Promise<[refusal: Refusal | undefined, page?: HistoryRecords | undefined]> {
  const outside = member.rooms;
  // The client's own events except its own room, and the client may still read them.
  outside.delete(member.id);
  try {
    const { before, after, limit } = (query ?? {}) as HistoryQuery;
    const asked = { before, after, limit, rooms: new Set(rooms), upTo, attachmentsMax, outside };
    const page = await past.readQueued(member.socket, asked);
    return page ? [undefined, page] : [FULL];
  } catch (error) {
    return [refuse(error as Error)];
  }
}

/** Returns the gap for a client that joins without history: everything before the end of the log is missing. */
export function historyGap({ log }: HistoryNamespace): { after: Offset; before: Offset | null } {
  return { after: ZERO_OFFSET, before: log?.offset ?? null };
}

/** Asks for permission, and then reads. Calls `onGone` instead of `answered` if the client has gone by then. */
export function askForHistory(
  namespace: HistoryNamespace,
  member: Member,
  wish: HistoryWish,
  answered: HistoryAnswered,
  onGone?: () => void,
): void {
  mayReadHistory(namespace, member, wish, (refusal) => {
    const reading = refusal ?? Reading.open(namespace, member);
    if (!(reading instanceof Reading)) {
      answered(reading, undefined);
      return;
    }
    readNow(namespace, member, wish)
      .then(([refused, page]) => {
        reading.close();
        if (member.connected) answered(refused, page);
        else onGone?.();
      })
      .catch(throwLater);
  });
}

function notKept(name: string): Refusal {
  return { code: 'NOT_KEPT', message: `${name} does not keep history` };
}

/** Returns why a client's query is invalid, or `undefined`. Offsets are checked by the reading. */
function checkQuery(query: unknown): Refusal | undefined {
  const { limit, attachmentsMax = 0 } = (query ?? {}) as { limit?: unknown; attachmentsMax?: unknown };
  const isQuery = query === undefined || (typeof query === 'object' && query !== null && !Array.isArray(query));
  if (!isQuery) return badQuery('a query must be { before, after, limit, attachmentsMax }, each of them optional');
  if (memoryOf(query) > QUERY_BYTES_MAX) return badQuery(`a query must take at most ${QUERY_BYTES_MAX} bytes`);
  if (!Number.isSafeInteger(attachmentsMax) || (attachmentsMax as number) < 0)
    return badQuery('"attachmentsMax" must be a whole number of 0 or more');
  if (limit === undefined || (Number.isSafeInteger(limit) && (limit as number) >= 1)) return undefined;
  return badQuery('"limit" must be a whole number of 1 or more');
}

function refuse(error: Error & { code?: unknown }): Refusal {
  if (error.code === 'BAD_ARGUMENT') return badQuery(error.message);
  return { code: 'FAILED', message: 'the log could not be read' };
}

function badQuery(message: string): Refusal {
  return { code: 'BAD_QUERY', message };
}
