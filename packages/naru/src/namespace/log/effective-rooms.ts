/** The recipients of events while joins and leaves wait for their fence. */
import type { Offset } from '../../backplane/backplane.js';
import { getOrCreate } from '../../base/get-or-create.js';
import type { Room, SocketId, Target } from '../event/target.js';
import type { LeftRoom, OpenRooms, RoomMember, Rooms } from '../rooms.js';

/**
 * A room that a member has entered or left, perhaps several times, while some of these changes have not taken effect.
 */
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
 * The members of rooms as events find them. `Rooms` has what programs see: a change shows there at once. Here it takes
 * effect at its fence. With no change open, both are the same, and this costs nothing.
 */
export class EffectiveRooms<M extends RoomMember> {
  /** The members as programs see them. */
  readonly seen: Rooms<M>;
  /** The open changes of each room, by the ids of the members. */
  readonly #changes = new Map<Room, Map<SocketId, OpenChange<M>>>();
  /** Members that have left the namespace and still get the events before that. */
  readonly #parting = new Set<M>();
  /** Members that have entered the namespace, and get no events before the fence at which they are removed here. */
  readonly waiting = new Set<M>();

  constructor(seen: Rooms<M>) {
    this.seen = seen;
  }

  /** Whether nobody can get an event. */
  get isEmpty(): boolean {
    return this.seen.members.size === 0 && this.#parting.size === 0;
  }

  /**
   * A member has entered a room, or left it, and that takes effect with `end`. Call it once for each change, after the
   * change.
   */
  begin(member: M, room: Room, isIn: boolean, isPlaced = false): OpenChange<M> {
    const changes = getOrCreate(this.#changes, room, () => new Map<SocketId, OpenChange<M>>());
    const left = { room, until: undefined };
    const change = getOrCreate(changes, member.id, () => ({ member, isIn: !isIn, open: 0, isPlaced, left }));
    change.open += 1;
    change.isPlaced = isPlaced;
    return change;
  }

  /**
   * The oldest change that is open for a member and a room takes effect, after the event `at`. Returns `false` if
   * events found the member so already: another node has made the same change earlier.
   */
  end(change: OpenChange<M>, isIn: boolean, at: Offset): boolean {
    const { left, member } = change;
    left.until = isIn ? undefined : at;
    const isNew = this.place(member, left.room, isIn) === true;
    change.open -= 1;
    if (change.open === 0) this.#remove(left.room, member);
    return isNew;
  }

  #remove(room: Room, { id }: M): void {
    const changes = this.#changes.get(room);
    changes?.delete(id);
    if (changes?.size === 0) this.#changes.delete(room);
  }

  /** A member goes on with the session of an earlier one. The open changes of that one are its own from now on. */
  inherit(member: M): void {
    for (const change of this.#changesOf(member)) change.member = member;
  }

  /**
   * A change of another node takes effect at its place in the log. Returns `undefined` if no change of this node is
   * open for the member and the room. Otherwise that later change decides what programs see, and the answer is whether
   * events find the member otherwise than before.
   */
  place(member: M, room: Room, isIn: boolean): boolean | undefined {
    const change = this.#changes.get(room)?.get(member.id);
    if (!change) return undefined;
    const isNew = change.isIn !== isIn;
    change.isIn = isIn;
    return isNew;
  }

  /**
   * A member leaves the namespace, and gets what is on its way until `depart`. Call it before the member leaves its
   * rooms.
   */
  part(member: M): void {
    this.#parting.add(member);
    for (const room of this.seen.roomsOf(member)) this.begin(member, room, false);
  }

  /** A member that is parting gets nothing more. */
  depart(member: M): void {
    this.#parting.delete(member);
    for (const room of this.#changes.keys()) this.#remove(room, member);
  }

  /** The rooms whose events reach a member now, as a copy. */
  roomsOf(member: M): Set<Room> {
    const rooms = this.seen.roomsOf(member);
    for (const { left, isIn } of this.#changesOf(member)) rooms[isIn ? 'add' : 'delete'](left.room);
    return rooms;
  }

  /**
   * The rooms of a member whose changes have not taken effect. `rooms` are those that it has, or had when it left the
   * namespace.
   */
  openOf(member: M, rooms?: ReadonlySet<Room>): OpenRooms {
    if (this.#changes.size === 0) return {};
    const now = rooms ?? this.seen.roomsOf(member);
    const changes = this.#changesOf(member).filter(({ left, isIn }) => isIn !== now.has(left.room));
    if (changes.length === 0) return {};
    return {
      leaving: changes.filter(({ isIn }) => isIn).map(({ left }) => left),
      joining: changes.filter(({ isIn }) => !isIn).map(({ left }) => left.room),
      placed: changes.filter(({ isPlaced }) => isPlaced).map(({ left }) => left.room),
    };
  }

  #changesOf({ id }: M): OpenChange<M>[] {
    return [...this.#changes.values()].flatMap((changes) => changes.get(id) ?? []);
  }

  /** Returns the members that wait, and that programs see in the rooms of a target. */
  waitingOf(target: Target): M[] {
    return [...this.seen.recipientsOf(target)].filter((member) => this.waiting.has(member));
  }

  /** Returns the members that an event to the target reaches, each once. */
  recipientsOf(target: Target): Iterable<M> {
    if (this.#changes.size + this.#parting.size + this.waiting.size === 0) return this.seen.recipientsOf(target);
    const isToAll = target.rooms.size === 0;
    const found = new Set(isToAll ? this.seen.members.values() : this.#membersOf(target.rooms));
    if (isToAll) for (const member of this.#parting) found.add(member);
    for (const member of this.waiting) found.delete(member);
    for (const member of this.#membersOf(target.except)) found.delete(member);
    return found;
  }

  #membersOf(rooms: ReadonlySet<Room>): M[] {
    return [...rooms].flatMap((room) => {
      const members = new Set(this.seen.membersOf(room)?.values());
      for (const { member, isIn } of this.#changes.get(room)?.values() ?? []) members[isIn ? 'add' : 'delete'](member);
      return [...members];
    });
  }
}
