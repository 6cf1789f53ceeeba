/** The rooms of a namespace and their members. */
import type { Offset } from '../backplane/backplane.js';
import { Emitter } from '../base/emitter.js';
import { ConfigError } from '../base/errors.js';
import type { Room, SocketId, Target } from './event/target.js';

/** The part of a member that rooms use. It takes no memory while the member is only in its own room. */
export interface RoomMember {
  readonly id: SocketId;
  /** Whether the member is in its own room, whose name is the member's id. */
  isInOwnRoom: boolean;
  /** The other rooms that the member is in. */
  joinedRooms: Set<Room> | undefined;
}

/** Hooks for changes of the members. */
export interface RoomWatcher<M extends RoomMember> {
  /** Called before a member joins a room. The member may be in it already. */
  onEntering(member: M, room: Room): void;
}

/** A room that a member has left, while events to it may still be on their way to the member. */
export interface LeftRoom {
  readonly room: Room;
  /** The newest event before the member left, `undefined` until it is known. */
  until: Offset | undefined;
}

/** A room that a member entered or left, for the records after an offset. */
export interface RoomChange {
  readonly after: Offset;
  readonly room: Room;
  readonly isIn: boolean;
}

/**
 * Sorts changes of rooms, and what stands between them, by their places. `rooms` are those of the member after all of
 * them. If the last change of such a room is a leave, a server wrote a later join and was killed before that had a
 * place. The member then counts as in the room all the time: an event too many is better than a lost one.
 */
export function inOrder<Item extends Partial<RoomChange> & Pick<RoomChange, 'after'>>(
  items: readonly Item[],
  rooms: ReadonlySet<Room>,
): Item[] {
  const sorted = items.toSorted((one, other) => (one.after < other.after ? -1 : Number(one.after > other.after)));
  const last = new Map(sorted.map((item) => [item.room, item]));
  return sorted.flatMap((item) => {
    const { room, isIn } = item;
    const isBack = isIn === false && room !== undefined && rooms.has(room) && last.get(room) === item;
    return isBack ? [item, { ...item, isIn: true }] : [item];
  });
}

/** The rooms of a member for which its events and its changes do not agree yet. */
export interface OpenRooms {
  /** Rooms that it has left, and whose events still reach it. */
  readonly leaving?: readonly LeftRoom[] | undefined;
  /** Rooms that it has joined, and whose events do not reach it yet. */
  readonly joining?: readonly Room[] | undefined;
  /** The rooms of both kinds whose change stands in the log. */
  readonly placed?: readonly Room[] | undefined;
}

/** The earlier rooms of a member that goes on with a session. They decide which of the missed events it gets. */
export interface PastRooms {
  /** Rooms that it had left, and whose events were still on their way to it. */
  readonly leaving?: readonly LeftRoom[] | undefined;
  /** Changes of its rooms, in order. */
  readonly moves?: readonly RoomChange[] | undefined;
}

/**
 * Returns how the rooms of a member have changed that is in `rooms`. It has left the others by now, if no earlier place
 * is known.
 */
export function movesOf({ leaving = [], moves = [] }: PastRooms, rooms: ReadonlySet<Room>, now: Offset) {
  if (leaving.length === 0) return moves;
  const left = leaving.filter(({ room }) => !rooms.has(room));
  return [...moves, ...left.map(({ room, until = now }) => ({ after: until, room, isIn: false }))];
}

/** No rooms. */
export const NO_ROOMS: ReadonlySet<Room> = new Set();

/** Everybody in a namespace. */
export const EVERYBODY: Target = { rooms: NO_ROOMS, except: NO_ROOMS, flags: {} };

/**
 * The rooms of one namespace. Emits `create-room` (room), `join-room` (room, id), `leave-room` (room, id) and
 * `delete-room` (room). Invariant: a room exists exactly while it has a member, and a room's members and the members'
 * rooms are each other's inverse. A socket that is alone in its own room has no entry here. The room is derived from
 * the socket. A member that will take over the id of another has its rooms noted, and enters them when it is added.
 */
export class Rooms<M extends RoomMember> extends Emitter {
  readonly #members = new Map<SocketId, M>();
  readonly #rooms = new Map<Room, Map<SocketId, M>>();
  readonly #roomsPerMemberMax: number;
  /** Set only while hooks are needed. */
  watcher: RoomWatcher<M> | undefined = undefined;
  /** Called when a member has entered a room, perhaps one that others are in already. */
  onEntered: ((room: Room) => void) | undefined = undefined;
  /** Called when a room begins to exist, and when it ends. */
  onExists: ((room: Room, exists: boolean) => void) | undefined = undefined;

  constructor(roomsPerMemberMax: number) {
    super();
    this.#roomsPerMemberMax = roomsPerMemberMax;
  }

  /** All members by id. */
  get members(): ReadonlyMap<SocketId, M> {
    return this.#members;
  }

  /** Number of rooms, including the sockets' own rooms. */
  get count(): number {
    let count = this.#rooms.size;
    for (const member of this.#members.values()) if (member.isInOwnRoom && !this.#rooms.has(member.id)) count += 1;
    return count;
  }

  /** Adds a new member, which joins its own room. It enters the rooms that it was to take over from another. */
  add(member: M): void {
    this.#members.set(member.id, member);
    this.#joinOwn(member);
    if (member.joinedRooms) for (const room of member.joinedRooms) this.#enter(member, room);
  }

  /** Whether another member, which may be half-open, has the id and its places in rooms. */
  isTaken(member: M): boolean {
    const known = this.#members.get(member.id);
    return known !== undefined && known !== member;
  }

  /** Whether a member is in a room. */
  has(member: M, room: Room): boolean {
    return room === member.id ? member.isInOwnRoom : member.joinedRooms?.has(room) === true;
  }

  /** Whether a member has reached the limit of rooms, or will have when it has joined `count` more. */
  isFull({ joinedRooms }: M, count = 0): boolean {
    return (joinedRooms?.size ?? 0) + count >= this.#roomsPerMemberMax;
  }

  /** Whether a member is in a room already, or may join one more. */
  isOpenTo(member: M, room: Room): boolean {
    return !this.isFull(member) || room === member.id || member.joinedRooms?.has(room) === true;
  }

  /** Returns the error for a member that is in too many rooms to join another. */
  overfull(): ConfigError {
    const count = this.#roomsPerMemberMax;
    return new ConfigError(
      'BAD_ARGUMENT',
      `a socket can be in at most ${count} rooms: raise "roomsPerSocketMax" for more`,
    );
  }

  /**
   * Adds a member to a room, unless it is in it already. Throws ConfigError if the member has reached the limit of
   * rooms.
   */
  join(member: M, room: Room): void {
    if (room === member.id) {
      if (this.isTaken(member)) member.isInOwnRoom = true;
      else if (!member.isInOwnRoom) this.#joinOwn(member);
      return;
    }
    this.watcher?.onEntering(member, room);
    member.joinedRooms ??= new Set();
    if (member.joinedRooms.has(room)) return;
    if (this.isFull(member)) throw this.overfull();
    member.joinedRooms.add(room);
    if (!this.isTaken(member)) this.#enter(member, room);
  }

  #enter(member: M, room: Room): void {
    let members = this.#rooms.get(room);
    if (members?.get(member.id) === member) return;
    let isNew = false;
    if (!members) {
      members = new Map();
      this.#rooms.set(room, members);
      const owner = this.#members.get(room);
      isNew = owner?.isInOwnRoom !== true;
      if (owner && !isNew) members.set(room, owner);
    }
    members.set(member.id, member);
    this.onEntered?.(room);
    if (isNew) this.#tellExists(room, true);
    // A listener may have removed the member again.
    if (members.get(member.id) === member) this.tell('join-room', room, member.id);
  }

  /** Removes a member from a room, if it is in it. */
  leave(member: M, room: Room): void {
    if (room === member.id) {
      if (!member.isInOwnRoom) return;
      member.isInOwnRoom = false;
    } else if (!member.joinedRooms?.delete(room)) {
      return;
    }
    const members = this.#rooms.get(room);
    if (room === member.id ? this.isTaken(member) : members?.get(member.id) !== member) return;
    members?.delete(member.id);
    this.tell('leave-room', room, member.id);
    // A listener may have changed the members of the room, or deleted it.
    if ((this.membersOf(room)?.size ?? 0) > 0 || (members && this.#rooms.get(room) !== members)) return;
    this.#rooms.delete(room);
    this.#tellExists(room, false);
  }

  /**
   * Removes a member from all rooms and the namespace. A member that was never added may be in rooms too, through
   * middleware.
   */
  remove(member: M): void {
    this.leave(member, member.id);
    if (member.joinedRooms) for (const room of member.joinedRooms) this.leave(member, room);
    member.joinedRooms = undefined;
    if (this.#members.get(member.id) === member) this.#members.delete(member.id);
  }

  /** Returns the members of a room by id, or `undefined` if the room does not exist. */
  membersOf(room: Room): ReadonlyMap<SocketId, M> | undefined {
    const members = this.#rooms.get(room);
    if (members) return members;
    const owner = this.#members.get(room);
    return owner?.isInOwnRoom ? new Map([[room, owner]]) : undefined;
  }

  /** Returns the rooms of a member, its own first. */
  roomsOf(member: M): Set<Room> {
    const rooms = new Set<Room>();
    if (member.isInOwnRoom) rooms.add(member.id);
    if (member.joinedRooms) for (const room of member.joinedRooms) rooms.add(room);
    return rooms;
  }

  /** Yields the names of all rooms. */
  *names(): Generator<Room> {
    for (const member of this.#members.values()) if (member.isInOwnRoom && !this.#rooms.has(member.id)) yield member.id;
    yield* this.#rooms.keys();
  }

  /**
   * Returns the members of a target, each once. Of one room, or of the namespace, they follow what changes meanwhile.
   */
  recipientsOf({ rooms, except }: Target): Iterable<M> {
    if (except.size === 0 && rooms.size === 0) return this.#members.values();
    if (except.size === 0 && rooms.size === 1) for (const room of rooms) return this.#in(room);
    const seen = new Set<SocketId>();
    for (const room of except) for (const { id } of this.#in(room)) seen.add(id);
    const found: M[] = [];
    const lists = rooms.size === 0 ? [this.#members.values()] : [...rooms].map((room) => this.#in(room));
    for (const members of lists) {
      for (const member of members) {
        if (seen.has(member.id)) continue;
        seen.add(member.id);
        found.push(member);
      }
    }
    return found;
  }

  /** Whether a member belongs to a target. */
  isIn({ rooms, except }: Target, id: SocketId): boolean {
    if (!this.#members.has(id)) return false;
    const isOf = (room: Room): boolean => this.membersOf(room)?.has(id) === true;
    return (rooms.size === 0 || [...rooms].some(isOf)) && ![...except].some(isOf);
  }

  #tellExists(room: Room, exists: boolean): void {
    this.onExists?.(room, exists);
    this.tell(exists ? 'create-room' : 'delete-room', room);
  }

  #in(room: Room): Iterable<M> {
    const members = this.#rooms.get(room);
    if (members) return members.values();
    const owner = this.#members.get(room);
    return owner?.isInOwnRoom ? [owner] : [];
  }

  #joinOwn(member: M): void {
    member.isInOwnRoom = true;
    this.onEntered?.(member.id);
    const members = this.#rooms.get(member.id);
    if (members) members.set(member.id, member);
    else this.#tellExists(member.id, true);
    if (member.isInOwnRoom) this.tell('join-room', member.id, member.id);
  }
}
