/** The recipients of events while joins and leaves wait for their fence. */
import type { Offset } from '../../backplane/backplane.js';
import { getOrCreate } from '../../base/get-or-create.js';
import type { RoomMember, Rooms } from '../rooms.js';
import type { Room, Target } from '../target.js';

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

/** The rooms of a member for which its events and its changes do not agree yet. */
export interface OpenRooms {
  /** Rooms that it has left, and whose events still reach it. */
  readonly leaving?: readonly LeftRoom[] | undefined;
  /** Rooms that it has joined, and whose events do not reach it yet. */
  readonly joining?: readonly Room[] | undefined;
  /** The rooms of both kinds whose change stands in the log. */
  readonly placed?: readonly Room[] | undefined;
}

const NONE: OpenRooms = {};

/** The earlier rooms of a member that goes on with a session. They decide which of the missed events it gets. */
export interface PastRooms {
  /** Rooms that it had left, and whose events were still on their way to it. */
  readonly leaving?: readonly LeftRoom[] | undefined;
  /** Changes of its rooms, in order. */
  readonly moves?: readonly RoomChange[] | undefined;
}

/** A member whose membership of a room has changed, and whose changes have not all taken effect. */
export interface OpenChange<M> {
  /** The member, or the one that goes on with its session. */
  member: M;
  /** Whether the member counts as in the room until the next change takes effect. */
  isIn: boolean;
  /** The number of changes that have not taken effect. */
  open: number;
  /** Whether the newest change stands in the log, too. */
  isPlaced: boolean;
  readonly left: LeftRoom;
}

/**
 * The members of rooms as events find them. `Rooms` has what programs see: a change shows there at once. Here it takes effect at its fence. With
 * no change open, both are the same, and this costs nothing.
 */
export class EffectiveRooms<M extends RoomMember> {
  readonly #rooms: Rooms<M>;
  readonly #changes = new Map<Room, Map<M, OpenChange<M>>>();
  /** Members that have left the namespace and still get the events before that. */
  readonly #parting = new Set<M>();
  /** Members that do not get events yet. */
  readonly #waiting = new Set<M>();

  constructor(rooms: Rooms<M>) {
    this.#rooms = rooms;
  }

  /** Whether nobody can get an event. */
  get isEmpty(): boolean {
    return this.#rooms.members.size === 0 && this.#parting.size === 0;
  }

  /** A member has entered a room, or left it, and that takes effect with `end`. Call it once for each change, after the change. */
  begin(member: M, room: Room, isIn: boolean, isPlaced = false): OpenChange<M> {
    const changes = getOrCreate(this.#changes, room, () => new Map<M, OpenChange<M>>());
    const change = getOrCreate(changes, member, () => ({
      member,
      isIn: !isIn,
      open: 0,
      isPlaced,
      left: { room, until: undefined },
    }));
    change.open += 1;
    change.isPlaced = isPlaced;
    return change;
  }

  /**
   * The oldest change that is open for a member and a room takes effect, after the event `at`. Returns `false` if events found the member so
   * already: another node has made the same change earlier.
   */
  end(change: OpenChange<M>, isIn: boolean, at: Offset): boolean {
    const isNew = change.isIn !== isIn;
    change.isIn = isIn;
    change.left.until = isIn ? undefined : at;
    change.open -= 1;
    if (change.open === 0) this.#remove(change);
    return isNew;
  }

  #remove({ member, left: { room } }: OpenChange<M>): void {
    const changes = this.#changes.get(room);
    changes?.delete(member);
    if (changes?.size === 0) this.#changes.delete(room);
  }

  /** A member goes on with the session of an earlier one. The open changes of that one are its own from now on. */
  inherit(member: M): void {
    for (const changes of this.#changes.values()) {
      for (const [earlier, change] of changes) {
        if (earlier === member || earlier.id !== member.id) continue;
        changes.delete(earlier);
        change.member = member;
        changes.set(member, change);
      }
    }
  }

  /**
   * A change of another node takes effect at its place in the log. Returns `undefined` if no change of this node is open for the member and the
   * room. Otherwise that later change decides what programs see, and the answer is whether events find the member otherwise than before.
   */
  place(member: M, room: Room, isIn: boolean): boolean | undefined {
    const change = this.#changes.get(room)?.get(member);
    if (!change) return undefined;
    const isNew = change.isIn !== isIn;
    change.isIn = isIn;
    return isNew;
  }

  /** A member leaves the namespace, and gets what is on its way until `depart`. Call it before the member leaves its rooms. */
  part(member: M): void {
    this.#parting.add(member);
    for (const room of this.#rooms.roomsOf(member)) this.begin(member, room, false);
  }

  /** A member that is parting gets nothing more. */
  depart(member: M): void {
    this.#parting.delete(member);
    for (const [room, changes] of this.#changes) {
      changes.delete(member);
      if (changes.size === 0) this.#changes.delete(room);
    }
  }

  /** The rooms whose events reach a member now, as a copy. */
  roomsOf(member: M): Set<Room> {
    const rooms = this.#rooms.roomsOf(member);
    for (const [room, changes] of this.#changes) {
      const change = changes.get(member);
      if (change?.isIn === true) rooms.add(room);
      else if (change) rooms.delete(room);
    }
    return rooms;
  }

  /** The rooms of a member whose changes have not taken effect. `rooms` are those that it has, or had when it left the namespace. */
  openOf(member: M, rooms: ReadonlySet<Room> = this.#rooms.roomsOf(member)): OpenRooms {
    if (this.#changes.size === 0) return NONE;
    const leaving: LeftRoom[] = [];
    const joining: Room[] = [];
    const placed: Room[] = [];
    for (const [room, changes] of this.#changes) {
      const change = changes.get(member);
      if (!change || change.isIn === rooms.has(room)) continue;
      if (change.isIn) leaving.push(change.left);
      else joining.push(room);
      if (change.isPlaced) placed.push(room);
    }
    return { leaving, joining, placed };
  }

  /** A member has entered the namespace, and gets only the events after the fence at which `admit` is called. */
  wait(member: M): void {
    this.#waiting.add(member);
  }

  admit(member: M): void {
    this.#waiting.delete(member);
  }

  /** Returns the members that wait, and that programs see in the rooms of a target. */
  waitingOf(target: Target): M[] {
    const found: M[] = [];
    if (this.#waiting.size > 0)
      this.#rooms.forEach(target, (member) => this.#waiting.has(member) && found.push(member));
    return found;
  }

  /** Calls `visit` once for each member that an event to the target reaches. */
  forEach(target: Target, visit: (member: M) => void): void {
    if (this.#changes.size + this.#parting.size + this.#waiting.size === 0) {
      this.#rooms.forEach(target, visit);
      return;
    }
    const excluded = new Set(this.#waiting);
    for (const room of target.except) for (const member of this.#membersOf(room)) excluded.add(member);
    if (target.rooms.size === 0) {
      for (const member of [...this.#rooms.members.values(), ...this.#parting])
        if (!excluded.has(member)) visit(member);
      return;
    }
    for (const room of target.rooms) {
      for (const member of this.#membersOf(room)) {
        if (excluded.has(member)) continue;
        excluded.add(member);
        visit(member);
      }
    }
  }

  /** The members of a room. A list, because listeners may change who is in it. */
  #membersOf(room: Room): M[] {
    const changes = this.#changes.get(room);
    const members = [...(this.#rooms.membersOf(room)?.values() ?? [])];
    if (!changes) return members;
    const left = [...changes].filter(([, { isIn }]) => isIn).map(([member]) => member);
    return [
      ...members.filter((member) => changes.get(member)?.isIn !== false),
      ...left.filter((each) => !members.includes(each)),
    ];
  }
}
