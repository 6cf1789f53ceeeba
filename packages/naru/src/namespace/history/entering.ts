/**
 * Lets clients enter rooms with their history. Entering is one operation: the page ends where the join takes effect.
 */
import type { Offset } from '../../backplane/backplane.js';
import { inTime } from '../../base/steps/answer.js';
import { attempt } from '../../base/uncaught.js';
import type { Room } from '../event/target.js';
import { ORDER_WAIT_MS } from '../log/fences.js';
import type { Pause } from '../log/reader/socket-reader.js';
import { GONE, type Refusal } from '../permissions/permissions.js';
import type { Rooms, RoomWatcher } from '../rooms.js';
import type { Member } from '../socket/socket.js';
import { type HistoryAnswered, type HistoryNamespace, type HistoryWish, Reading, readNow } from './history-query.js';

const NO_ROOMS: readonly Room[] = [];

/**
 * Lets a client with permission join by calling `enter`, and reads the history for it. `answered` receives the earlier
 * events.
 *
 * Guarantee: the page ends at one place in the log, where the join takes effect. That place is after everything that
 * stood in the log at the call. The client gets the events before it as its earlier rooms decide, then the page, and
 * then each later event once and in order. This also holds for a client that reads late, and for several entries at
 * once. After a refusal, the client joins without a page.
 */
export function enterWithHistory(
  namespace: HistoryNamespace,
  member: Member,
  wish: HistoryWish,
  answered: HistoryAnswered,
  enter?: () => Refusal | undefined,
): void {
  const refuse = (refusal: Refusal): void => {
    attempt(answered, refusal, undefined);
    enter?.();
  };
  enterRooms(namespace, member, wish, { refuse, answered, enter, left: () => NO_ROOMS, onGone: () => undefined });
}

/** The steps of an entry that its caller supplies. */
interface EntrySteps {
  /** Called alone when the reading cannot begin. */
  refuse(refusal: Refusal): void;
  readonly answered: HistoryAnswered;
  readonly enter: (() => Refusal | undefined) | undefined;
  /** Returns the rooms in which the client is not after all. Called after `answered`. */
  left(): readonly Room[];
  /** Called instead of `answered` when the client has gone. */
  onGone(): void;
}

function enterRooms(namespace: HistoryNamespace, member: Member, wish: HistoryWish, steps: EntrySteps): void {
  const { log } = namespace;
  const reading = Reading.open(namespace, member);
  if (!log || !(reading instanceof Reading)) {
    steps.refuse(reading as Refusal);
    return;
  }
  let refusal: Refusal | undefined;
  let upTo: Offset | undefined;
  const cancel = (): void => {
    reading.close();
    if (!refusal) steps.onGone();
  };
  const begin = async (): Promise<readonly Room[]> => {
    // The join takes effect in this turn, right after the pause has begun.
    await undefined;
    // A client that loses its server after the page must not get the events of the page again, so its session has the
    // place of the join first.
    const written = refusal ? undefined : namespace.recovery?.whenWritten(member.pid);
    const [refused, page] = refusal ? [refusal] : await readNow(namespace, member, { ...wish, upTo });
    await inTime(log.clock, written, ORDER_WAIT_MS);
    reading.close();
    if (refusal) return NO_ROOMS;
    if (!member.connected) {
      steps.onGone();
      return NO_ROOMS;
    }
    attempt(steps.answered, refused, page);
    const left = steps.left();
    // The answer, or the leaving, may wait for events that are on their way into the log, those of other namespaces
    // among them.
    await new Promise<void>((resolve) => log.fences.confirmations.whenKept(0, () => resolve()));
    return left;
  };
  namespace.delivery.reachEnd();
  const pause: Pause = { begin, cancel };
  log.fences.run(() => {
    upTo = log.offset;
    if (member.connected) namespace.reception.pauseFor(member, pause);
    else cancel();
  });
  refusal = steps.enter?.();
  if (refusal) attempt(steps.answered, refusal, undefined);
}

/** A client's join of one room, while the history of the room is being read. */
interface Entry {
  reading: number;
  /** Set until the client joins the room for this entry. A later join comes from elsewhere. */
  isEntering: boolean;
  /** Whether a reading succeeded, or something else has put the client into the room in the meantime. */
  isKept: boolean;
}

/**
 * Entries by namespace, client and room. Invariant: the rooms of a namespace have a watcher exactly while the namespace
 * has entries.
 */
const entries = new WeakMap<Rooms<Member>, Map<Member, Map<Room, Entry>>>();

/**
 * Lets a client with permission join one room, and reads the history for it, with the guarantee of `enterWithHistory`.
 * A reading that cannot begin is refused before the client joins. If the reading fails, the client leaves the room,
 * unless something else put it there.
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
  let left = NO_ROOMS;
  enterRooms(namespace, member, wish, {
    refuse: (refusal) => answered(refusal, undefined),
    enter: () => {
      const isIn = room === member.id || members.membersOf(room)?.has(member.id) === true;
      entry = isIn ? entries.get(members)?.get(member)?.get(room) : beginEntry(members, member, room);
      if (!entry) return permissions.enter(socket, room);
      entry.reading += 1;
      // Another reading has already let the client in.
      return isIn ? undefined : permissions.enter(socket, room);
    },
    answered: (refusal, page) => {
      if (entry && endEntry(namespace, member, room, entry, refusal === undefined)) {
        socket.leave(room);
        left = [room];
      }
      answered(refusal, page);
    },
    left: () => left,
    onGone: () => {
      forgetEntries(namespace, member);
      answered(GONE, undefined);
    },
  });
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

/**
 * Creates an entry. If the client has joined and left the room before, this entry replaces the earlier one, which then
 * has no effect.
 */
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
