/** Brings a late socket up to the end of the log. A socket is late after a reconnect, or when it reads more slowly than others write. */
import type { Offset, StoredRecord } from '../../../backplane/backplane.js';
import { gapAfter, isErased } from '../../../backplane/own-records.js';
import { UnavailableError } from '../../../base/errors.js';
import { after, unlessThere } from '../../../base/steps/answer.js';
import type { EncodedPacket } from '../../../transport/encoded-packet.js';
import { copyOf } from '../../slow-readers/backlog-reader.js';
import { bytesOf } from '../../slow-readers/event-notes.js';
import type { Lag } from '../../slow-readers/lag.js';
import type { Room } from '../../target.js';
import type { PastRooms, RoomChange } from '../effective-rooms.js';
import { ORDER_WAIT_MS } from '../fences.js';
import type { NamespaceLog } from '../namespace-log.js';
import { countWithin, isFor, sizeOf } from '../records.js';
import { upTo } from './late-pages.js';
import type { Pause } from './pause.js';
import type { WaitingReader } from './reading-order.js';
import type { SharedPage } from './shared-pages.js';

/** A late socket. */
export interface LateReader {
  /** The rooms whose events reach it now, as a copy. */
  readonly rooms: Set<Room>;
  /**
   * Bytes that can be sent without keeping much in memory. A message may exceed them. When they are below 0, nothing can be sent, and `pump`
   * is called once that has changed.
   */
  readonly space: number;
  /** Sends the packets of one message, or of several. */
  take(packets: readonly EncodedPacket[]): void;
  /** Tells the socket that it missed the records after `after` and before `before`, which the log no longer has. */
  onGap(after: Offset, before: Offset | undefined): void;
  /** Called when the home of the log has failed twice. It still has the records after `after`, so the client may come back for them. */
  onFailed(after: Offset): void;
  /** Called once, when the socket has read everything. From then on it receives events as they come. */
  onCaughtUp(): void;
}

/** Records in the first page, and the most in any page. */
const PAGE_FIRST = 64;
const PAGE_MAX = 256;
/** Bytes that a page aims at. Small pages keep little in memory while the reader has no space. */
const PAGE_BYTES = 256 * 1024;

/** Milliseconds after which a home that has failed is asked once more. */
export const READ_AGAIN_MS = ORDER_WAIT_MS / 2;

/**
 * Changes of rooms that are kept for one reader. They take less memory than as many rooms. Beyond it the rooms at that time decide over everything
 * that the reader has not read.
 */
export const CHANGES_MAX = 10_000;

/** A message outside the log that was sent while the reader was late. It follows the record at offset `behind`. */
interface Deferred {
  readonly behind: Offset;
  readonly packets: readonly EncodedPacket[];
  /** Set for a pause, which has no packets. */
  readonly pause?: Pause;
}

/**
 * Reads the log for one late reader, up to the newest event that the other sockets received. After that, the reader receives events
 * with them. Guarantee: the reader gets each of its records once and in order, and is told which ones are missing.
 */
export class CatchUp implements Lag, WaitingReader {
  readonly #log: NamespaceLog;
  readonly #reader: LateReader;
  readonly #deferred: Deferred[] = [];
  /** The rooms of the reader at its place in the log, and the changes after it. */
  #rooms: Set<Room> = new Set();
  #changes: RoomChange[] = [];
  #after: Offset;
  /** Erased records of the reader that it was not told of: the newest of them, and the record that the reader passed before the first. */
  #erased: { readonly after: Offset; readonly last: StoredRecord } | undefined;
  #page = PAGE_FIRST;
  #isReading = false;
  #isPausing = false;
  #isOver = false;
  #hasFailed = false;
  #isHeld = true;
  /** The end of the reader, and the function that is called then. Without it, the reader ends where the others are. */
  #last: { readonly offset: Offset; readonly onEnd: () => void } | undefined;
  #bytes = 0;

  constructor(log: NamespaceLog, reader: LateReader, after: Offset) {
    this.#log = log;
    this.#reader = reader;
    this.#after = after;
  }

  /** The newest record that is for the reader. */
  get #end(): Offset {
    return this.#last?.offset ?? this.#log.offset;
  }

  /** The newest record that the reader has passed. */
  get offset(): Offset {
    return this.#after;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Bytes of the messages that wait here because they are not in the log. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Begins to read: the reader is in its rooms. It also reads what was sent to rooms that it was `leaving`, until it had left them. It came into its
   * rooms by `moves`, each at its place.
   */
  start({ leaving = [], moves = [] }: PastRooms = {}): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#rooms = this.#reader.rooms;
    const left = leaving.flatMap(({ room, until = this.#log.offset }) =>
      this.#rooms.has(room) || until <= this.#after ? [] : [{ after: until, room, isIn: false }],
    );
    this.#changes = [...moves, ...left];
    if (moves.length > 0) this.#changes.sort((one, other) => (one.after < other.after ? -1 : 1));
    for (const { room, isIn } of [...this.#changes].reverse()) move(this.#rooms, room, !isIn);
    this.pump();
  }

  onRoom(room: Room, isIn: boolean): void {
    if (this.#isHeld) return;
    this.#changes.push({ after: this.#log.offset, room, isIn });
    if (this.#changes.length <= CHANGES_MAX) return;
    this.#rooms = this.#reader.rooms;
    this.#changes = [];
  }

  /** Reads on while the reader has space. */
  pump(): void {
    if (this.#canRead && this.#isCrowded) this.#wait();
    else this.#readOn();
  }

  /** Whether this reader would take the shared records from many others, so that it has to wait its turn. */
  get #isCrowded(): boolean {
    const { readers, pages, offset } = this.#log;
    return readers.isCrowded && pages.isFar(this.#after, offset);
  }

  get #canRead(): boolean {
    return !this.#isHeld && !this.#isOver && !this.#isReading && !this.#isPausing && this.#reader.space >= 0;
  }

  /** Returns a promise that resolves when the log has answered, if that takes time. */
  #readOn(): Promise<void> | undefined {
    while (this.#canRead) {
      this.#isReading = true;
      const later = this.#read();
      if (later) return later === true ? undefined : later;
    }
    return undefined;
  }

  /** Waits until it is this reader's turn. */
  #wait(): void {
    this.#isReading = true;
    this.#log.readers.wait(this);
  }

  /** Reads on. Called by the log's reading order, in which the reader waits after each part. */
  readNext(): Promise<void> | undefined {
    this.#isReading = false;
    return this.#readOn();
  }

  /** Stops, because the reader has gone. */
  cancel(): void {
    this.#isOver = true;
    for (const { pause } of this.#deferred.splice(0)) pause?.cancel();
    this.#last?.onEnd();
  }

  /** Has the reader pause at the end of what the others received. */
  pauseFor(pause: Pause): void {
    this.#deferred.push({ behind: this.#log.offset, packets: [], pause });
  }

  /** Ends the reader where the others are now. Calls back when it has read so far, or is cancelled. */
  endHere(onEnd: () => void): void {
    this.#last = { offset: this.#log.offset, onEnd };
    this.pump();
  }

  /** Adds a message that is not in the log, and keeps its place among the records. */
  add(packets: readonly EncodedPacket[]): void {
    // The sender clears the sources of its packets once all other recipients have their forms.
    this.addBehind(this.#log.offset, packets.map(copyOf));
  }

  /** Adds a message that follows the record at offset `behind`. */
  addBehind(behind: Offset, packets: readonly EncodedPacket[]): void {
    if (this.#last) return;
    this.#deferred.push({ behind, packets });
    this.#bytes += bytesOf(packets);
  }

  addLogged(): void {
    // The reader gets the event from the log.
  }

  release(): void {
    // The client reads the rest when it comes back.
  }

  /** Reads a page. Returns `true` or a promise when reading continues later, through `pump` or `readNext`. */
  #read(): boolean | Promise<void> {
    const end = this.#end;
    if (this.#after === end || (this.#last && this.#after > end)) {
      this.#isReading = false;
      this.#finish();
      return false;
    }
    const limit = this.#page;
    const rooms = this.#roomsAhead();
    const onPage = (answer: SharedPage): boolean => {
      this.#isReading = this.#hasFailed = false;
      if (this.#isOver) return false;
      // The page lacks what was sent to rooms that the reader has joined while the page was on its way.
      const page = this.#isAheadOf(rooms) ? upTo(end, answer) : answer;
      const isWhole = (rooms === this.#rooms && this.#takeTogether(page)) || this.#take(page);
      // If the others received newer events in the meantime, there is more to read.
      if (isWhole && !page.isPart && page.records.length < limit && end === this.#end) this.#finish();
      return answer.isPart === true && !this.#isOver;
    };
    try {
      let later: Promise<void> | undefined;
      const taken = after(this.#log.readShared(this.#after, limit, rooms), onPage);
      unlessThere(taken, (promise) => {
        later = promise.then(ignore, (error: unknown) => this.#fail(error)).then(() => this.pump());
      });
      if (later || taken !== true) return later ?? false;
      // The log is long, so other readers get a turn first.
      this.#wait();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Reads again if the home has failed, and at once if it has not answered for long. Any other error means that the records cannot be read. */
  #fail(error: unknown): void {
    const hasHomeFailed = error instanceof UnavailableError;
    this.#isReading = hasHomeFailed && error.code !== 'TIMEOUT' && !this.#hasFailed && !this.#isOver;
    if (hasHomeFailed && error.code === 'TIMEOUT') return;
    this.#log.report(error);
    if (this.#isOver) return;
    if (this.#isReading) {
      this.#hasFailed = true;
      this.#log.clock.setTimeout((catchUp: CatchUp) => void catchUp.readNext(), READ_AGAIN_MS, this);
      return;
    }
    if (hasHomeFailed) this.#reader.onFailed(this.#after);
    else this.#reader.onGap(this.#after, undefined);
    this.#finish();
  }

  /** Sends the records of a page together, if it is certain that all of them are for the reader now. Otherwise returns `false`. */
  #takeTogether({ records, shared, passed }: SharedPage): boolean {
    const last = records.at(-1)?.offset;
    if (!shared || last === undefined || last > this.#end) return false;
    if (this.#changes.length > 0 || this.#deferred.length > 0 || this.#erased) return false;
    const packets = this.#log.encodeShared(shared);
    if (packets.size > this.#reader.space) return false;
    this.#reader.take(packets);
    this.#after = last;
    this.#pass(records, passed);
    return true;
  }

  /** Sends a page. Returns `false` when the reader ran out of space, and the rest has to be read again. */
  #take({ records, hasGap, passed }: SharedPage): boolean {
    const from = this.#after;
    if (hasGap) this.#tellErased(undefined);
    if (hasGap) this.#reader.onGap(from, records[0]?.offset);
    let count = 0;
    for (const record of records) {
      if (this.#isOver) return true;
      if (record.offset > this.#end) {
        this.#finish();
        return true;
      }
      if (count > 0 && this.#reader.space < 0) {
        this.#page = Math.min(this.#page, 2 * count);
        return false;
      }
      if (!this.#sendDeferred(record.offset)) return true;
      // A gap record that covers the place of the reader tells of the same loss.
      const isTold = hasGap && (gapAfter(record) ?? from) < from;
      if (!isTold && isFor(record, this.#roomsAt(record.offset))) this.#send(record);
      this.#after = record.offset;
      count += 1;
    }
    this.#pass(records, passed);
    return true;
  }

  /** Sends a record. Consecutive erased ones become one gap. */
  #send(record: StoredRecord): void {
    if (isErased(record)) {
      this.#erased = { after: this.#erased?.after ?? this.#after, last: record };
      return;
    }
    this.#tellErased(record.offset);
    this.#reader.take(this.#log.encode(record));
  }

  #tellErased(before: Offset | undefined): void {
    const erased = this.#erased;
    if (!erased) return;
    this.#erased = undefined;
    this.#reader.take(this.#log.encodeGap(erased.after, before, erased.last));
  }

  /** The records of a page were read. Those between the last one and `passed` are for other readers. */
  #pass(records: readonly StoredRecord[], passed: Offset | undefined): void {
    if (passed !== undefined && passed > this.#after) this.#after = passed;
    this.#page = Math.min(PAGE_MAX, countWithin(PAGE_BYTES, records, sizeOf, this.#page));
  }

  /** All rooms for which the reader may have records to come. */
  #roomsAhead(): ReadonlySet<Room> {
    if (this.#changes.length === 0) return this.#rooms;
    const rooms = new Set(this.#rooms);
    for (const { room, isIn } of this.#changes) if (isIn) rooms.add(room);
    return rooms;
  }

  /** Whether the reader has joined other rooms than these. */
  #isAheadOf(rooms: ReadonlySet<Room>): boolean {
    const ahead = this.#roomsAhead();
    if (ahead === rooms) return false;
    for (const room of ahead) if (!rooms.has(room)) return true;
    return false;
  }

  /** The rooms at the place of a record. Records are asked for in their order. */
  #roomsAt(offset: Offset): ReadonlySet<Room> {
    for (let [first] = this.#changes; first && first.after < offset; [first] = this.#changes) {
      this.#changes.shift();
      move(this.#rooms, first.room, first.isIn);
    }
    return this.#rooms;
  }

  /** Sends the messages that belong before the record at `next`, or all of them. Returns `false` if the reader pauses there. */
  #sendDeferred(next: Offset | undefined): boolean {
    for (let [first] = this.#deferred; first; [first] = this.#deferred) {
      if (next !== undefined && first.behind >= next) return true;
      this.#tellErased(undefined);
      this.#deferred.shift();
      if (first.pause) {
        if (first.behind > this.#after) this.#after = first.behind;
        this.#pause(first.pause);
        return false;
      }
      this.#bytes -= bytesOf(first.packets);
      this.#reader.take(first.packets);
    }
    return true;
  }

  #pause(pause: Pause): void {
    this.#isPausing = true;
    const at = this.#after;
    void pause.begin().then((left) => {
      this.#isPausing = false;
      this.#changes = this.#changes.filter(({ after, room, isIn }) => after !== at || !isIn || !left.includes(room));
      this.pump();
    });
  }

  #finish(): void {
    if (this.#isOver || this.#isPausing || !this.#sendDeferred(undefined)) return;
    this.#isOver = true;
    this.#tellErased(undefined);
    this.#reader.onCaughtUp();
    this.#last?.onEnd();
  }
}

const ignore = (): void => undefined;

function move(rooms: Set<Room>, room: Room, isIn: boolean): void {
  if (isIn) rooms.add(room);
  else rooms.delete(room);
}
