/** The rooms that this server owns. */
import type { Ending, Place, Refusal } from '../../shared/protocol.js';
import type { InputMessage } from '../../shared/wire/input.js';
import type { Outbox } from './outbox.js';
import type { Guest } from './player.js';
import { type Beginning, Room, type RoomRules } from './room.js';

/** The settings of all rooms of one server. */
export interface HostRules extends RoomRules {
  /** People in all rooms together. */
  readonly players: number;
}

/** All rooms of one server. */
export class Host {
  readonly #rules: HostRules;
  readonly #outboxOf: (code: string) => Outbox;
  readonly #rooms = new Map<string, Room>();

  /** `outboxOf` makes the way out of a room. */
  constructor(rules: HostRules, outboxOf: (code: string) => Outbox) {
    this.#rules = rules;
    this.#outboxOf = outboxOf;
  }

  get rooms(): ReadonlyMap<string, Room> {
    return this.#rooms;
  }

  /** Makes a room. It does not run before it is added. */
  make(beginning: Beginning): Room {
    return new Room(beginning, this.#rules, this.#outboxOf(beginning.code));
  }

  /** Runs a room from now on. */
  add(room: Room): void {
    this.#rooms.set(room.code, room);
  }

  /** Lets go of a room, because it is over or another server has it. */
  drop(code: string): void {
    this.#rooms.delete(code);
  }

  /** Whether the rooms have as many people as this server can take. */
  get isFull(): boolean {
    let humans = 0;
    for (const { slots } of this.#rooms.values()) humans += slots.humans;
    return humans >= this.#rules.players;
  }

  /** Gives someone a place in a room. Those who have one get it back, however full it is. */
  enter(code: string, guest: Guest): Place | Refusal {
    const room = this.#rooms.get(code);
    if (!room) return 'gone';
    return this.isFull && !room.slots.ofKey(guest.key) ? 'full' : room.enter(guest);
  }

  /** Takes inputs. Those of a room that has moved on are lost, as datagrams are. */
  take(code: string, socket: string, message: InputMessage): void {
    this.#rooms.get(code)?.take(socket, message);
  }

  /** Notes that a connection is lost. */
  lose(code: string, socket: string): void {
    this.#rooms.get(code)?.lose(socket);
  }

  /** Ends the place of someone who wants to go, or who plays on elsewhere. */
  leave(code: string, key: string, why: Ending): void {
    const room = this.#rooms.get(code);
    const player = room?.slots.ofKey(key);
    if (room && player) room.leave(player, why);
  }

  /** Gives someone another name. */
  rename(code: string, { key, card }: Guest): void {
    const room = this.#rooms.get(code);
    const player = room?.slots.ofKey(key);
    if (room && player) room.rename(player, card);
  }

  /** Simulates one tick of every room. Snapshots are sent if `isShown`. */
  advance(isShown: boolean): void {
    for (const room of this.#rooms.values()) room.advance(isShown);
  }
}
