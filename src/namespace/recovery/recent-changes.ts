/** The newest changes of sockets in one log, for sessions that are on their way to this process. */
import { lowerOffset, nextOffset, type Offset, type StoredRecord } from '../../backplane/backplane.js';
import { isTold } from '../../backplane/own-records.js';
import { carryOut, pending, type Steps, waitFor } from '../../base/steps/answer.js';
import { decodeValue } from '../../protocol/json-event/message.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import { costOf, countWithin, placeOf } from '../log/records.js';
import { ACT, readAction, readTarget, type SocketAction } from '../remote/incoming.js';
import type { Target } from '../target.js';

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
/** The most bytes of changes that are held, and those of a change besides its names. */
const BYTES_MAX = 4 * 1024 * 1024;
const CHANGE_BYTES = 256;
/** The most changes that are held because this process has carried them out. No session has asked for changes since. */
const UNASKED_MAX = 1_024;

const ignore = (): void => undefined;

/**
 * Holds changes that this process has carried out, and reads earlier ones page by page. So each record of the log is read once, whatever the
 * places from which sessions come. One session reads a page at a time, and then the others have their turn.
 *
 * Invariant: it has all changes of the log after `#after`, up to the newest record that this process has delivered.
 */
export class RecentChanges {
  readonly #log: Pick<NamespaceLog, 'offset' | 'erasures' | 'readBack'>;
  #changes: PlacedChange[] = [];
  #after: Offset;
  /** Increases when this process passes over records without reading them. */
  #erasures: number;
  #bytes = 0;
  #unasked = 0;
  /** The oldest record that the log had when a reading found a gap. */
  #oldest: Offset = '';
  #limit = PAGE_FIRST;
  /** The page that is being read. */
  #reading: Promise<void> | undefined;

  constructor(log: Pick<NamespaceLog, 'offset' | 'erasures' | 'readBack'>) {
    this.#log = log;
    this.#after = log.offset;
    this.#erasures = log.erasures;
  }

  /** Adds a change that this process has carried out, in the order of the log. */
  add(change: PlacedChange): void {
    this.#check();
    this.#changes.push(change);
    this.#bytes += bytesOf(change);
    this.#unasked += 1;
    if (this.#unasked > UNASKED_MAX) this.#keep(UNASKED_MAX / 2);
    else if (this.#bytes > BYTES_MAX) this.#keep(this.#changes.length / 2);
  }

  /** Returns the changes after an offset, or `undefined` if some of them may not be held. */
  since(after: Offset): readonly PlacedChange[] | undefined {
    this.#check();
    this.#unasked = 0;
    return after < this.#after ? undefined : this.#changes.slice(placeOf(this.#changes, after));
  }

  /** Does the same, and reads those that are not held. Throws the error of the log, as do all readings that wait for the same page. */
  *read(after: Offset): Steps<readonly PlacedChange[]> {
    for (;;) {
      const held = this.since(after);
      if (held) return held;
      if (this.#reading) yield* waitFor(this.#reading);
      else if (this.#bytes > BYTES_MAX / 2) return yield* this.#readAlone(after);
      else {
        this.#reading = pending(carryOut(this.#readBefore()), () => {
          this.#reading = undefined;
        });
        // Those that wait for the page go on before this one.
        if (this.#reading) yield* waitFor(this.#reading.then(ignore));
      }
    }
  }

  /** Whether the log has perhaps lost changes after an offset. */
  mayLack(after: Offset): boolean {
    return this.#oldest > after;
  }

  /** Reads changes for one session. There are too many to hold them. */
  *#readAlone(after: Offset): Steps<readonly PlacedChange[]> {
    const end = this.#after;
    const found: PlacedChange[] = [];
    for (let start = end; start > after; ) start = yield* this.#readPage(start, found);
    return [...found.slice(placeOf(found, after)), ...(yield* this.read(end))];
  }

  /** Reads the page before the held changes. */
  *#readBefore(): Steps<void> {
    const end = this.#after;
    const found: PlacedChange[] = [];
    const start = yield* this.#readPage(end, found);
    this.#check();
    // The oldest changes were dropped in the meantime.
    if (this.#after !== end) return;
    this.#after = start;
    this.#changes.unshift(...found);
    for (const change of found) this.#bytes += bytesOf(change);
    if (this.#bytes > BYTES_MAX) this.#keep(this.#changes.length / 2);
  }

  /** Puts the changes of the page that ends with an offset before others. Returns the offset after which the page begins. */
  *#readPage(end: Offset, found: PlacedChange[]): Steps<Offset> {
    const { records, hasGap } = yield* waitFor(this.#log.readBack(nextOffset(end), this.#limit));
    const oldest = records[0]?.offset;
    if (hasGap) this.#oldest = oldest ?? end;
    this.#limit = Math.min(PAGE_MAX, countWithin(PAGE_BYTES, records, costOf, this.#limit));
    found.unshift(...records.flatMap((record) => readChange(record) ?? []));
    return oldest === undefined ? '' : lowerOffset(oldest, 1);
  }

  /** Drops all changes but the newest ones. */
  #keep(count: number): void {
    const gone = this.#changes.splice(0, Math.ceil(this.#changes.length - count));
    for (const change of gone) this.#bytes -= bytesOf(change);
    this.#after = gone.at(-1)?.offset ?? this.#after;
    this.#unasked = Math.min(this.#unasked, this.#changes.length);
  }

  #check(): void {
    const { offset, erasures } = this.#log;
    if (this.#erasures === erasures) return;
    this.#erasures = erasures;
    this.#after = offset;
    this.#changes = [];
    this.#bytes = 0;
  }
}

function bytesOf({ target: { rooms, except }, action: [, what] }: PlacedChange): number {
  return CHANGE_BYTES + [...rooms, ...except, what].join().length;
}

/** Returns the change of a record. A later version may write what this one cannot read. That was reported when the record was delivered. */
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
