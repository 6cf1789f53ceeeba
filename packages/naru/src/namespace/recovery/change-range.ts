/** Holds the changes of sockets in one range of a log, for sessions that are taken one after the other. */
import type { Offset, StoredRecord } from '../../backplane/backplane.js';
import { isTold, TOLD_ROOM } from '../../backplane/own-records.js';
import { carryOut, pending, type Steps, waitFor } from '../../base/steps/answer.js';
import { decodeValue } from '../../protocol/json-event/message.js';
import type { LatePages } from '../log/late/late-pages.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { costOf, countWithin, placeOf } from '../log/records.js';
import { ACT, readAction, readTarget } from '../remote/incoming.js';
import type { PlacedChange } from './heard-changes.js';

/** The log that has the changes. */
export interface ReadableLog extends Pick<NamespaceLog, 'read' | 'earlier'> {
  readonly pages: Pick<LatePages, 'readRooms'>;
}

/** A change that was found in the log. */
export interface FarChange extends PlacedChange {
  /** The bytes of memory that its record takes. */
  readonly bytes: number;
}

/** The most records that are read at once, the number in the first reading, and the bytes that a reading aims at. */
const PAGE_MAX = 1_024;
const PAGE_FIRST = 256;
const PAGE_BYTES = 1024 * 1024;
/** The records before the range that are read while others wait. */
const STEP = 8_192;
/**
 * The records between the range and a session after it that are read, too. If there are more, the range begins anew.
 */
const BETWEEN_MAX = 8_192;
/** The most bytes of changes that are held. */
const BYTES_MAX = 4 * 1024 * 1024;

/** The list of the index with the messages between processes. */
const TOLD = [TOLD_ROOM];

const ignore = (): void => undefined;

/**
 * The changes in one range. It grows in both directions, so each record of the log is read once, whatever the places
 * from which sessions come. One session has the range grow at a time, by a step, and then the others have their turn.
 */
export class ChangeRange {
  readonly #log: ReadableLog;
  /** The range begins after `#from`, and ends with `#to`. Both are empty when nothing is held. */
  #from: Offset = '';
  #to: Offset = '';
  #changes: FarChange[] = [];
  #bytes = 0;
  /** The oldest record that the log had when a reading found a gap. */
  #oldest: Offset = '';
  #limit = PAGE_FIRST;
  /** The records of the next step before the range. */
  #back = STEP;
  #step: Promise<void> | undefined;

  constructor(log: ReadableLog) {
    this.#log = log;
  }

  /**
   * Returns the changes after `after`, up to `until`. Throws the error of the log, as do all readings that wait for the
   * same.
   */
  *read(after: Offset, until: Offset): Steps<readonly FarChange[]> {
    while (after < until) {
      if (this.#to >= until && after >= this.#from) return this.#between(after, until);
      if (this.#step) yield* waitFor(this.#step);
      else if (this.#to >= until && this.#bytes > BYTES_MAX / 2) return yield* this.#readAlone(after, until);
      else {
        const step = carryOut(this.#to < until ? this.#growTo(after, until) : this.#growBack(after));
        this.#step = pending(step, () => {
          this.#step = undefined;
        });
        // Those that wait for the step go on before this one.
        if (this.#step) yield* waitFor(this.#step.then(ignore));
      }
    }
    return [];
  }

  /** Whether the log has perhaps lost changes after an offset. */
  mayLack(after: Offset): boolean {
    return this.#oldest > after;
  }

  #between(after: Offset, until: Offset): FarChange[] {
    return this.#changes.slice(placeOf(this.#changes, after), placeOf(this.#changes, until));
  }

  /** Reads the changes before the range for one session. There are too many to hold them. */
  *#readAlone(after: Offset, until: Offset): Steps<FarChange[]> {
    const held = this.#between(this.#from, until);
    return [...(yield* this.#readUntil(after, this.#from)), ...held];
  }

  /** Reads a page after the range, with the newer records that it has: the next session is to know some of them. */
  *#growTo(after: Offset, until: Offset): Steps<void> {
    if (this.#to === '' || this.#to < this.#log.earlier(after, BETWEEN_MAX)) {
      this.#from = this.#to = after;
      this.#changes = [];
      this.#bytes = 0;
    }
    const found: FarChange[] = [];
    this.#to = yield* this.#readPage(this.#to, until, found, true);
    for (const change of found) {
      this.#changes.push(change);
      this.#bytes += change.bytes;
    }
    if (this.#bytes > BYTES_MAX) this.#dropHalf();
  }

  /** Reads some of the records before the range. */
  *#growBack(after: Offset): Steps<void> {
    const step = this.#log.earlier(this.#from, this.#back);
    const from = step > after ? step : after;
    const found = yield* this.#readUntil(from, this.#from);
    // A home may have left out millions of numbers there, after a crash for example.
    this.#back = found.length === 0 ? 4 * this.#back : STEP;
    this.#changes = [...found, ...this.#changes];
    for (const { bytes } of found) this.#bytes += bytes;
    this.#from = from;
  }

  #dropHalf(): void {
    const gone = this.#changes.splice(0, Math.ceil(this.#changes.length / 2));
    for (const { bytes } of gone) this.#bytes -= bytes;
    this.#from = gone.at(-1)?.offset ?? this.#from;
  }

  /** Returns the changes after an offset, up to another. */
  *#readUntil(after: Offset, until: Offset): Steps<FarChange[]> {
    const found: FarChange[] = [];
    for (let last = after; last < until; ) last = yield* this.#readPage(last, until, found);
    return found;
  }

  /**
   * Adds the changes of a page, and returns up to where it goes: to `until` at most, or to its end. A page with a gap
   * has what the log still has.
   */
  *#readPage(after: Offset, until: Offset, found: FarChange[], isWhole = false): Steps<Offset> {
    const told = yield* waitFor(this.#log.pages.readRooms(TOLD, after, this.#limit));
    const { records, hasGap } = told ?? (yield* waitFor(this.#log.read(after, this.#limit)));
    if (hasGap) this.#oldest = records[0]?.offset ?? until;
    this.#limit = Math.min(PAGE_MAX, countWithin(PAGE_BYTES, records, this.#limit));
    const last = told?.passed ?? records.at(-1)?.offset ?? until;
    const end = isWhole || last < until ? last : until;
    for (const record of records) {
      const change = record.offset <= end ? readChange(record) : undefined;
      if (change) found.push(change);
    }
    return end;
  }
}

/**
 * Returns the change of a record. A later version may write what this one cannot read. That was reported when the
 * record was delivered.
 */
function readChange(record: StoredRecord): FarChange | undefined {
  const { offset, event } = record;
  if (!isTold(record) || !event.startsWith(`["${ACT}",`)) return undefined;
  try {
    const [, , far, ...args] = decodeValue(event, Number.POSITIVE_INFINITY) as readonly unknown[];
    const action = readAction(args);
    return action && { offset, bytes: costOf(record), target: readTarget(far), action };
  } catch {
    return undefined;
  }
}
