/** Lets clients of every wire read history: asks the application, checks the query, and applies the bounds. */
import { type Offset, ZERO_OFFSET } from '../../backplane/backplane.js';
import { attempt, throwLater } from '../../base/uncaught.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { Permissions, Refusal } from '../permissions/permissions.js';
import type { Rooms, RoomWatcher } from '../rooms.js';
import type { Member, Socket } from '../socket/socket.js';
import type { Room } from '../target.js';
import type { History, HistoryQuery, HistoryRecords, RecordQuery } from './history.js';

/** The parts of a namespace that history queries use. */
export interface HistoryNamespace {
  readonly name: string;
  readonly members: Rooms<Member>;
  readonly past: History;
  readonly log: NamespaceLog | undefined;
  readonly permissions: Permissions<Socket>;
  /** Appends the events that wait for the end of the turn. */
  settle(): void;
}

/** Called once with the outcome. */
export type HistoryAnswered = (refusal: Refusal | undefined, page: HistoryRecords | undefined) => void;

/** A client's request. With `isEntering` the client is about to join the rooms, and receives later events as they come. */
export interface HistoryWish extends Pick<RecordQuery, 'upTo' | 'attachmentsMax'> {
  readonly rooms: readonly Room[];
  /** The client's query, unchecked. */
  readonly query: unknown;
  readonly isEntering?: boolean;
}

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
  const refusal: Refusal | undefined = log
    ? checkQuery(query)
    : { code: 'NOT_KEPT', message: `${name} does not keep history` };
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

/** Reads the history of rooms for a client that has permission. Events that excepted a room of the client are left out. */
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
  // The client's own events except its own room, and the client may still read them.
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

/** Holds back later events for a client that wants the earlier ones first. Returns the offset between the two. */
export function holdForHistory(namespace: HistoryNamespace, member: Member): Offset | undefined {
  // Appends everything emitted so far, so that the log holds it before the returned offset.
  namespace.settle();
  return namespace.log && member.holdFrom(namespace.log.offset);
}

/** Returns why no reading of a client can begin now, or `undefined` when one can. */
function refuseReading({ past }: HistoryNamespace, member: Member): Refusal | undefined {
  if ((openReadings.get(member) ?? 0) >= OPEN_MAX) return TOO_MANY;
  return past.isFullFor(member.socket) ? FULL : undefined;
}

/**
 * Lets a client with permission join by calling `enter`, and reads the history for it. `answered` receives the earlier events. The client
 * then receives later events as they come, in order, without duplicates or gaps. A reading that cannot begin is refused before the client
 * joins.
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
  // Checked before the client is held. Holding costs more than refusing, and clients can ask without limit.
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

/** A client's join of one room, while the history of the room is being read. */
interface Entry {
  reading: number;
  /** Set until the client joins the room for this entry. A later join comes from elsewhere. */
  isEntering: boolean;
  /** Whether a reading succeeded, or something else has put the client into the room in the meantime. */
  isKept: boolean;
}

/** Entries by namespace, client and room. Invariant: the rooms of a namespace have a watcher exactly while the namespace has entries. */
const entries = new WeakMap<Rooms<Member>, Map<Member, Map<Room, Entry>>>();

/**
 * Does the same as `enterWithHistory` for one room. If the reading fails, the client leaves the room, unless something else put it there.
 */
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
    // Another reading has already let the client in.
    return isIn ? undefined : permissions.enter(socket, room);
  };
  const done: HistoryAnswered = (refusal, page) => {
    if (entry && endEntry(namespace, member, room, entry, refusal === undefined)) socket.leave(room);
    answered(refusal, page);
  };
  enterWithHistory(namespace, member, wish, done, enter);
}

/** Keeps a client in a room that it also joins in another way while a join with history is under way. */
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

/** Creates an entry. If the client has joined and left the room before, this entry replaces the earlier one, which then has no effect. */
function beginEntry(members: Rooms<Member>, member: Member, room: Room): Entry {
  const ofNamespace = entries.get(members) ?? new Map<Member, Map<Room, Entry>>();
  const ofMember = ofNamespace.get(member) ?? new Map<Room, Entry>();
  const entry: Entry = { reading: 0, isEntering: true, isKept: false };
  entries.set(members, ofNamespace.set(member, ofMember.set(room, entry)));
  members.watcher ??= keeperOf(members);
  return entry;
}

/** Ends one reading of an entry. Returns whether the client must leave the room. */
function endEntry(namespace: HistoryNamespace, member: Member, room: Room, entry: Entry, isKept: boolean): boolean {
  const ofMember = entries.get(namespace.members)?.get(member);
  entry.reading -= 1;
  entry.isKept ||= isKept;
  if (entry.reading > 0 || ofMember?.get(room) !== entry) return false;
  ofMember.delete(room);
  if (ofMember.size === 0) forgetEntries(namespace, member);
  return !entry.isKept;
}

/** Forgets a client whose last entry has ended, or that has gone. */
function forgetEntries({ members }: HistoryNamespace, member: Member): void {
  const ofNamespace = entries.get(members);
  ofNamespace?.delete(member);
  if (ofNamespace?.size === 0) members.watcher = undefined;
}

/** Returns the gap for a client that joins without history: everything before the end of the log is missing. */
export function historyGap({ log }: HistoryNamespace): { after: Offset; before: Offset | null } {
  return { after: ZERO_OFFSET, before: log?.offset ?? null };
}

/** Asks for permission, and then reads. */
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

/** Returns why a client's query is invalid, or `undefined`. Offsets are checked by the reading. */
function checkQuery(query: unknown): Refusal | undefined {
  const { limit, attachmentsMax = 0 } = (query ?? {}) as { limit?: unknown; attachmentsMax?: unknown };
  const isQuery = query === undefined || (typeof query === 'object' && query !== null && !Array.isArray(query));
  if (!isQuery) return badQuery('a query must be { before, after, limit, attachmentsMax }, each of them optional');
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
