/** What waits for a client that reads slowly, where some of it may be dropped: events as wholes, within a budget. */
import type { Offset } from '../../backplane/backplane.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { cutEvents, type EventNote } from './event-notes.js';
import type { Lag } from './lag.js';
import type { ActivePolicy } from './policy.js';

/** Whom a backlog serves. */
export interface BacklogReader {
  /** Whether the connection takes more now; when it is false, `pump` is called once it is true again. */
  readonly hasSpace: boolean;
  /** Bytes that wait behind the backlog: they count towards the budget. */
  readonly bufferedBytes: number;
  /** Carries out what broadcasts put off: it must not come between an event that is taken out here, and the outbox. */
  settle(): void;
  /** Packets as they can be kept: what a wire of its own needs of them is let go when all others have theirs. */
  keep(packets: readonly EncodedPacket[]): readonly EncodedPacket[];
  /** Sends one event. */
  take(packets: readonly EncodedPacket[]): void;
  /** Has to tell the client that `count` events before the next were dropped; the newest of them had this offset. */
  onGap(count: number, offset: Offset | undefined): void;
  /** Counts an event that went: it was dropped, or a newer one of its key took its place. */
  onGone(size: number, isConflated: boolean, policy: ActivePolicy): void;
  /** Everything was sent. Called once. */
  onCaughtUp(): void;
}

interface Entry {
  readonly packets: readonly EncodedPacket[];
  readonly size: number;
  readonly note: EventNote | undefined;
  /** The events of its policy, where it may be dropped, and its neighbours among them. */
  readonly share: Share | undefined;
  olderInShare: Entry | undefined;
  newerInShare: Entry | undefined;
  /** Events that were dropped before this one, which the client is told of; the newest of them had `goneOffset`. */
  gone: number;
  goneOffset: Offset | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** The events of one policy: each has a budget of its own, so that rooms do not push out each other's. */
interface Share {
  readonly policy: ActivePolicy;
  cost: number;
  oldest: Entry | undefined;
  newest: Entry | undefined;
  /** The events that were sent with a key, where only the newest of each is kept. */
  readonly keys: Map<string, Entry>;
}

/** Bytes of memory for keeping an event, besides what it says. */
const ENTRY_COST = 200;

/**
 * A queue. Guarantees: what is left leaves in the order in which it came, each event with all of its packets or not at all; what nobody
 * may drop (questions, events of other policies) is never dropped; before an event that others were dropped before, the client is told.
 * Invariant: of each policy it holds no more than its budget, or one event; besides these, only what may not be dropped.
 */
export class Backlog implements Lag {
  readonly #reader: BacklogReader;
  #from: Offset | undefined;
  #head: Entry | undefined;
  #tail: Entry | undefined;
  readonly #shares = new Map<ActivePolicy, Share>();
  #cost = 0;
  #isOver = false;

  /** `from` is the newest event of the log that the client was sent before. */
  constructor(reader: BacklogReader, from: Offset | undefined) {
    this.#reader = reader;
    this.#from = from;
  }

  /** Bytes of memory that it takes. */
  get bytes(): number {
    return this.#cost;
  }

  /** The newest event of the log that the client was sent, or told of that it was dropped. */
  get offset(): Offset | undefined {
    return this.#from;
  }

  /** Puts events behind the others. What was noted of may be dropped, where `policy` says so. */
  add(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void {
    for (const { packets: event, note } of cutEvents(packets)) {
      const share = note && policy?.isDropping ? this.#shareOf(policy) : undefined;
      this.#append(this.#reader.keep(event), note, share);
      if (share) this.#fit(share);
    }
  }

  addLogged(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void {
    this.add(packets, policy);
  }

  /** Sends on, as long as there is space. */
  pump(): void {
    while (!this.#isOver && this.#head && this.#reader.hasSpace) this.#sendNext();
    this.#check();
  }

  /** Sends everything, space or not: the client is about to go, and what was emitted goes out before that. */
  release(): void {
    while (!this.#isOver && this.#head) this.#sendNext();
    this.#check();
  }

  /** The client has gone. */
  cancel(): void {
    this.#isOver = true;
  }

  /**
   * Lets go of what stands in the log, because it is read from there: everything behind `offset`. Gives what does not stand there, each
   * with the offset that it comes behind.
   */
  dissolve(): { behind: Offset; packets: readonly EncodedPacket[] }[] {
    this.#isOver = true;
    const left: { behind: Offset; packets: readonly EncodedPacket[] }[] = [];
    let behind = this.#from ?? '';
    for (let entry = this.#head; entry; entry = entry.next) {
      if (entry.goneOffset !== undefined && entry.goneOffset > behind) behind = entry.goneOffset;
      const offset = entry.note?.offset;
      if (offset === undefined) left.push({ behind, packets: entry.packets });
      else behind = offset;
    }
    return left;
  }

  #sendNext(): void {
    this.#reader.settle();
    const entry = this.#head;
    // What came just now may have had this backlog dissolved.
    if (!entry || this.#isOver) return;
    this.#remove(entry);
    if (entry.gone > 0) {
      this.#pass(entry.goneOffset);
      this.#reader.onGap(entry.gone, entry.goneOffset);
    }
    this.#pass(entry.note?.offset);
    this.#reader.take(entry.packets);
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

  /** A newer event of a key takes the place of the older one, behind all others. */
  #supersede({ keys, policy }: Share, entry: Entry, key: string): void {
    const older = keys.get(key);
    if (older) {
      this.#remove(older);
      bequeath(older, 0, undefined);
      this.#reader.onGone(older.size, true, policy);
    }
    keys.set(key, entry);
  }

  /** Drops the oldest events of a policy, until the others fit; the newest stays. */
  #fit(share: Share): void {
    const { bytesMax, limit } = share.policy;
    const most = Math.max(bytesMax - this.#reader.bufferedBytes, bytesMax - limit);
    while (share.cost > most && share.oldest && share.oldest !== share.newest) {
      const { oldest } = share;
      this.#remove(oldest);
      bequeath(oldest, 1, oldest.note?.offset);
      this.#reader.onGone(oldest.size, false, share.policy);
    }
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

/** What the client has to be told before an event that went, it is told before the next. */
function bequeath(gone: Entry, count: number, offset: Offset | undefined): void {
  const heir = gone.next;
  if (!heir || gone.gone + count === 0) return;
  heir.gone += gone.gone + count;
  heir.goneOffset ??= offset ?? gone.goneOffset;
}
