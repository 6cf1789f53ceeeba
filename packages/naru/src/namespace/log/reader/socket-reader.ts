/** Brings a socket up to the end of the log that is late after a reconnect, or because it reads slowly. */
import type { Offset, StoredRecord } from '../../../backplane/backplane.js';
import { gapAfter, isErased } from '../../../backplane/own-records.js';
import { assert } from '../../../base/assert.js';
import { UnavailableError } from '../../../base/errors.js';
import { type Answer, after, ask, pending } from '../../../base/steps/answer.js';
import { type Actions, Machine } from '../../../base/steps/machine.js';
import { PacketType, STOCK_ATTACHMENTS_MAX } from '../../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../../transport/encoded-packet.js';
import { bytesOf, copyOf } from '../../event/event-notes.js';
import type { Room } from '../../event/target.js';
import { inOrder, movesOf, type PastRooms, type RoomChange } from '../../rooms.js';
import type { Lag } from '../../slow-policies/lag.js';
import type { Member } from '../../socket/socket.js';
import { ORDER_WAIT_MS } from '../fences.js';
import type { LatePage } from '../late/late-pages.js';
import type { WaitingReader } from '../late/reading-order.js';
import { isUnanswered } from '../log-home.js';
import { noteReturn, tellGapTold, tellReadLate } from '../log-taps.js';
import type { NamespaceLog } from '../namespace-log.js';
import { countWithin, isFor, SOCKET_PAGE_BYTES } from '../records.js';
import { ENTRANCES, READER, type ReaderAction, type ReaderEvent, type ReaderState } from './reader-table.js';

/** Records in the first page, and the most in any page. */
const PAGE_FIRST = 64;
const PAGE_MAX = 256;

/** Milliseconds after which a home that has failed is asked once more. */
export const READ_AGAIN_MS = ORDER_WAIT_MS / 2;

/**
 * Changes of rooms that are kept for one reader. They take less memory than as many rooms. Beyond it the rooms at that
 * time decide over everything that the reader has not read.
 */
export const CHANGES_MAX = 10_000;

/**
 * Work that belongs at one place in the order of a reader, such as sending a page of history. The reader gets nothing
 * more until it is done.
 */
export interface Pause {
  /**
   * Called when the reader has got everything before this place. Resolves when the reader may go on, and never rejects:
   * with the rooms that it has joined at this place and is not in after all.
   */
  begin(): Promise<readonly Room[]>;
  /** Called instead of `begin` if the reader has gone. */
  cancel(): void;
}

/** A change of the rooms of a reader, a message outside the log, or a pause, at one place in its order. */
export interface Mark extends Partial<RoomChange> {
  /** The record that it follows. */
  readonly after: Offset;
  readonly packets?: readonly EncodedPacket[];
  readonly pause?: Pause;
}

/**
 * Reads the log for one socket while its connection has space, up to the newest event that the other sockets received.
 * After that, the socket receives events with them. Guarantee: the socket gets each of its records once and in order.
 * The event `naru:gap` tells it which ones are missing.
 */
export class SocketReader implements Lag, WaitingReader {
  readonly #log: NamespaceLog;
  readonly #member: Member;
  readonly #lateBytesMax: () => number;
  static readonly #actions: Actions<ReaderAction, SocketReader> = {
    // A reader that needs one page more waits for few others.
    queue: (late) => {
      const { readers, pages } = late.#log;
      readers.wait(late, pages.needsAtMost(late.#page, late.offset, late.#rooms));
    },
    read: (reader) => reader.#read(),
    pass: (reader) => reader.#pass(),
    askAgain: (reader) => reader.#log.clock.setTimeout((again) => again.#goOn('again'), READ_AGAIN_MS, reader),
    enter: (reader) => {
      reader.#tellErased(undefined);
      const mark = reader.#marks.shift();
      void mark?.pause?.begin().then((left) => {
        // A later pause at the same place may join the same rooms.
        let isOwn = true;
        reader.#marks = reader.#marks.filter(({ after: place, room, isIn, pause }) => {
          isOwn &&= !pause;
          return !isOwn || place !== mark.after || !isIn || !room || !left.includes(room);
        });
        reader.#goOn('entered');
      });
    },
    finish: (reader) => {
      assert(reader.#isOver, 'a reader that has finished does nothing more');
      reader.#tellErased(undefined);
      reader.#onLevel();
    },
    cancel: (reader) => {
      for (const { pause } of reader.#marks.splice(0)) pause?.cancel();
    },
  };
  readonly #machine: Machine<ReaderState, ReaderEvent, ReaderAction, SocketReader>;
  readonly #onLevel: () => void;
  /** The rooms of the socket at its place in the log, and what comes after this place, in order. */
  #rooms: Set<Room> = new Set();
  #marks: Mark[] = [];
  /** The newest record that the reader has passed. */
  offset: Offset;
  /**
   * Records that the socket does not get, and was not told of: the newest of them, and the record that the reader
   * passed before the first.
   */
  #erased: { readonly after: Offset; readonly last: StoredRecord } | undefined;
  #page = PAGE_FIRST;
  /** Whether a client has named the place. The log may never have given it out. */
  isNamed = false;
  /** Whether the home has failed since the last page. */
  #hasFailed = false;
  /** Set while the log has to answer. */
  #answer: Promise<void> | undefined;
  /** Bytes of the messages that wait here because they are not in the log. */
  bytes = 0;

  /** `onLevel` is called once, when the socket has everything. */
  constructor(log: NamespaceLog, member: Member, lateBytesMax: () => number, onLevel: () => void, offset: Offset) {
    this.#log = log;
    this.#member = member;
    this.#lateBytesMax = lateBytesMax;
    this.offset = offset;
    this.#onLevel = onLevel;
    this.#machine = new Machine(READER, 'holding', SocketReader.#actions, this as SocketReader);
  }

  get isHeld(): boolean {
    return this.#machine.state === 'holding';
  }

  get #isOver(): boolean {
    return this.#machine.state === 'level' || this.#machine.state === 'gone';
  }

  /**
   * Bytes that can be sent without keeping much in memory. A message may exceed them. When they are below 0, nothing
   * can be sent, and `pump` is called once that has changed.
   */
  get #space(): number {
    const { bufferedBytes, readyState, transport, waiting } = this.#member.client.conn;
    if (readyState !== 'open') return -1;
    const space = this.#lateBytesMax() - bufferedBytes;
    // A writable transport does not report later that it has sent its data, so the reader must not wait for that.
    return waiting === undefined && transport.writable ? Math.max(0, space) : space;
  }

  /**
   * Begins to read: the socket is in its rooms. It also gets what was sent to rooms that it was `leaving`, until it had
   * left them. It came into its rooms by `moves`, each at its place.
   */
  start(past?: PastRooms): void {
    if (!this.isHeld) return;
    this.#rooms = this.#member.effectiveRooms;
    this.#marks = inOrder<Mark>([...movesOf(past ?? {}, this.#rooms, this.#log.offset), ...this.#marks], this.#rooms);
    for (const mark of this.#marks.toReversed()) move(this.#rooms, mark, !mark.isIn);
    if (past) noteReturn(this.#member, this.offset, this.#rooms, this.#marks);
    this.#goOn('start');
  }

  onRoom(room: Room, isIn: boolean): void {
    if (this.isHeld) return;
    this.#marks.push({ after: this.#log.offset, room, isIn });
    if (this.#marks.length <= CHANGES_MAX) return;
    this.#rooms = this.#member.effectiveRooms;
    this.#marks = this.#marks.filter((mark) => mark.room === undefined);
  }

  /** Reads on if the connection has space again. */
  pump(): void {
    if (this.#machine.state === 'full') this.#goOn('space');
  }

  /** Reads on. Called by the log's reading order, in which the reader waits after each part. */
  readNext(): Answer<void> {
    this.#goOn('scheduled', true);
    return this.#answer;
  }

  /** Stops, because the socket has gone. */
  cancel(): void {
    this.#on('leave');
  }

  /** Adds a message that is not in the log, and keeps its place among the records. */
  add(packets: readonly EncodedPacket[]): void {
    // The sender clears the sources of its packets once all other recipients have their forms.
    this.addBehind({ after: this.#log.offset, packets: packets.map(copyOf) });
  }

  /** Adds a message or a pause at its place, or before `start` a change of the rooms. */
  addBehind(mark: Mark): void {
    this.#marks.push(mark);
    this.bytes += bytesOf(mark.packets ?? []);
  }

  /** Answers may still come when the socket is gone. */
  #on(event: ReaderEvent): void {
    if (this.#isOver) return;
    this.#machine.on(event);
    assert((ENTRANCES[this.#machine.state] ?? event) === event, `"${event}" leads to another state`);
  }

  #goOn(event?: ReaderEvent, isScheduled = false): void {
    if (event) this.#on(event);
    for (let isNext = isScheduled; this.#machine.state === 'deciding'; isNext = true) this.#on(this.#decide(isNext));
  }

  /** Chooses the next step. */
  #decide(isNext: boolean): ReaderEvent {
    const { home, readers, pages } = this.#log;
    const [mark] = this.#marks;
    if (this.#space < 0) return 'wait for space';
    if (this.offset >= this.#until) return !mark ? 'finish' : mark.pause ? 'enter' : 'pass';
    // This reader would take the shared records from many others.
    return !isNext && readers.count >= home.crowd && pages.isFar(this.offset) ? 'queue' : 'read';
  }

  /** The place up to which the reader reads next: the first mark, or the newest event that the others received. */
  get #until(): Offset {
    const [mark] = this.#marks;
    return mark && mark.after < this.#log.offset ? mark.after : this.#log.offset;
  }

  /** Reads a page up to the first mark, so it is for the rooms of this place. */
  #read(): void {
    const rooms = this.#rooms;
    const read = (isGiven: boolean) => this.#log.pages.read(this.offset, this.#page, this.#until, rooms, isGiven);
    const sent = ask<ReaderEvent>(
      () => after(after(!this.isNamed || this.#log.knows(this.offset), read), (page) => this.#sendPage(page, rooms)),
      (error) => this.#fail(error),
    );
    const on = after(sent, (event) => this.#on(event));
    this.#answer = pending(on, () => {
      this.#answer = undefined;
      this.#goOn();
    });
  }

  /**
   * Reads again if the home has failed, and at once if it has not answered for long. Any other error means that the
   * records cannot be read.
   */
  #fail(error: unknown): ReaderEvent {
    if (isUnanswered(error)) return 'page';
    const isAway = error instanceof UnavailableError;
    this.#log.report(error);
    if (isAway && !this.#hasFailed) {
      this.#hasFailed = true;
      return 'fail';
    }
    if (this.#isOver) return 'page';
    // The home still has the records, so the client comes back for them. Without a session it could not.
    if (isAway && this.#member.pid !== undefined) this.#member.client.conn.close(true);
    else tellGap(this.#member, this.offset, undefined);
    this.offset = this.#log.offset;
    return 'page';
  }

  /** Sends a page that was read for these rooms. If other readers got the same records, they go out together. */
  #sendPage(page: LatePage, rooms: ReadonlySet<Room>): ReaderEvent {
    if (this.#isOver) return 'page';
    this.#hasFailed = this.isNamed = false;
    const { records, isShared, passed } = page;
    const { offset, packets, home, readers } = this.#log;
    const shared = isShared && rooms === this.#rooms ? packets.encodeShared(records) : undefined;
    const isWhole = shared && shared.run.size <= this.#space && !isTooWide(shared.attachments, this.#member);
    if (isWhole) this.#deliver(shared.run, records[0]?.offset);
    else if (!this.#send(page)) return 'page';
    tellReadLate(this.#member, records.length, this.offset, passed);
    // After a gap, the log may have records that the others did not receive yet.
    this.offset = passed > offset ? offset : passed;
    this.#page = Math.min(PAGE_MAX, shared?.pageCount ?? countWithin(SOCKET_PAGE_BYTES, records, this.#page));
    // Others read after a page. While a home on another machine answers, they do anyway.
    const isPart = home.keepsAtOnce && this.offset < this.#log.offset && (page.isPart || readers.isTimeUp());
    return isPart ? 'part' : 'page';
  }

  /** Sends the records of a page. Returns `false` if the rest has to be read again: after more space, or a pause. */
  #send({ records, hasGap }: LatePage): boolean {
    const from = this.offset;
    if (hasGap) this.#tellErased(undefined);
    if (hasGap) tellGap(this.#member, from, records[0]?.offset);
    for (const [count, record] of records.entries()) {
      if (this.#isOver || record.offset > this.#log.offset) return true;
      if (count > 0 && this.#space < 0) {
        this.#page = Math.min(this.#page, 2 * count);
        return false;
      }
      // The records after a gap may follow marks.
      for (let [mark] = this.#marks; mark && mark.after < record.offset; [mark] = this.#marks) {
        if (mark.pause) this.offset = mark.after;
        if (mark.pause) return false;
        this.#pass();
      }
      // A gap record that covers the place of the reader tells of the same loss.
      const isTold = hasGap && (gapAfter(record) ?? from) < from;
      if (!isTold && isFor(record, this.#rooms)) {
        // Consecutive records that are erased, or left out for this client, become one gap.
        if (isErased(record) || isTooWide(record.attachments.length, this.#member))
          this.#erased = { after: this.#erased?.after ?? this.offset, last: { ...record, attachments: [] } };
        else this.#deliver(this.#log.packets.encode(record), record.offset);
      }
      this.offset = record.offset;
    }
    return true;
  }

  #tellErased(before: Offset | undefined): void {
    const erased = this.#erased;
    this.#erased = undefined;
    if (erased) tellGapTold(this.#member, erased.after, before);
    if (erased) this.#deliver(this.#log.packets.encodeGap(erased.after, before, erased.last));
  }

  /**
   * Sends packets, and before them the gap of the records that were erased or left out. `before` is the record that the
   * packets are of.
   */
  #deliver(packets: readonly EncodedPacket[], before?: Offset): void {
    this.#tellErased(before);
    this.#member.client.sink.sendPackets(packets, false);
  }

  /** Carries out the next mark: a message, or a change of rooms. */
  #pass(): void {
    const mark = this.#marks.shift();
    if (mark?.packets) {
      this.bytes -= bytesOf(mark.packets);
      this.#deliver(mark.packets);
    } else if (mark) move(this.#rooms, mark, mark.isIn);
  }
}

/**
 * Whether so many attachments of a record are more than the client of a member takes. The record would end the
 * connection, again after each recovery. Every client takes those of a stock client.
 */
export function isTooWide(attachments: number, { client }: Pick<Member, 'client'>): boolean {
  return attachments > STOCK_ATTACHMENTS_MAX && attachments > client.attachmentsMax;
}

function move(rooms: Set<Room>, { room }: Mark, isIn: boolean | undefined): void {
  if (room !== undefined) rooms[isIn ? 'add' : 'delete'](room);
}

/**
 * Whether everything that is sent in a turn reaches the client as one unit, or not at all. Missed events then come
 * before the answer to CONNECT, as from Socket.IO. On other transports they come after it: clients keep events that
 * arrive before the answer, and would keep them twice if the connection broke in between.
 */
export function isOneUnit({ transport, upgrading }: Member['client']['conn']): boolean {
  return transport.name === 'polling' && !upgrading;
}

/** Tells a client that the log no longer has the records after `after` and before `before`. */
export function tellGap(member: Member, after: Offset, before: Offset | undefined): void {
  tellGapTold(member, after, before);
  const data = ['naru:gap', { after, before: before ?? null }];
  // A member that is about to go gets no other packet any more.
  member.client.write({ type: PacketType.EVENT, nsp: member.namespace.name, data }, {});
}
