/**
 * The newest changes of sockets in a log, for sessions that are on their way to this process or that no process had at
 * the time.
 */
import type { Offset, StoredRecord } from '../../backplane/backplane.js';
import { isTold, TOLD_ROOM } from '../../backplane/own-records.js';
import { sizeOfNames } from '../../backplane/record-size.js';
import { carryOut, pending, type Steps, waitFor } from '../../base/steps/answer.js';
import { decodeValue } from '../../protocol/json-event/message.js';
import type { Target } from '../event/target.js';
import type { LatePages } from '../log/late/late-pages.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { countWithin, placeOf, sumOf } from '../log/records.js';
import { ACT, readAction, readTarget } from '../remote/incoming.js';
import type { SocketAction } from '../socket/far-sockets.js';

/** The log that has the changes. */
export interface ReadableLog extends Pick<NamespaceLog, 'offset' | 'erasures' | 'home' | 'read' | 'earlier'> {
  readonly pages: Pick<LatePages, 'readRooms'>;
}

/** A change of the sockets of a target, at its place in the log. */
export interface PlacedChange {
  readonly offset: Offset;
  readonly target: Target;
  readonly action: SocketAction;
}

/** The most records that are read at once, the number in the first reading, and the bytes that a reading aims at. */
const PAGE_MAX = 1_024;
const PAGE_FIRST = 256;
const PAGE_BYTES = 1024 * 1024;
/** The records before the range that are read while others wait. */
const STEP = 8_192;
/** The most bytes of changes that are held. */
const BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of memory that a change takes in addition to its names. */
const CHANGE_COST = 300;

/** The list of the index with the messages between processes. */
const TOLD = [TOLD_ROOM];

const ignore = (): void => undefined;

/**
 * The changes up to the newest record that this process has delivered. It adds those that it carries out, and reads
 * earlier ones when a session needs them. So each record of the log is read once, whatever the places from which
 * sessions come. One session has the range grow at a time, by a step, and then the others have their turn.
 *
 * Invariant: it has all changes of the log after `#from`, up to what this process has delivered.
 */
export class ChangeRange {
  readonly log: ReadableLog;
  #from: Offset;
  #changes: PlacedChange[] = [];
  #bytes = 0;
  /** Increases when this process passes over records without reading them. */
  #erasures: number;
  /** The oldest record that the log had when a reading found a gap. */
  #oldest: Offset = '';
  #limit = PAGE_FIRST;
  /** The records of the next step before the range. */
  #back = STEP;
  #step: Promise<void> | undefined;

  constructor(log: ReadableLog) {
    this.log = log;
    this.#from = log.offset;
    this.#erasures = log.erasures;
  }

  /** Adds a change that this process carries out, in the order of the log. */
  add(change: PlacedChange): void {
    this.#check();
    this.#changes.push(change);
    this.#bytes += costOf(change);
    if (this.#bytes <= BYTES_MAX) return;
    const gone = this.#changes.splice(0, Math.ceil(this.#changes.length / 2));
    this.#bytes -= sumOf(gone, costOf);
    this.#from = gone.at(-1)?.offset ?? this.#from;
  }

  /** Returns the changes after an offset, or `undefined` if some of them may not be held. */
  held(after: Offset): readonly PlacedChange[] | undefined {
    this.#check();
    return after < this.#from ? undefined : this.#changes.slice(placeOf(this.#changes, after));
  }

  /** Returns the changes after an offset. Throws the error of the log, as do all readings that wait for the same. */
  *read(after: Offset): Steps<readonly PlacedChange[]> {
    for (;;) {
      const held = this.held(after);
      if (held) return held;
      if (this.#step) yield* waitFor(this.#step);
      else if (this.#bytes > BYTES_MAX / 2) return yield* this.#readAlone(after);
      else {
        const step = carryOut(this.#growBack(after));
        this.#step = pending(step, () => {
          this.#step = undefined;
        });
        // Those that wait for the step go on before this one.
        if (this.#step) yield* waitFor(this.#step.then(ignore));
      }
    }
  }

  /** Whether the log has perhaps lost changes after an offset. */
  mayLack(after: Offset): boolean {
    return this.#oldest > after;
  }

  #check(): void {
    const { offset, erasures } = this.log;
    if (this.#erasures === erasures) return;
    this.#erasures = erasures;
    this.#from = offset;
    this.#changes = [];
    this.#bytes = 0;
  }

  /** Reads the changes before the range for one session. There are too many to hold them. */
  *#readAlone(after: Offset): Steps<PlacedChange[]> {
    const found: PlacedChange[] = [];
    // The range may begin later meanwhile.
    for (let last = after; ; last = yield* this.#readPage(last, this.#from, found)) {
      const held = this.held(last);
      if (held) return [...found, ...held];
    }
  }

  /** Reads some of the records before the range. */
  *#growBack(after: Offset): Steps<void> {
    const until = this.#from;
    const step = this.log.earlier(until, this.#back);
    const from = step > after ? step : after;
    const found: PlacedChange[] = [];
    for (let last = from; last < until; ) last = yield* this.#readPage(last, until, found);
    // The range may begin later meanwhile.
    if (this.#from !== until) return;
    // A home may have left out millions of numbers there, after a crash for example.
    this.#back = found.length === 0 ? 4 * this.#back : STEP;
    this.#changes = [...found, ...this.#changes];
    this.#bytes += sumOf(found, costOf);
    this.#from = from;
  }

  /**
   * Adds the changes of a page up to `until`, and returns up to where it goes. A page with a gap has what the log still
   * has.
   */
  *#readPage(after: Offset, until: Offset, found: PlacedChange[]): Steps<Offset> {
    const told = yield* waitFor(this.log.pages.readRooms(TOLD, after, this.#limit));
    const { records, hasGap } = told ?? (yield* waitFor(this.log.read(after, this.#limit)));
    if (hasGap) this.#oldest = records[0]?.offset ?? until;
    this.#limit = Math.min(PAGE_MAX, countWithin(PAGE_BYTES, records, this.#limit));
    const last = told?.passed ?? records.at(-1)?.offset ?? until;
    const end = last < until ? last : until;
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
function readChange(record: StoredRecord): PlacedChange | undefined {
  const { offset, event } = record;
  if (!isTold(record) || !event.startsWith(`["${ACT}",`)) return undefined;
  try {
    const [, , far, ...args] = decodeValue(event, Number.POSITIVE_INFINITY) as readonly unknown[];
    const action = readAction(args);
    return action && { offset, target: readTarget(far), action };
  } catch {
    return undefined;
  }
}

/** Returns the approximate bytes of memory that a change takes. */
function costOf({ target, action: [, what] }: PlacedChange): number {
  const rooms = typeof what === 'boolean' ? [] : what;
  return CHANGE_COST + sizeOfNames(target) + sizeOfNames({ rooms, except: [] });
}
