/** How clients read history by themselves: asked of the application, checked, and bounded, for every wire alike. */
import { type Offset, ZERO_OFFSET } from '../../backplane/backplane.js';
import { attempt, throwLater } from '../../base/uncaught.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { Permissions, Refusal } from '../permissions/permissions.js';
import type { Rooms, RoomWatcher } from '../rooms.js';
import type { Member, Socket } from '../socket/socket.js';
import type { Room } from '../target.js';
import type { History, HistoryQuery, HistoryRecords, RecordQuery } from './history.js';

/** What queries for history need of a namespace. */
export interface HistoryNamespace {
  readonly name: string;
  readonly members: Rooms<Member>;
  readonly past: History;
  readonly log: NamespaceLog | undefined;
  readonly permissions: Permissions<Socket>;
  /** Puts into the log what waits for the end of the turn. */
  settle(): void;
}

/** Told of the outcome, once. */
export type HistoryAnswered = (refusal: Refusal | undefined, page: HistoryRecords | undefined) => void;

/** What a client asks for; `isEntering`: it is being let into the rooms, and gets what follows as it comes. */
export interface HistoryWish extends Pick<RecordQuery, 'upTo' | 'attachmentsMax'> {
  readonly rooms: readonly Room[];
  /** What came from the client, as it came. */
  readonly query: unknown;
  readonly isEntering?: boolean;
}

/** Readings of one client that may be open at once. */
const OPEN_MAX = 4;

const TOO_MANY: Refusal = { code: 'TOO_MANY', message: `${OPEN_MAX} readings of history are under way` };
const FULL: Refusal = { code: 'TOO_MANY', message: 'too many readings of history wait' };

const openReadings = new WeakMap<Member, number>();

/** Finds out whether a client may read the history of rooms; no refusal is a yes. */
export function mayReadHistory(
  { log, permissions, name }: HistoryNamespace,
  { socket }: Member,
  { rooms, query, isEntering }: HistoryWish,
  answered: (refusal: Refusal | undefined) => void,
): void {
  const refusal: Refusal | undefined = log
    ? checkQuery(query)
    : { code: 'NOT_KEPT', message: `${name} keeps no history` };
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

/** Reads the history of rooms for a client that may. What left out a room that the client is in was not for it. */
export function readHistory(
  namespace: HistoryNamespace,
  member: Member,
  { rooms, query, upTo, attachmentsMax }: HistoryWish,
  answered: HistoryAnswered,
): void {
  const full = refuseReading(namespace, member);
  if (full) {
    answered(full, undefined);
    return;
  }
  const outside = member.rooms;
  // What it sent itself left out its own room.
  outside.delete(member.id);
  const asked = { ...(query as HistoryQuery), rooms: new Set(rooms), upTo, attachmentsMax, outside };
  openReadings.set(member, (openReadings.get(member) ?? 0) + 1);
  const done = (refusal: Refusal | undefined, page: HistoryRecords | undefined): void => {
    openReadings.set(member, (openReadings.get(member) ?? 1) - 1);
    if (member.connected) answered(refusal, page);
    else forgetEntries(namespace, member);
  };
  namespace.past
    .readQueued(member.socket, asked)
    .then(
      (page) => done(page ? undefined : FULL, page),
      (error) => done(refuse(error as Error), undefined),
    )
    .catch(throwLater);
}

/** Holds back what is sent from now on, for a client that wants to have first what was sent before; gives the offset between both. */
export function holdForHistory(namespace: HistoryNamespace, member: Member): Offset | undefined {
  // All that was emitted before gets its place in the log.
  namespace.settle();
  return namespace.log && member.holdFrom(namespace.log.offset);
}

/** Why no reading of a client can begin now; nothing where one can. */
function refuseReading({ past }: HistoryNamespace, member: Member): Refusal | undefined {
  if ((openReadings.get(member) ?? 0) >= OPEN_MAX) return TOO_MANY;
  return past.isFullFor(member.socket) ? FULL : undefined;
}

/**
 * Has a client enter that may read, and reads: it gets what was sent before by `answered`, and from then on what follows, as it comes; in
 * this order, nothing twice and nothing missing. What cannot begin is refused before it enters.
 */
export function enterWithHistory(
  namespace: HistoryNamespace,
  member: Member,
  wish: HistoryWish,
  answered: HistoryAnswered,
  enter?: () => Refusal | undefined,
): void {
  const done: HistoryAnswered = (refused, page) => {
    attempt(answered, refused, page);
    member.readOn();
  };
  // Before it is held: that costs more than to refuse, and clients ask as often as they like.
  const full = refuseReading(namespace, member);
  if (full) {
    done(full, undefined);
    return;
  }
  const upTo = holdForHistory(namespace, member);
  const refusal = enter?.();
  if (refusal) done(refusal, undefined);
  else readHistory(namespace, member, { ...wish, upTo }, done);
}

/** Entries into one room whose history is being read. */
interface Entry {
  reading: number;
  /** Whether the client is still to enter for it. */
  isEntering: boolean;
  /** Whether one of them succeeded, or the client was put into the room meanwhile by something else. */
  isKept: boolean;
}

/** By namespace, client and room. Invariant: the rooms of a namespace are watched exactly while it has one here. */
const entries = new WeakMap<Rooms<Member>, Map<Member, Map<Room, Entry>>>();

/** As `enterWithHistory`, for a client that is in the room if it got the history, or is there by something else. */
export function enterRoomWithHistory(
  namespace: HistoryNamespace,
  member: Member,
  room: Room,
  wish: HistoryWish,
  answered: HistoryAnswered,
): void {
  const { permissions, members } = namespace;
  const { socket } = member;
  let entry: Entry | undefined;
  const enter = (): Refusal | undefined => {
    const isIn = room === member.id || members.membersOf(room)?.has(member.id) === true;
    entry = isIn ? entries.get(members)?.get(member)?.get(room) : beginEntry(members, member, room);
    if (!entry) return permissions.enter(socket, room);
    entry.reading += 1;
    // Who is in by another reading need not enter.
    return isIn ? undefined : permissions.enter(socket, room);
  };
  const done: HistoryAnswered = (refusal, page) => {
    if (entry && endEntry(namespace, member, room, entry, refusal === undefined)) socket.leave(room);
    answered(refusal, page);
  };
  enterWithHistory(namespace, member, wish, done, enter);
}

/** A client that is put into a room without history stays there, whatever becomes of an entry with history that is under way. */
function keeperOf(members: Rooms<Member>): RoomWatcher<Member> {
  return {
    onEntering: (member, room) => {
      const entry = entries.get(members)?.get(member)?.get(room);
      if (!entry) return;
      entry.isKept ||= !entry.isEntering;
      entry.isEntering = false;
    },
  };
}

/** An entry that was left meanwhile is replaced, and has no say any more. */
function beginEntry(members: Rooms<Member>, member: Member, room: Room): Entry {
  const ofNamespace = entries.get(members) ?? new Map<Member, Map<Room, Entry>>();
  const ofMember = ofNamespace.get(member) ?? new Map<Room, Entry>();
  const entry: Entry = { reading: 0, isEntering: true, isKept: false };
  entries.set(members, ofNamespace.set(member, ofMember.set(room, entry)));
  members.watcher ??= keeperOf(members);
  return entry;
}

/** One of the readings has ended; whether the room is to be left. */
function endEntry(namespace: HistoryNamespace, member: Member, room: Room, entry: Entry, isKept: boolean): boolean {
  const ofMember = entries.get(namespace.members)?.get(member);
  entry.reading -= 1;
  entry.isKept ||= isKept;
  if (entry.reading > 0 || ofMember?.get(room) !== entry) return false;
  ofMember.delete(room);
  if (ofMember.size === 0) forgetEntries(namespace, member);
  return !entry.isKept;
}

/** A client has no entries any more, or has gone. */
function forgetEntries({ members }: HistoryNamespace, member: Member): void {
  const ofNamespace = entries.get(members);
  ofNamespace?.delete(member);
  if (ofNamespace?.size === 0) members.watcher = undefined;
}

/** What says to a client that is in without history that it is: all that stands before the end of the log is missing. */
export function historyGap({ log }: HistoryNamespace): { after: Offset; before: Offset | null } {
  return { after: ZERO_OFFSET, before: log?.offset ?? null };
}

/** Asks, and reads. */
export function askForHistory(
  namespace: HistoryNamespace,
  member: Member,
  wish: HistoryWish,
  answered: HistoryAnswered,
): void {
  mayReadHistory(namespace, member, wish, (refusal) => {
    if (refusal) answered(refusal, undefined);
    else readHistory(namespace, member, wish, answered);
  });
}

/** What stands in the way of a query of a client, but for its offsets. */
function checkQuery(query: unknown): Refusal | undefined {
  const { limit, attachmentsMax = 0 } = (query ?? {}) as { limit?: unknown; attachmentsMax?: unknown };
  const isQuery = query === undefined || (typeof query === 'object' && query !== null && !Array.isArray(query));
  if (!isQuery) return badQuery('a query is { before, after, limit, attachmentsMax }');
  if (!Number.isSafeInteger(attachmentsMax) || (attachmentsMax as number) < 0)
    return badQuery('"attachmentsMax" is a whole number of 0 or more');
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
