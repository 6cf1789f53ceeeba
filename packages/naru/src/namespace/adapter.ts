/** The rooms of a namespace as applications see them: `adapter.rooms`, `adapter.sids` and the four room events. */

import type { Room, SocketId, Target } from './event/target.js';
import { EVERYBODY, type RoomMember, type Rooms } from './rooms.js';
import type { Member, Socket } from './socket/socket.js';

/** The source of a view's entries. */
interface ViewSource<Value> {
  size(): number;
  get(key: string): Value | undefined;
  keys(): MapIterator<string>;
}

/** A Map whose entries are computed on access. Changes to the Map have no effect. */
class View<Value> extends Map<string, Value> {
  readonly #source: ViewSource<Value>;

  constructor(source: ViewSource<Value>) {
    super();
    this.#source = source;
  }

  override get size(): number {
    return this.#source.size();
  }

  override get(key: string): Value | undefined {
    return this.#source.get(key);
  }

  override has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  override keys(): MapIterator<string> {
    return this.#source.keys();
  }

  override *entries(): MapIterator<[string, Value]> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  override *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  override forEach(visit: (value: Value, key: string, map: Map<string, Value>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  override [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }
}

/** Returns a view of the members by id. `read` makes each value. */
function membersView<M extends RoomMember, Value>({ members }: Rooms<M>, read: (member: M) => Value): View<Value> {
  const get = (id: string): Value | undefined => {
    const member = members.get(id);
    return member && read(member);
  };
  return new View({ size: () => members.size, get, keys: () => members.keys() });
}

/** Returns the value of `namespace.sockets`: the sockets of a namespace by id. */
export function socketsView(rooms: Rooms<Member>): Map<SocketId, Socket> {
  return membersView(rooms, ({ socket }) => socket);
}

/** The value of `namespace.adapter`. Its views are live, and their values are copies. */
export class Adapter<M extends RoomMember = RoomMember> {
  /** Ids of the sockets in each room. */
  readonly rooms: ReadonlyMap<Room, ReadonlySet<SocketId>>;
  /** Rooms of each socket. */
  readonly sids: ReadonlyMap<SocketId, ReadonlySet<Room>>;
  /** The namespace. */
  readonly nsp: unknown;
  readonly #rooms: Rooms<M>;
  readonly #everywhere: (() => Promise<readonly { readonly rooms: Iterable<Room> }[]>) | undefined;

  constructor(rooms: Rooms<M>, nsp?: { fetchSockets(): Promise<readonly { readonly rooms: Iterable<Room> }[]> }) {
    this.#rooms = rooms;
    this.nsp = nsp;
    this.#everywhere = nsp && (() => nsp.fetchSockets());
    const get = (room: Room): Set<SocketId> | undefined => {
      const members = rooms.membersOf(room);
      return members && new Set(members.keys());
    };
    this.rooms = new View({ size: () => rooms.count, get, keys: () => rooms.names() });
    this.sids = membersView(rooms, (member) => rooms.roomsOf(member));
  }

  /** Returns the rooms of a socket, or `undefined` for an unknown socket. */
  socketRooms(id: SocketId): Set<Room> | undefined {
    const member = this.#rooms.members.get(id);
    return member && this.#rooms.roomsOf(member);
  }

  /** Returns the ids of the sockets in any of `rooms`, or of all sockets if `rooms` is empty. */
  async sockets(rooms: ReadonlySet<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    const target: Target = { ...EVERYBODY, rooms };
    for (const { id } of this.#rooms.recipientsOf(target)) ids.add(id);
    return ids;
  }

  /**
   * Returns the rooms that have sockets on any node, the own room of each socket included. Rejects as `fetchSockets`
   * does.
   */
  async allRooms(): Promise<Set<Room>> {
    const sockets = await this.#everywhere?.();
    return sockets ? new Set(sockets.flatMap(({ rooms }) => [...rooms])) : new Set(this.#rooms.names());
  }

  /** Adds a listener for `create-room`, `join-room`, `leave-room` or `delete-room`. */
  on(name: RoomEvent, listener: (room: Room, id: SocketId) => void): this {
    this.#rooms.on(name, listener);
    return this;
  }

  /** Adds a listener for the next room event of this name. */
  once(name: RoomEvent, listener: (room: Room, id: SocketId) => void): this {
    this.#rooms.once(name, listener);
    return this;
  }

  /** Removes a listener, or all listeners of a room event. */
  off(name: RoomEvent, listener?: (room: Room, id: SocketId) => void): this {
    this.#rooms.off(name, listener);
    return this;
  }
}

/** The events of rooms. `join-room` and `leave-room` also carry the id of the socket. */
export type RoomEvent = 'create-room' | 'join-room' | 'leave-room' | 'delete-room';
