/** How clients read history by themselves: asked of the application, checked, and bounded, for every wire alike. */
import type { Offset } from '../backplane/backplane.js';
import { attempt, throwLater } from '../base/uncaught.js';
import type { Refusal } from './doors.js';
import type { HistoryQuery, HistoryRecords, RecordQuery } from './history.js';
import type { Socket } from './socket.js';
import type { Room } from './target.js';

/** Told of the outcome, once. */
export type HistoryAnswered = (refusal: Refusal | undefined, page: HistoryRecords | undefined) => void;

/** What a client asks for; `isEntering`: it is being let into the rooms, and gets what follows as it comes. */
export interface HistoryWish extends Pick<RecordQuery, 'upTo'> {
  readonly rooms: readonly Room[];
  /** What came from the client, as it came. */
  readonly query: unknown;
  readonly isEntering?: boolean;
}

/** Readings of one client that may be open at once. */
const OPEN_MAX = 4;

const TOO_MANY: Refusal = { code: 'TOO_MANY', message: `${OPEN_MAX} readings of history are under way` };

const openReadings = new WeakMap<Socket, number>();

/** Finds out whether a client may read the history of rooms; no refusal is a yes. */
export function mayReadHistory(
  socket: Socket,
  { rooms, query, isEntering }: HistoryWish,
  answered: (refusal: Refusal | undefined) => void,
): void {
  const { past, doors, name } = socket.nsp;
  const refusal = past.isKept ? checkQuery(query) : notKept(name);
  if (refusal) {
    answered(refusal);
    return;
  }
  let waiting = rooms.length;
  let isRefused = false;
  if (waiting === 0) answered(undefined);
  for (const room of rooms) {
    doors.mayLook(
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

/** Reads the history of rooms for a client that may. What left out a room that the client is in was not for it. */
export function readHistory(socket: Socket, { rooms, query, upTo }: HistoryWish, answered: HistoryAnswered): void {
  const open = openReadings.get(socket) ?? 0;
  if (open >= OPEN_MAX) {
    answered(TOO_MANY, undefined);
    return;
  }
  const outside = socket.rooms;
  // What it sent itself left out its own room.
  outside.delete(socket.id);
  const reading = socket.nsp.past.readInTurn({ ...(query as HistoryQuery), rooms: new Set(rooms), upTo, outside });
  if (!reading) {
    answered({ code: 'TOO_MANY', message: 'too many readings of history wait' }, undefined);
    return;
  }
  openReadings.set(socket, open + 1);
  const done = (refusal: Refusal | undefined, page: HistoryRecords | undefined): void => {
    openReadings.set(socket, (openReadings.get(socket) ?? 1) - 1);
    if (socket.connected) answered(refusal, page);
  };
  reading
    .then(
      (page) => done(undefined, page),
      (error) => done(refuse(error as Error), undefined),
    )
    .catch(throwLater);
}

/** Holds back what is sent from now on, for a client that wants to have first what was sent before; gives the offset between both. */
export function holdForHistory(socket: Socket): Offset | undefined {
  const { past, log } = socket.nsp;
  // All that was emitted before gets its place in the log.
  past.settle();
  return log && socket.holdFrom(log.offset);
}

/**
 * Has a client enter that may read, and reads: it gets what was sent before by `answered`, and from then on what follows, as it comes; in
 * this order, nothing twice and nothing missing.
 */
export function enterWithHistory(
  socket: Socket,
  wish: HistoryWish,
  enter: () => Refusal | undefined,
  answered: HistoryAnswered,
): void {
  const done: HistoryAnswered = (refused, page) => {
    attempt(answered, refused, page);
    socket.readOn();
  };
  // Before it is held: that costs more than to refuse, and clients ask as often as they like.
  if ((openReadings.get(socket) ?? 0) >= OPEN_MAX) {
    done(TOO_MANY, undefined);
    return;
  }
  const upTo = holdForHistory(socket);
  const refusal = enter();
  if (refusal) done(refusal, undefined);
  else readHistory(socket, { ...wish, upTo }, done);
}

/** Asks, and reads. */
export function askForHistory(socket: Socket, wish: HistoryWish, answered: HistoryAnswered): void {
  mayReadHistory(socket, wish, (refusal) => {
    if (refusal) answered(refusal, undefined);
    else readHistory(socket, wish, answered);
  });
}

/** What stands in the way of a query of a client, but for its offsets. */
function checkQuery(query: unknown): Refusal | undefined {
  const { limit } = (query ?? {}) as { limit?: unknown };
  const isQuery = query === undefined || (typeof query === 'object' && query !== null && !Array.isArray(query));
  if (!isQuery) return badQuery('a query is { before, after, limit }');
  if (limit === undefined || (Number.isSafeInteger(limit) && (limit as number) >= 1)) return undefined;
  return badQuery('"limit" is a whole number of 1 or more');
}

function refuse(error: Error & { code?: unknown }): Refusal {
  if (error.code === 'BAD_ARGUMENT') return badQuery(error.message);
  return { code: 'FAILED', message: 'the log could not be read' };
}

function badQuery(message: string): Refusal {
  return { code: 'BAD_QUERY', message };
}

function notKept(name: string): Refusal {
  return { code: 'NOT_KEPT', message: `${name} keeps no history` };
}
