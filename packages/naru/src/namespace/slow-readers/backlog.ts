/** The queue of a slow client under a policy that drops events. It drops whole events to stay within a budget. */
import type { Offset } from '../../backplane/backplane.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { cutEvents, ENTRY_COST, type EventNote } from '../event/event-notes.js';
import type { Room } from '../event/target.js';
import type { RoomChange } from '../rooms.js';
import type { Lag } from '../slow-policies/lag.js';
import { type ActivePolicy, hasGroups } from '../slow-policies/policy.js';

/**
 * Changes of rooms that are kept for one client. Beyond it the rooms at that time decide over everything that the
 * client then reads from the log.
 */
export const CHANGES_MAX = 10_000;

/** The client that a backlog serves. */
export interface BacklogReader {
  /** Whether the connection takes more now. After `false`, the owner calls `pump` once this is true again. */
  readonly hasSpace: boolean;
  /** Bytes that have left the backlog and wait in the connection. They count towards the budget. */
  readonly bufferedBytes: number;
  /** The time of the server's clock. */
  readonly now: number;
  /** The newest event of the log that this process delivered, `undefined` without a log. */
  readonly delivered: Offset | undefined;
  /** Carries out postponed broadcasts, so that none can overtake the event that leaves the backlog next. */
  settle(): void;
  /** Returns packets that are safe to keep. The sender clears the originals' sources, which plain wires need. */
  keep(packets: readonly EncodedPacket[]): readonly EncodedPacket[];
  /** Sends the packets of one event, which came at this time. */
  take(packets: readonly EncodedPacket[], note: EventNote | undefined, at: number): void;
  /** Tells the client that `count` events before the next were dropped. The newest of them had this offset. */
  onGap(count: number, offset: Offset | undefined): void;
  /** Counts an event that was dropped, or that a newer event with its key replaced. It came at this time. */
  onGone(size: number, isConflated: boolean, policy: ActivePolicy, offset: Offset | undefined, at: number): void;
  /** Keeps in mind that the client was not told yet of this many dropped events. */
  onUntold(count: number): void;
  /** Called once, when everything was sent. */
  onCaughtUp(): void;
}

/** A message that is not in the log, or a change of rooms, with the record that it follows. */
export interface Left extends Partial<RoomChange> {
  readonly after: Offset;
  readonly packets?: readonly EncodedPacket[];
}

interface Entry {
  readonly packets: readonly EncodedPacket[];
  readonly size: number;
  readonly note: EventNote | undefined;
  /** When it came. */
  readonly at: number;
  /** The droppable events of its policy, and its neighbours among them. Undefined if the event must not be dropped. */
  readonly share: Share | undefined;
  olderInShare: Entry | undefined;
  newerInShare: Entry | undefined;
  /** The count of events dropped before this one, which the client is told. The newest of them had `goneOffset`. */
  gone: number;
  goneOffset: Offset | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** The events of one policy. Each policy has its own budget, so that rooms do not push out each other's events. */
interface Share {
  readonly policy: ActivePolicy;
  cost: number;
  oldest: Entry | undefined;
  newest: Entry | undefined;
  /** The events with a key, if only the newest of each is kept. */
  readonly keys: Map<string, Entry>;
}

/**
 * A queue of events that may be dropped. Guarantees:
 *
 * - Events leave in the order in which they came, with all of their packets or not at all.
 * - Events that ask for an acknowledgement, and events of policies that drop nothing, are never dropped.
 * - The client is told of dropped events before it receives the next event.
 *
 * Invariant: the droppable events of each policy fit its budget, or there is only one.
 */
export class Backlog implements Lag {
  readonly #reader: BacklogReader;
  #from: Offset | undefined;
  #head: Entry | undefined;
  #tail: Entry | undefined;
  readonly #shares = new Map<ActivePolicy, Share>();
  /** How the rooms of the client have changed since it was sent `#from`, oldest first. */
  #changes: RoomChange[] = [];
  #cost = 0;
  #isOver = false;

  /** `from` is the newest event of the log that the client was sent before. */
  constructor(reader: BacklogReader, from: Offset | undefined) {
    this.#reader = reader;
    this.#from = from;
  }

  /** Bytes of memory that the backlog takes. */
  get bytes(): number {
    return this.#cost;
  }

  /** The newest event of the log that was sent to the client or reported as dropped. */
  get offset(): Offset | undefined {
    return this.#from;
  }

  /** Adds events at the end. Noted events may be dropped if `policy` drops events. */
  add(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void {
    for (const { packets: event, note } of cutEvents(packets)) {
      const share = note && policy && isDroppable(note, policy) ? this.#shareOf(policy) : undefined;
      this.#append(this.#reader.keep(event), note, share);
      if (share && !hasGroups(policy)) this.#fit(share);
    }
  }

  /** When the oldest of the waiting events came, in milliseconds of the server's clock. */
  get waitingSince(): number | undefined {
    return this.#head?.at;
  }

  /** Drops all events of a policy that may be dropped. */
  cut(policy: ActivePolicy): void {
    const share = this.#shares.get(policy);
    for (let entry = share?.oldest; entry; entry = share?.oldest) this.#drop(entry, policy);
    this.#check();
  }

  /** Sends events while the connection has space. */
  pump(): void {
    while (!this.#isOver && this.#head && this.#reader.hasSpace) this.#sendNext();
    this.#check();
  }

  get isHeld(): boolean {
    return false;
  }

  /** Waiting events were for the member when they were delivered. The changes are for the log, if it reads that. */
  onRoom(room: Room, isIn: boolean): void {
    const after = this.#reader.delivered;
    if (after === undefined) return;
    this.#changes.push({ after, room, isIn });
    if (this.#changes.length <= CHANGES_MAX) return;
    this.#changes = this.#changesSince(this.#from ?? '');
    if (this.#changes.length > CHANGES_MAX) this.#changes = [];
  }

  #changesSince(offset: Offset): RoomChange[] {
    return this.#changes.filter(({ after }) => after > offset);
  }

  /** Sends everything regardless of space, because the server is about to disconnect the client. */
  release(): void {
    while (!this.#isOver && this.#head) this.#sendNext();
    this.#check();
  }

  /** Stops, because the client has gone. */
  cancel(): void {
    this.#isOver = true;
  }

  /**
   * Ends the backlog, because the client reads the events after `offset` from the log instead. Returns the messages
   * that are not in the log, and the changes of the rooms since, each with the offset of the record that it follows.
   */
  dissolve(): Left[] {
    this.#isOver = true;
    const left: Left[] = this.#changesSince(this.#from ?? '');
    let behind = this.#from ?? '';
    for (let entry = this.#head; entry; entry = entry.next) {
      if (entry.goneOffset !== undefined && entry.goneOffset > behind) behind = entry.goneOffset;
      // The client reads in the log what was there.
      else if (entry.gone > 0) this.#reader.onUntold(entry.gone);
      const offset = entry.note?.offset;
      if (offset === undefined) left.push({ after: behind, packets: entry.packets });
      else behind = offset;
    }
    return left;
  }

  #sendNext(): void {
    this.#reader.settle();
    const entry = this.#head;
    // The settled broadcasts may have dissolved this backlog.
    if (!entry || this.#isOver) return;
    this.#remove(entry);
    if (entry.gone > 0) {
      this.#pass(entry.goneOffset);
      this.#reader.onGap(entry.gone, entry.goneOffset);
    }
    this.#pass(entry.note?.offset);
    this.#reader.take(entry.packets, entry.note, entry.at);
  }

  #pass(offset: Offset | undefined): void {
    if (offset !== undefined) this.#from = offset;
  }

  #check(): void {
    if (this.#isOver || this.#head) return;
    this.#isOver = true;
    this.#reader.onCaughtUp();
  }

  #shareOf(policy: ActivePolicy): Share {
    let share = this.#shares.get(policy);
    if (!share) {
      share = { policy, cost: 0, oldest: undefined, newest: undefined, keys: new Map() };
      this.#shares.set(policy, share);
    }
    return share;
  }

  #append(packets: readonly EncodedPacket[], note: EventNote | undefined, share: Share | undefined): void {
    let size = 0;
    for (const packet of packets) size += packet.size;
    const entry: Entry = {
      packets,
      size,
      note,
      at: this.#reader.now,
      share,
      olderInShare: share?.newest,
      newerInShare: undefined,
      gone: 0,
      goneOffset: undefined,
      previous: this.#tail,
      next: undefined,
    };
    if (this.#tail) this.#tail.next = entry;
    else this.#head = entry;
    this.#tail = entry;
    this.#cost += size + ENTRY_COST;
    if (!share) return;
    if (share.newest) share.newest.newerInShare = entry;
    else share.oldest = entry;
    share.newest = entry;
    share.cost += size + ENTRY_COST;
    if (share.policy.name === 'newest-per-key' && note?.key !== undefined) this.#supersede(share, entry, note.key);
  }

  /** Removes the older event of a key. The newer one stays at the end of the queue. */
  #supersede({ keys, policy }: Share, entry: Entry, key: string): void {
    const older = keys.get(key);
    if (older) {
      this.#remove(older);
      bequeath(older, 0, undefined);
      this.#reader.onGone(older.size, true, policy, older.note?.offset, older.at);
    }
    keys.set(key, entry);
  }

  /** Drops the oldest events of a policy until the others fit. The newest one always stays. */
  #fit(share: Share): void {
    const { bytesMax, limit } = share.policy;
    const most = Math.max(bytesMax - this.#reader.bufferedBytes, bytesMax - limit);
    while (share.cost > most && share.oldest && share.oldest !== share.newest) {
      this.#drop(share.oldest, share.policy);
    }
  }

  #drop(entry: Entry, policy: ActivePolicy): void {
    this.#remove(entry);
    if (entry.next) bequeath(entry, 1, entry.note?.offset);
    else this.#reader.onUntold(entry.gone + 1);
    this.#reader.onGone(entry.size, false, policy, entry.note?.offset, entry.at);
  }

  #remove(entry: Entry): void {
    const { previous, next, share } = entry;
    if (previous) previous.next = next;
    else this.#head = next;
    if (next) next.previous = previous;
    else this.#tail = previous;
    this.#cost -= entry.size + ENTRY_COST;
    if (share) leave(share, entry);
  }
}

/** Whether an event may be dropped under a policy. */
function isDroppable({ group }: EventNote, policy: ActivePolicy): boolean {
  return policy.isDropping && (!hasGroups(policy) || (group !== undefined && group.mark !== 'always'));
}

function leave(share: Share, entry: Entry): void {
  const { olderInShare, newerInShare } = entry;
  if (olderInShare) olderInShare.newerInShare = newerInShare;
  else share.oldest = newerInShare;
  if (newerInShare) newerInShare.olderInShare = olderInShare;
  else share.newest = olderInShare;
  share.cost -= entry.size + ENTRY_COST;
  const key = entry.note?.key;
  if (key !== undefined && share.keys.get(key) === entry) share.keys.delete(key);
}

/** Passes the count of dropped events, and `count` more, from a removed event to the next one. */
function bequeath(gone: Entry, count: number, offset: Offset | undefined): void {
  const heir = gone.next;
  if (!heir || gone.gone + count === 0) return;
  heir.gone += gone.gone + count;
  heir.goneOffset ??= offset ?? gone.goneOffset;
}
