/** What waits for a client that reads slowly, where some of it may be dropped: events as wholes, within a budget. */
import type { Offset } from '../../backplane/backplane.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Lag } from './lag.js';
import { cutEvents, type EventNote } from './notes.js';
import type { ActivePolicy } from './policy.js';

/** Whom a backlog serves. */
export interface BacklogReader {
  /** Whether the connection takes more now; when it is false, `pump` is called once it is true again. */
  readonly hasSpace: boolean;
  /** Bytes that wait behind the backlog: they count towards the budget. */
  readonly bufferedBytes: number;
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
  /** Its policy, where it may be dropped. */
  readonly policy: ActivePolicy | undefined;
  /** Events that were dropped before this one, which the client is told of; the newest of them had `goneOffset`. */
  gone: number;
  goneOffset: Offset | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** Bytes of memory for keeping an event, besides what it says. */
const ENTRY_COST = 200;

/**
 * A queue. Guarantees: what is left leaves in the order in which it came, each event with all of its packets or not at all; what nobody
 * may drop (questions, events of other policies) is never dropped; before an event that others were dropped before, the client is told.
 * Invariant: it holds no more than its share of the budget, its newest event, and what may not be dropped.
 */
export class Backlog implements Lag {
  readonly #reader: BacklogReader;
  #from: Offset | undefined;
  #head: Entry | undefined;
  #tail: Entry | undefined;
  /** No entry before it can be dropped. */
  #oldest: Entry | undefined;
  #keys: Map<string, Entry> | undefined;
  #cost = 0;
  #count = 0;
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

  /** Events that wait. */
  get count(): number {
    return this.#count;
  }

  /** The newest event of the log that the client was sent, or told of that it was dropped. */
  get offset(): Offset | undefined {
    return this.#from;
  }

  /** Puts events behind the others. What was noted of may be dropped, where `policy` says so. */
  add(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void {
    for (const { packets: event, note } of cutEvents(packets)) {
      const isDroppable = note !== undefined && policy?.isDropping === true;
      this.#append(this.#reader.keep(event), note, isDroppable ? policy : undefined);
      if (isDroppable) this.#fit(policy);
    }
  }

  addLogged(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void {
    this.add(packets, policy);
  }

  /** Sends on, as long as there is space. */
  pump(): void {
    while (!this.#isOver && this.#head && this.#reader.hasSpace) this.#send(this.#head);
    this.#check();
  }

  /** Sends everything, space or not: the client is about to go, and what was emitted goes out before that. */
  release(): void {
    while (!this.#isOver && this.#head) this.#send(this.#head);
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

  #send(entry: Entry): void {
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

  #append(packets: readonly EncodedPacket[], note: EventNote | undefined, policy: ActivePolicy | undefined): void {
    let size = 0;
    for (const packet of packets) size += packet.size;
    const previous = this.#tail;
    const entry: Entry = { packets, size, note, policy, gone: 0, goneOffset: undefined, previous, next: undefined };
    if (previous) previous.next = entry;
    else this.#head = entry;
    this.#tail = entry;
    this.#oldest ??= entry;
    this.#cost += size + ENTRY_COST;
    this.#count += 1;
    if (policy?.name === 'newest-per-key' && note?.key !== undefined) this.#supersede(entry, note.key, policy);
  }

  /** A newer event of a key takes the place of the older one, behind all others. */
  #supersede(entry: Entry, key: string, policy: ActivePolicy): void {
    this.#keys ??= new Map();
    const older = this.#keys.get(key);
    this.#keys.set(key, entry);
    if (!older) return;
    this.#remove(older);
    this.#bequeath(older, 0, undefined);
    this.#reader.onGone(older.size, true, policy);
  }

  /** Drops the oldest that may be dropped, until the rest fits; the newest of all stays. */
  #fit(policy: ActivePolicy): void {
    const most = Math.max(policy.bytesMax - this.#reader.bufferedBytes, policy.bytesMax - policy.limit);
    while (this.#cost - ENTRY_COST > most) {
      while (this.#oldest && this.#oldest !== this.#tail && !this.#oldest.policy) this.#oldest = this.#oldest.next;
      const oldest = this.#oldest;
      if (!oldest?.policy || oldest === this.#tail) return;
      this.#remove(oldest);
      this.#bequeath(oldest, 1, oldest.note?.offset);
      this.#reader.onGone(oldest.size, false, oldest.policy);
    }
  }

  /** What the client has to be told before an event that went, it is told before the next. */
  #bequeath(gone: Entry, count: number, offset: Offset | undefined): void {
    const heir = gone.next;
    if (!heir || gone.gone + count === 0) return;
    heir.gone += gone.gone + count;
    heir.goneOffset ??= offset ?? gone.goneOffset;
  }

  #remove(entry: Entry): void {
    const { previous, next } = entry;
    if (previous) previous.next = next;
    else this.#head = next;
    if (next) next.previous = previous;
    else this.#tail = previous;
    if (this.#oldest === entry) this.#oldest = next;
    this.#cost -= entry.size + ENTRY_COST;
    this.#count -= 1;
    const key = entry.policy && entry.note?.key;
    if (key !== undefined && this.#keys?.get(key) === entry) this.#keys.delete(key);
  }
}
