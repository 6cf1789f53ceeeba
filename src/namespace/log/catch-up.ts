/** Brings a socket that is late up to the end of the log: after a reconnect, or because it reads slower than others write. */
import type { Offset, StoredRecord } from '../../backplane/backplane.js';
import { isForNoSocket } from '../../backplane/own-records.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { copyOf } from '../slow-readers/backlog-reader.js';
import type { Lag } from '../slow-readers/lag.js';
import type { Room } from '../target.js';
import type { NamespaceLog } from './namespace-log.js';
import type { WaitingReader } from './reading-order.js';
import { type SharedPage, sizeOf } from './shared-pages.js';

/** A socket that is late. */
export interface LateReader {
  /** The rooms it is in. */
  readonly rooms: ReadonlySet<Room>;
  /** Whether more can be sent without keeping much in memory; when it is false, `pump` is called once it is true again. */
  readonly hasSpace: boolean;
  /** Sends one message. */
  take(packets: readonly EncodedPacket[]): void;
  /** The log has let go of what stood behind `after`, up to `before`: this is lost to the socket, which has to be told. */
  onGap(after: Offset, before: Offset | undefined): void;
  /** It has read everything, and gets what follows as it comes. Called once. */
  onCaughtUp(): void;
}

/** Records that are read at once: at first, and at most. */
const PAGE_FIRST = 64;
const PAGE_MAX = 256;
/** Bytes that one page should have, so that little is kept of what the reader has no space for. */
const PAGE_BYTES = 256 * 1024;

/** Bytes of memory for keeping an event, besides what it says. */
const ENTRY_COST = 200;

/** What was sent besides the log while the reader was late: it comes behind the newest event of then. */
interface Deferred {
  readonly behind: Offset;
  readonly packets: readonly EncodedPacket[];
}

/**
 * One catching up, to the newest event that was handed out to the others: what comes behind that, it will get with them. Guarantee: the
 * reader gets each record that is for it once, in their order, and is told of what is missing.
 */
export class CatchUp implements Lag, WaitingReader {
  readonly #log: NamespaceLog;
  readonly #reader: LateReader;
  readonly #deferred: Deferred[] = [];
  #after: Offset;
  #page = PAGE_FIRST;
  #isReading = false;
  #isOver = false;
  #isHeld = true;
  #bytes = 0;

  constructor(log: NamespaceLog, reader: LateReader, after: Offset) {
    this.#log = log;
    this.#reader = reader;
    this.#after = after;
  }

  /** The newest record that it has passed. */
  get offset(): Offset {
    return this.#after;
  }

  /** Bytes of what waits here because it does not stand in the log. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Begins to read: the reader is in its rooms. */
  start(): void {
    this.#isHeld = false;
    this.pump();
  }

  /** Reads on, as long as there is space. */
  pump(): void {
    while (!this.#isHeld && !this.#isOver && !this.#isReading && this.#reader.hasSpace) {
      this.#isReading = true;
      const isLater = this.#read();
      if (isLater) return;
    }
  }

  /** It may read on. Called by the log, which has it wait after each part. */
  readNext(): void {
    this.#isReading = false;
    this.pump();
  }

  /** The reader has gone. */
  cancel(): void {
    this.#isOver = true;
  }

  /** Something that does not stand in the log, in its place among what does. */
  add(packets: readonly EncodedPacket[]): void {
    // Their sources are let go when all others have their forms.
    this.addBehind(this.#log.offset, packets.map(copyOf));
  }

  /** The same, behind the record of an offset. */
  addBehind(behind: Offset, packets: readonly EncodedPacket[]): void {
    this.#deferred.push({ behind, packets });
    this.#bytes += bytesOf(packets);
  }

  addLogged(): void {
    // It is read from the log.
  }

  release(): void {
    // The client reads on when it is back.
  }

  /** Reads a page; `true` when it comes later, and `pump` goes on then. */
  #read(): boolean {
    const end = this.#log.offset;
    const limit = this.#page;
    const onPage = (page: SharedPage): void => {
      this.#isReading = false;
      if (this.#isOver) return;
      const isWhole = this.#take(page);
      // Where others were given more meanwhile, there is more to read.
      if (isWhole && !page.isPart && page.records.length < limit && end === this.#log.offset) this.#finish();
    };
    try {
      const page = this.#log.readShared(this.#after, limit, this.#reader.rooms);
      if (!(page instanceof Promise)) {
        onPage(page);
        if (!page.isPart || this.#isOver) return false;
        // The log is long, and others have something to do as well.
        this.#isReading = true;
        this.#log.readers.wait(this);
        return true;
      }
      page
        .then(onPage)
        .catch((error: unknown) => this.#fail(error))
        .then(() => this.pump());
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** What cannot be read is missing to the reader, who has to know. */
  #fail(error: unknown): void {
    this.#isReading = false;
    this.#log.report(error);
    if (this.#isOver) return;
    this.#reader.onGap(this.#after, undefined);
    this.#finish();
  }

  /** Sends a page; `false` when there was no space for the rest of it, which is read again. */
  #take({ records, hasGap, passed }: SharedPage): boolean {
    if (hasGap) this.#reader.onGap(this.#after, records[0]?.offset);
    let size = 0;
    let count = 0;
    // Once for a page: a socket counts up its rooms each time.
    const { rooms } = this.#reader;
    for (const record of records) {
      if (this.#isOver) return true;
      if (record.offset > this.#log.offset) {
        this.#finish();
        return true;
      }
      if (count > 0 && !this.#reader.hasSpace) {
        this.#page = Math.min(this.#page, 2 * count);
        return false;
      }
      this.#sendDeferred(record.offset);
      if (isFor(record, rooms)) this.#reader.take(this.#log.encode(record));
      this.#after = record.offset;
      size += sizeOf(record);
      count += 1;
    }
    // What stands behind its last record, up to there, is for others.
    if (passed !== undefined && passed > this.#after) this.#after = passed;
    if (size > 0) this.#page = Math.max(1, Math.min(PAGE_MAX, Math.floor((PAGE_BYTES * records.length) / size)));
    return true;
  }

  /** Sends what was deferred before the record at `next` was handed out. */
  #sendDeferred(next: Offset | undefined): void {
    for (let [first] = this.#deferred; first; [first] = this.#deferred) {
      if (next !== undefined && first.behind >= next) return;
      this.#deferred.shift();
      this.#bytes -= bytesOf(first.packets);
      this.#reader.take(first.packets);
    }
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sendDeferred(undefined);
    this.#reader.onCaughtUp();
  }
}

/** Bytes of memory that packets take, with what it takes to keep them. */
function bytesOf(packets: readonly EncodedPacket[]): number {
  let bytes = ENTRY_COST;
  for (const { size } of packets) bytes += size;
  return bytes;
}

/** Whether a record is for somebody in these rooms. */
export function isFor(record: Pick<StoredRecord, 'rooms' | 'except'>, rooms: ReadonlySet<Room>): boolean {
  if (isForNoSocket(record)) return false;
  return (record.rooms.length === 0 || meets(record.rooms, rooms)) && !meets(record.except, rooms);
}

function meets(names: readonly Room[], rooms: ReadonlySet<Room>): boolean {
  for (const name of names) if (rooms.has(name)) return true;
  return false;
}
