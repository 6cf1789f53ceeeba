/** Brings a socket that is late up to the end of the log: after a reconnect, or because it reads slower than others write. */
import { type Offset, type Page, type StoredRecord, whenSettled } from '../backplane/backplane.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';
import type { NamespaceLog } from './namespace-log.js';
import type { Room } from './target.js';

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

/** Records that are read at once. */
const PAGE = 256;

/** One catching up. Guarantee: the reader gets each record that is for it once, in their order, and is told of what is missing. */
export class CatchUp {
  readonly #log: NamespaceLog;
  readonly #reader: LateReader;
  #after: Offset;
  #isReading = false;
  #isOver = false;

  constructor(log: NamespaceLog, reader: LateReader, after: Offset) {
    this.#log = log;
    this.#reader = reader;
    this.#after = after;
  }

  /** The newest record that it has passed. */
  get offset(): Offset {
    return this.#after;
  }

  /** Reads on, as long as there is space. */
  pump(): void {
    while (!this.#isOver && !this.#isReading && this.#reader.hasSpace) {
      this.#isReading = true;
      const isLater = this.#read();
      if (isLater) return;
    }
  }

  /** The reader has gone. */
  cancel(): void {
    this.#isOver = true;
  }

  /** Reads a page; `true` when it comes later, and `pump` goes on then. */
  #read(): boolean {
    let isNow = true;
    let isLater = true;
    whenSettled(
      this.#log.read(this.#after, PAGE),
      (page) => {
        isLater = false;
        this.#isReading = false;
        if (this.#isOver) return;
        this.#take(page);
        if (!isNow) this.pump();
      },
      () => {
        // The log tells of its failure itself; what can be had comes with the next event.
        isLater = false;
        this.#isReading = false;
        this.#finish();
      },
    );
    isNow = false;
    return isLater;
  }

  #take({ records, hasGap }: Page): void {
    if (hasGap) this.#reader.onGap(this.#after, records[0]?.offset);
    for (const record of records) {
      if (this.#isOver) return;
      if (isFor(record, this.#reader.rooms)) this.#reader.take(this.#log.encode(record));
      this.#after = record.offset;
    }
    if (records.length < PAGE) this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.onCaughtUp();
  }
}

/** Whether a record is for somebody in these rooms. */
export function isFor(record: Pick<StoredRecord, 'rooms' | 'except'>, rooms: ReadonlySet<Room>): boolean {
  return (record.rooms.length === 0 || meets(record.rooms, rooms)) && !meets(record.except, rooms);
}

function meets(names: readonly Room[], rooms: ReadonlySet<Room>): boolean {
  for (const name of names) if (rooms.has(name)) return true;
  return false;
}
