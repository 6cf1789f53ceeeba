/** Events of this process on their way into a log that answers later: they are for those who were in their rooms when they were emitted. */
import type { Offset } from '../backplane/backplane.js';
import type { LoggedEvent } from './namespace-log.js';
import type { Member, Rooms } from './rooms.js';
import type { Room, SocketId, Target } from './target.js';

/** Events that went into the log together, and are not handed out yet. */
export interface Flight {
  readonly events: readonly LoggedEvent[];
  /** Where they stand, once that is known. */
  offsets: readonly Offset[] | undefined;
  /** The rooms in which members were then, of those that have entered or left some since; nothing for those who came in since. */
  readonly before: Map<SocketId, ReadonlySet<Room> | undefined>;
}

/** A member that may be late: then it reads the log, by the rooms in which it is when it does. */
export interface LateMember extends Member {
  readonly isLate?: boolean;
}

/** Beyond it the oldest are handed out to whoever is in their rooms then. */
const FLIGHTS_MAX = 1_024;

/**
 * The flights of one namespace. Guarantee: who leaves a room, or enters one, while an event to it is on its way gets it, or does not, as if
 * that had been handed out at once. A socket that came in meanwhile, with a session of before perhaps, or that is late, goes by the rooms
 * that it is in.
 */
export class Unanswered<M extends LateMember> {
  readonly #rooms: Rooms<M>;
  readonly #flights = new Set<Flight>();
  readonly #byOffset = new Map<Offset, Flight>();
  #isListening = false;

  constructor(rooms: Rooms<M>) {
    this.#rooms = rooms;
  }

  /** How many there are. */
  get count(): number {
    return this.#flights.size;
  }

  /** Events were given to the log, which has not answered yet. */
  add(events: readonly LoggedEvent[]): Flight {
    this.#listen();
    const flight: Flight = { events, offsets: undefined, before: new Map() };
    this.#flights.add(flight);
    for (const oldest of this.#flights) {
      if (this.#flights.size <= FLIGHTS_MAX) break;
      this.delete(oldest);
    }
    return flight;
  }

  /** The log has answered, and events of others come before: these are handed out when they are read there. */
  place(flight: Flight, offsets: readonly Offset[]): void {
    if (!this.#flights.has(flight)) return;
    flight.offsets = offsets;
    for (const offset of offsets) this.#byOffset.set(offset, flight);
  }

  /** The flight that an event of the log was in. */
  at(offset: Offset): Flight | undefined {
    return this.#byOffset.size === 0 ? undefined : this.#byOffset.get(offset);
  }

  /** Its events were handed out. */
  delete(flight: Flight): void {
    this.#flights.delete(flight);
    for (const offset of flight.offsets ?? []) this.#byOffset.delete(offset);
  }

  /** All up to an offset was handed out. */
  pass(offset: Offset): void {
    if (this.#byOffset.size === 0) return;
    for (const flight of this.#flights) {
      const last = flight.offsets?.at(-1);
      if (last !== undefined && last <= offset) this.delete(flight);
    }
  }

  /** Calls `visit` once for each member that gets an event of a flight. */
  forEach(target: Target, flight: Flight | undefined, visit: (member: M) => void): void {
    if (!flight || flight.before.size === 0) {
      this.#rooms.forEach(target, visit);
      return;
    }
    const decided = new Set<M>();
    for (const [id, rooms] of [...flight.before]) {
      const member = rooms && this.#rooms.members.get(id);
      if (!member) continue;
      decided.add(member);
      if (isFor(target, rooms)) visit(member);
    }
    this.#rooms.forEach(target, (member) => !decided.has(member) && visit(member));
  }

  /** Calls `visit` with each event that is on its way to a member, in their order, and not up to `handedOut` in the log. */
  forEachTo(id: SocketId, handedOut: Offset, visit: (event: LoggedEvent) => void): void {
    const member = this.#rooms.members.get(id);
    if (!member) return;
    for (const { events, before, offsets } of [...this.#flights]) {
      const rooms = before.get(id) ?? this.#rooms.roomsOf(member);
      for (const [at, event] of events.entries()) {
        const offset = offsets?.[at];
        if ((offset === undefined || offset > handedOut) && isFor(event.target, rooms)) visit(event);
      }
    }
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#rooms.on('join-room', (room: Room, id: SocketId) => this.#note(room, id, true));
    this.#rooms.on('leave-room', (room: Room, id: SocketId) => this.#note(room, id, false));
  }

  #note(room: Room, id: SocketId, isJoined: boolean): void {
    const member = this.#flights.size > 0 ? this.#rooms.members.get(id) : undefined;
    if (!member) return;
    let rooms: Set<Room> | undefined;
    for (const { before } of this.#flights) {
      if (before.has(id)) continue;
      if (!rooms && !(isJoined && room === id) && member.isLate !== true) {
        rooms = this.#rooms.roomsOf(member);
        if (isJoined) rooms.delete(room);
        else rooms.add(room);
      }
      before.set(id, rooms);
    }
  }
}

/** Whether a target names somebody who is in these rooms. */
function isFor({ rooms: named, except }: Target, rooms: ReadonlySet<Room>): boolean {
  return (named.size === 0 || meets(named, rooms)) && !meets(except, rooms);
}

function meets(names: ReadonlySet<Room>, rooms: ReadonlySet<Room>): boolean {
  for (const name of names) if (rooms.has(name)) return true;
  return false;
}
