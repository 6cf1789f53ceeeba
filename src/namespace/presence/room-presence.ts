/** Who is in a room, as an application sees and changes it. */
import { flag } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions } from '../../base/options/table.js';
import type { Room } from '../target.js';
import type { PresenceMember } from './roster.js';

/** The table of the options of `presence(room, options)`. */
export const roomPresenceTable = options('presence', {
  /**
   * Whether the members of the room are told: `naru:presence:join`, `naru:presence:update` and `naru:presence:leave`, each with the room
   * and the member, and `naru:presence:list` with the room and the list for each new member. It holds as long as somebody is present in
   * the room. @default false
   */
  announce: flag(undefined),
});

const NO_OPTIONS: PresenceOptions = {};

/** Options of `presence(room, options)`. */
export interface PresenceOptions extends OptionsOf<typeof roomPresenceTable> {}

/** Who somebody is, and how. */
export interface PresenceDetails {
  /** By which several connections are known as one member; 1 to 256 characters. @default what it has, or else the socket's id */
  id?: string;
  /** Anything that JSON can hold, up to the server's `presence.stateBytesMax`. @default what it has, or else null */
  state?: unknown;
}

/** What happens to members. */
export type PresenceEvent = 'join' | 'update' | 'leave';

/** Told of a member. */
export type PresenceListener = (member: PresenceMember) => void;

/** The members of a room, as they are listed. */
export interface PresenceList {
  /** Those who came first first. */
  readonly members: readonly PresenceMember[];
  /** How many there are. */
  readonly count: number;
}

/** What stands behind a room's presence. */
export interface PresenceRooms<S> {
  join(room: Room, socket: S, details: PresenceDetails, options: PresenceOptions): void;
  update(room: Room, socket: S, state: unknown): boolean;
  leave(room: Room, socket: S): boolean;
  list(room: Room, limit?: number): Promise<PresenceList>;
  listen(room: Room, event: PresenceEvent, listener: PresenceListener, options: PresenceOptions): void;
  unlisten(room: Room, event?: PresenceEvent, listener?: PresenceListener): void;
}

/**
 * The presence of one room, which members of the room have if the application gives it to them. Events: `join` when somebody comes who was
 * not here, `update` when the state of a member changes, `leave` when its last connection has gone; on each process that has members here
 * or listens.
 */
export class RoomPresence<S> {
  /** The room. */
  readonly room: Room;
  readonly #rooms: PresenceRooms<S>;
  readonly #options: PresenceOptions;

  constructor(rooms: PresenceRooms<S>, room: Room, options?: PresenceOptions) {
    this.#rooms = rooms;
    this.room = room;
    this.#options = options ? readOptions(roomPresenceTable, options) : NO_OPTIONS;
  }

  /**
   * Makes a socket present, and has it join the room if it is not in it; it leaves with the room, or with its connection. Once more
   * changes who it is, so it can be called at each `connection`. Throws ConfigError for a state that is too big or no JSON, and where too many are present.
   */
  join(socket: S, details: PresenceDetails = {}): this {
    this.#rooms.join(this.room, socket, details, this.#options);
    return this;
  }

  /** Gives a socket that is present another state; `false` where it is not present. Throws as `join`. */
  update(socket: S, state: unknown): boolean {
    return this.#rooms.update(this.room, socket, state);
  }

  /** Ends the presence of a socket, which stays in the room; `false` where it was not present. */
  leave(socket: S): boolean {
    return this.#rooms.leave(this.room, socket);
  }

  /** Who is here. At most `limit` members, or the server's `presence.membersMax`. Rejects with UnavailableError when that cannot be read. */
  async list(limit?: number): Promise<readonly PresenceMember[]> {
    return (await this.#rooms.list(this.room, limit)).members;
  }

  /** How many members there are. */
  async count(): Promise<number> {
    return (await this.#rooms.list(this.room, 0)).count;
  }

  /** Adds a listener. */
  on(event: PresenceEvent, listener: PresenceListener): this {
    this.#rooms.listen(this.room, event, listener, this.#options);
    return this;
  }

  /** Removes a listener; without one, all of the event; without an event, all of the room. */
  off(event?: PresenceEvent, listener?: PresenceListener): this {
    this.#rooms.unlisten(this.room, event, listener);
    return this;
  }
}
