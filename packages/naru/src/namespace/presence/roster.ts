/** The present connections of one room, and the members that they belong to. */
import type { Room } from '../event/target.js';

/** One present connection, as processes report it to each other. */
export interface PresenceEntry {
  readonly socketId: string;
  /** The process that has the connection. */
  readonly node: string;
  /** The identity of the member that the connection belongs to. */
  readonly id: string;
  /** JSON of the last state that the connection was given. */
  readonly state: string;
  /** The time at which it was given its state, 0 if it never was. */
  readonly at: number;
  /** The time at which its process took it. If two processes have it, the later one counts. */
  readonly takenAt: number;
  /** The time at which it became present. */
  readonly since: number;
}

/** The presence of a socket in a room, as recovery keeps it. */
export interface PresentAs extends Pick<PresenceEntry, 'id' | 'state' | 'at'> {
  readonly room: Room;
  readonly isAnnounced: boolean;
}

/** A member of a room, with one or more connections. */
export interface PresenceMember {
  /** The identity that the application gave. */
  readonly id: string;
  /** The last state given to any of its connections that are still here, null if none was given. */
  readonly state: unknown;
  /** Number of its connections in the room. */
  readonly connections: number;
  /** Arrival of the earliest of these connections, in milliseconds since the Unix epoch. */
  readonly since: number;
}

/** A change of a member. */
export interface PresenceChange {
  readonly type: 'join' | 'update' | 'leave';
  readonly member: PresenceMember;
}

const NO_ENTRIES: readonly PresenceEntry[] = [];

/** The members of one room. Invariant: an identity has a member exactly while it has a connection here. */
export class Roster {
  readonly #entries = new Map<string, PresenceEntry>();
  readonly #byId = new Map<string, readonly PresenceEntry[]>();

  /** Number of members. */
  get count(): number {
    return this.#byId.size;
  }

  /** Number of connections. */
  get connectionCount(): number {
    return this.#entries.size;
  }

  /** All connections. */
  get entries(): Iterable<PresenceEntry> {
    return this.#entries.values();
  }

  /** Returns a connection. */
  get(socketId: string): PresenceEntry | undefined {
    return this.#entries.get(socketId);
  }

  /** Returns the time of the newest state of a member, -1 when it is not here. */
  newestAt(id: string): number {
    const entries = this.#byId.get(id);
    return entries ? newest(entries).at : -1;
  }

  /** Returns at most `limit` members in the order of their arrival. */
  list(limit: number): PresenceMember[] {
    // Reading all states would take long in a large room.
    const arrivals = [...this.#byId].map(([id, entries]) => ({ id, entries, since: sinceOf(entries) }));
    if (limit > 0) arrivals.sort(byArrival);
    return arrivals.slice(0, limit).map(({ entries }) => toMember(entries));
  }

  /** Adds a connection or replaces its entry. Returns the resulting changes. */
  set(entry: PresenceEntry): readonly PresenceChange[] {
    const known = this.#entries.get(entry.socketId);
    const changes = known && known.id !== entry.id ? [...this.delete(entry.socketId)] : [];
    const others = this.#byId.get(entry.id) ?? NO_ENTRIES;
    this.#entries.set(entry.socketId, entry);
    const entries = [...others.filter(({ socketId }) => socketId !== entry.socketId), entry];
    this.#byId.set(entry.id, entries);
    if (others.length === 0) changes.push({ type: 'join', member: toMember(entries) });
    else if (newest(others).state !== newest(entries).state) {
      changes.push({ type: 'update', member: toMember(entries) });
    }
    return changes;
  }

  /** Removes a connection. Returns the resulting changes. */
  delete(socketId: string): readonly PresenceChange[] {
    const entry = this.#entries.get(socketId);
    if (!entry) return [];
    this.#entries.delete(socketId);
    const before = this.#byId.get(entry.id) ?? NO_ENTRIES;
    const entries = before.filter((each) => each !== entry);
    if (entries.length === 0) {
      this.#byId.delete(entry.id);
      return [{ type: 'leave', member: { ...toMember(before), connections: 0 } }];
    }
    this.#byId.set(entry.id, entries);
    return newest(before).state === newest(entries).state ? [] : [{ type: 'update', member: toMember(entries) }];
  }
}

function toMember(entries: readonly PresenceEntry[]): PresenceMember {
  const { id, state } = newest(entries);
  return { id, state: JSON.parse(state), connections: entries.length, since: sinceOf(entries) };
}

function sinceOf(entries: readonly PresenceEntry[]): number {
  return Math.min(...entries.map(({ since }) => since));
}

/** Returns the entry whose state counts. All processes choose the same one. */
function newest(entries: readonly PresenceEntry[]): PresenceEntry {
  return entries.reduce((one, other) =>
    other.at > one.at || (other.at === one.at && other.socketId > one.socketId) ? other : one,
  );
}

type Arrival = Pick<PresenceMember, 'id' | 'since'>;

function byArrival(one: Arrival, other: Arrival): number {
  return one.since - other.since || (one.id < other.id ? -1 : 1);
}

/** Whether two entries of a connection are the same. */
export function sameEntries(known: PresenceEntry | undefined, entry: PresenceEntry): boolean {
  return (
    known?.at === entry.at && known.takenAt === entry.takenAt && known.node === entry.node && known.id === entry.id
  );
}

/**
 * Returns the entry of a client that came back with what the store had of it. The program's own words since then come
 * first. `isRestored` says that the entry is as recovery made it.
 */
export function withStored(own: PresenceEntry, stored: PresenceEntry, isRestored: boolean): PresenceEntry {
  const isUnsaid = own.at === 0 && (own.id === stored.id || own.id === own.socketId);
  const { id, state, at } = isUnsaid || (isRestored && stored.at > own.at) ? stored : own;
  const [takenAt, since] = [Math.max(own.takenAt, stored.takenAt + 1), Math.min(own.since, stored.since)];
  return { ...own, id, state, at, takenAt, since };
}
