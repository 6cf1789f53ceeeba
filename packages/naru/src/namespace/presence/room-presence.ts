/** The presence of a room, as an application sees and changes it. */
import { flag } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions } from '../../base/options/table.js';
import type { Room } from '../event/target.js';
import type { PresenceMember } from './roster.js';

/** The table of the options of `presence(room, options)`. */
export const roomPresenceTable = options('presence', {
  /**
   * Whether the members of the room are told of changes. They receive `naru:presence:join`, `naru:presence:update` and
   * `naru:presence:leave`, each with the room and the member. A new member receives `naru:presence:list` with the room
   * and the list. This applies to the sockets of this process, while one of them is present in the room or a listener
   * is registered. @default false
   */
  announce: flag(undefined),
});

const NO_OPTIONS: PresenceOptions = {};

/** Options of `presence(room, options)`. */
export interface PresenceOptions extends OptionsOf<typeof roomPresenceTable> {}

/** The identity and the state of a member. */
export interface PresenceDetails {
  /**
   * The identity that several connections share as one member, 1 to 256 characters. @default the previous one, or else
   * the socket's id
   */
  id?: string | undefined;
  /**
   * Any value that JSON can hold, up to the server's `presence.stateBytesMax`. @default the previous one, or else null
   */
  state?: unknown;
}

/** A change of a member. */
export type PresenceEvent = 'join' | 'update' | 'leave';

/** Called with a member that has changed. */
export type PresenceListener = (member: PresenceMember) => void;

/** A list of the members of a room. */
export interface PresenceList {
  /** In the order of their arrival. */
  readonly members: readonly PresenceMember[];
  /** Number of all members, including those that are not in the list. */
  readonly count: number;
}

/** Carries out the operations of a room's presence. */
export interface PresenceRooms<S> {
  join(room: Room, socket: S, details: PresenceDetails, options: PresenceOptions): void;
  update(room: Room, socket: S, state: unknown): boolean;
  leave(room: Room, socket: S): boolean;
  list(room: Room, limit?: number): Promise<PresenceList>;
  listen(room: Room, event: PresenceEvent, listener: PresenceListener, options: PresenceOptions): void;
  unlisten(room: Room, event?: PresenceEvent, listener?: PresenceListener): void;
}

/**
 * The presence of one room. Members of the room are present when the application makes them so. Events: `join` when a
 * new member arrives, `update` when the state of a member changes, `leave` when the last connection of a member has
 * gone. They are emitted on each process that has members or listeners for the room.
 */
export class RoomPresence<S> {
  /** The room. */
  readonly room: Room;
  readonly #rooms: () => PresenceRooms<S>;
  readonly #options: PresenceOptions;

  /** `rooms` returns what carries out the operations now. */
  constructor(rooms: () => PresenceRooms<S>, room: Room, options?: PresenceOptions) {
    this.#rooms = rooms;
    this.room = room;
    this.#options = options ? readOptions(roomPresenceTable, options) : NO_OPTIONS;
  }

  /**
   * Makes a socket present, and lets it join the room if it is not in it. Its presence ends when it leaves the room or
   * disconnects. Another call changes its details, so you can call this at each `connection`. Throws ConfigError when
   * the state is too big or not JSON, and when too many connections are present.
   */
  join(socket: S, details: PresenceDetails = {}): this {
    this.#rooms().join(this.room, socket, details, this.#options);
    return this;
  }

  /** Sets the state of a present socket. Returns `false` when the socket is not present. Throws as `join` does. */
  update(socket: S, state: unknown): boolean {
    return this.#rooms().update(this.room, socket, state);
  }

  /** Ends the presence of a socket, which stays in the room. Returns `false` when it was not present. */
  leave(socket: S): boolean {
    return this.#rooms().leave(this.room, socket);
  }

  /**
   * Returns at most `limit` members, or the server's `presence.membersMax`. Rejects with UnavailableError when they
   * cannot be read.
   */
  async list(limit?: number): Promise<readonly PresenceMember[]> {
    return (await this.#rooms().list(this.room, limit)).members;
  }

  /** Returns the number of members. */
  async count(): Promise<number> {
    return (await this.#rooms().list(this.room, 0)).count;
  }

  /** Adds a listener. */
  on(event: PresenceEvent, listener: PresenceListener): this {
    this.#rooms().listen(this.room, event, listener, this.#options);
    return this;
  }

  /**
   * Removes a listener. Without a listener, removes all listeners of the event. Without an event, removes all listeners
   * of the room.
   */
  off(event?: PresenceEvent, listener?: PresenceListener): this {
    this.#rooms().unlisten(this.room, event, listener);
    return this;
  }
}
