/** Who is in one room: connections, and the members that they belong to. */
import type { Room } from '../target.js';

/** One connection that is present, as processes tell each other. */
export interface PresenceEntry {
  readonly socketId: string;
  /** The process that has the connection. */
  readonly node: string;
  /** Whose connection it is. */
  readonly id: string;
  /** JSON of the state that it was given last. */
  readonly state: string;
  /** When it was given its state; 0 where it was given none. */
  readonly at: number;
  /** When its process took it; of two processes that have it, the later one does. */
  readonly takenAt: number;
  /** When it came. */
  readonly since: number;
}

/** How a socket was present in a room. */
export interface PresentAs extends Pick<PresenceEntry, 'id' | 'state' | 'at'> {
  readonly room: Room;
  readonly isAnnounced: boolean;
}

/** Somebody who is in a room, by whatever number of connections. */
export interface PresenceMember {
  /** The identity that the application gave. */
  readonly id: string;
  /** The state that was given last, by any of its connections that are still here; null where none was. */
  readonly state: unknown;
  /** How many connections it has here. */
  readonly connections: number;
  /** When the first of these came, in milliseconds since the Unix epoch. */
  readonly since: number;
}

/** What happened to a member. */
export interface PresenceChange {
  readonly type: 'join' | 'update' | 'leave';
  readonly member: PresenceMember;
}

const NO_ENTRIES: readonly PresenceEntry[] = [];

/** A roster. Invariant: an identity has a member exactly while it has a connection here. */
export class Roster {
  readonly #entries = new Map<string, PresenceEntry>();
  readonly #byId = new Map<string, readonly PresenceEntry[]>();

  /** Members. */
  get count(): number {
    return this.#byId.size;
  }

  /** Connections. */
  get connectionCount(): number {
    return this.#entries.size;
  }

  /** The connections. */
  get entries(): Iterable<PresenceEntry> {
    return this.#entries.values();
  }

  /** A connection. */
  get(socketId: string): PresenceEntry | undefined {
    return this.#entries.get(socketId);
  }

  /** When the newest state of a member was given; -1 for one who is not here. */
  newestAt(id: string): number {
    const entries = this.#byId.get(id);
    return entries ? newest(entries).at : -1;
  }

  /** At most so many members, those who came first first. */
  list(limit: number): PresenceMember[] {
    return [...this.#byId.values()].map(toMember).sort(byArrival).slice(0, limit);
  }

  /** A connection is here, or has another state; gives what that changes. */
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

  /** A connection is gone; gives what that changes. */
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
  const since = Math.min(...entries.map((entry) => entry.since));
  return { id, state: JSON.parse(state), connections: entries.length, since };
}

/** The one whose state counts: every process finds the same. */
function newest(entries: readonly PresenceEntry[]): PresenceEntry {
  return entries.reduce((one, other) =>
    other.at > one.at || (other.at === one.at && other.socketId > one.socketId) ? other : one,
  );
}

function byArrival(one: PresenceMember, other: PresenceMember): number {
  return one.since - other.since || (one.id < other.id ? -1 : 1);
}

/** Whether two entries of a connection say the same. */
export function sameEntries(known: PresenceEntry | undefined, entry: PresenceEntry): boolean {
  return (
    known?.at === entry.at && known.takenAt === entry.takenAt && known.node === entry.node && known.id === entry.id
  );
}
