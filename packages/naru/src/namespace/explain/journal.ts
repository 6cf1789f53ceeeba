/** Remembers for a while what happened to the sockets of a server, which explains why a message did not arrive. */
import type { Offset } from '../../backplane/backplane.js';
import { ownText } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { Room, SocketId } from '../event/target.js';

/** Something that happened to one socket. */
export type SocketFact = { readonly socket: SocketId } & (
  | {
      readonly type: 'joined';
      /** Whether it went on with its session. */
      readonly isRecovered?: boolean | undefined;
      /** Its rooms. Absent if it was in its own room alone. */
      readonly rooms?: readonly Room[] | undefined;
      readonly after?: Offset | undefined;
    }
  | {
      readonly type: 'left';
      readonly reason: string;
      /** The newest record that it had got, if it was late. */
      readonly lateAt?: Offset | undefined;
    }
  | { readonly type: 'room'; readonly room: Room; readonly isIn: boolean }
  | { readonly type: 'read'; readonly after: Offset; readonly offset: Offset }
  | { readonly type: 'gap'; readonly after: Offset; readonly before?: Offset | undefined }
  | {
      /** Of events that were dropped in a row, the first and the last are noted, with `event` and what follows. */
      readonly type: 'dropped';
      readonly policy: string;
      readonly offset?: Offset | undefined;
      readonly cameAt: number;
      readonly event?: string | undefined;
      /** The room of the row. Absent for events to everybody. */
      readonly room?: Room | undefined;
      /** Whether it is the first of a row, which goes on until the last one is noted. */
      readonly isFirst?: boolean;
      /** How many events the row has after its first. Only the last one says so. */
      readonly count?: number;
    }
  | { readonly type: 'slow'; readonly policy: string; readonly bytes: number }
  | { readonly type: 'refused'; readonly act: string; readonly room: Room; readonly message: string }
  | { readonly type: 'limited'; readonly event: string; readonly outcome: string; readonly retryAfterMs: number }
  | {
      readonly type: 'duplicate';
      readonly event: string;
      /** When the first event with the same key was answered here. Absent if another node did that, or nobody yet. */
      readonly firstAt?: number | undefined;
      /** Whether the first one has no answer yet. */
      readonly isOpen: boolean;
    }
);

/** An event that no log keeps, as it was sent on this node. */
export interface SentFact {
  readonly type: 'sent';
  readonly event: string;
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  readonly isVolatile: boolean;
  readonly isLocal: boolean;
}

/** A fact with its namespace, its time, and its place: the newest record that the node had delivered by then. */
export type Entry = (SocketFact | SentFact) & {
  readonly namespace: string;
  /** The number of the fact among those of its node. It rises. */
  readonly number: number;
  readonly at: number;
  readonly place: Offset;
};

/** The namespace of a fact. */
export interface NotedNamespace {
  readonly name: string;
  /** Absent if the server remembers nothing. */
  readonly journal?: Journal | undefined;
  readonly log?: { readonly offset: Offset } | undefined;
}

/** The most characters of the name of an event that a client has chosen. */
const NAME_MAX = 200;
/** Bytes for the facts of a server, in memory and in the store. */
export const JOURNAL_BYTES_MAX = 8 * 1024 * 1024;
/** Milliseconds for which facts are remembered. */
export const REMEMBERED_MS = 15 * 60 * 1_000;
/** The most refused requests of a client that are remembered in a second. A flood would displace all other facts. */
const REFUSALS_MAX = 8;
/** Bytes of memory that a fact takes beside its names, measured with a flood of changes of rooms. */
const ENTRY_COST = 480;
/** Bytes that a room in a list takes beside its name. */
const ROOM_COST = 32;

/** The facts of one server, oldest first, within a bound in bytes and time. */
export class Journal {
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #onNote: ((entry: Entry, cost: number) => void) | undefined;
  #entries: (Entry | undefined)[] = [];
  /** The entries at the beginning that are forgotten. */
  #forgotten = 0;
  /** The time of the newest of them. */
  #forgottenAt = 0;
  #bytes = 0;
  #count = 0;
  /** The requests of each client that were refused in the newest second with one. */
  readonly #refusals = new Map<SocketId, number>();
  #second = 0;

  /** `onNote` gets each fact, and the bytes of memory that it takes. */
  constructor(clock: Clock, bytesMax: number, onNote?: (entry: Entry, cost: number) => void) {
    this.#clock = clock;
    this.#bytesMax = bytesMax;
    this.#onNote = onNote;
  }

  /** Adds a fact of a namespace. By default, its place is the newest record that the node has delivered. */
  note({ name: namespace, log }: NotedNamespace, fact: SocketFact | SentFact, place = log?.offset ?? ''): void {
    if (fact.type === 'refused' && this.#refusalsOf(fact.socket) > REFUSALS_MAX) return;
    this.#count += 1;
    const { type, socket } = fact as SocketFact;
    // V8 makes a hidden class for each spread. Members of the literal take less memory than later ones.
    const named = { namespace, number: this.#count, at: this.#clock.now(), place, type, socket };
    const entry = Object.assign(named, fact) as Entry;
    this.#entries.push(entry);
    const cost = costOf(entry);
    this.#bytes += cost;
    this.#bound(entry.at);
    this.#onNote?.(entry, cost);
  }

  /** Returns the newest facts that are wanted, oldest first. */
  find(isWanted: (entry: Entry) => boolean, most: number): Entry[] {
    const since = this.#clock.now() - REMEMBERED_MS;
    const found: Entry[] = [];
    for (let at = this.#entries.length - 1; at >= this.#forgotten && found.length < most; at -= 1) {
      const entry = this.#entries[at] as Entry;
      if (entry.at >= since && isWanted(entry)) found.push(entry);
    }
    return found.reverse();
  }

  /** All facts after this time are remembered. 0 if nothing is forgotten. */
  get since(): number {
    const oldestAt = this.#clock.now() - REMEMBERED_MS;
    const isOld = (this.#entries[this.#forgotten]?.at ?? oldestAt) < oldestAt;
    return Math.max(this.#forgottenAt, isOld ? oldestAt : 0);
  }

  /** Counts a refused request of a client, and returns how many it has in this second. */
  #refusalsOf(socket: SocketId): number {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) this.#refusals.clear();
    this.#second = second;
    const count = (this.#refusals.get(socket) ?? 0) + 1;
    this.#refusals.set(socket, count);
    return count;
  }

  #bound(now: number): void {
    for (let oldest = this.#entries[this.#forgotten]; oldest; oldest = this.#entries[this.#forgotten]) {
      if (this.#bytes <= this.#bytesMax && now - oldest.at < REMEMBERED_MS) break;
      this.#bytes -= costOf(oldest);
      this.#forgottenAt = oldest.at;
      // The list is cut later.
      this.#entries[this.#forgotten] = undefined;
      this.#forgotten += 1;
    }
    if (this.#forgotten < 1_024 || this.#forgotten < this.#entries.length / 2) return;
    this.#entries = this.#entries.slice(this.#forgotten);
    this.#forgotten = 0;
  }
}

/** Returns the beginning of a name that a client has chosen, which may be a number. */
export function shortName(name: unknown): string {
  return ownText(String(name).slice(0, NAME_MAX));
}

/** Returns the bytes of memory that a fact takes. */
export function costOf(entry: Entry): number {
  // A character takes two bytes, unless all of a text are Latin.
  let size = ENTRY_COST + 2 * entry.namespace.length;
  if ('room' in entry) size += 2 * (entry.room?.length ?? 0);
  if (entry.type === 'refused') size += 2 * entry.message.length;
  if ('event' in entry) size += 2 * (entry.event?.length ?? 0);
  if ('rooms' in entry) for (const room of entry.rooms ?? []) size += ROOM_COST + 2 * `${room}`.length;
  if ('except' in entry) for (const room of entry.except) size += ROOM_COST + 2 * `${room}`.length;
  return size;
}
