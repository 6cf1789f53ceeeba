/** Notices that the home has lost the newest records of a log, and tells everybody of it through the log. */

import { gapRecord, isGapRecord, type Offset, ZERO_OFFSET } from 'naru/backplane';
import { type Clock, getOrCreate, isNaruError, type Timer, unreferenced } from 'naru/base';
import type { HomeCalls } from '../calls.js';

/** The parts of a node that this uses. */
export interface LostTailsContext {
  readonly clock: Clock;
  readonly calls: Pick<HomeCalls, 'call'>;
  /** The namespaces that the node hears. */
  readonly followed: Pick<ReadonlyMap<string, unknown>, 'has' | 'size'>;
  /** Called when a log may hold records that its followers were not told. */
  onMore(namespace: string): void;
  onError(error: unknown): void;
}

/**
 * Milliseconds for which other nodes leave it to one of them to tell of a loss. If it dies, another one does so after
 * that.
 */
const CLAIM_MS = 2_000;
/** Milliseconds between two looks at whether that node has told of it. */
const LOOK_MS = 100;
/** Milliseconds for which a loss counts as told without a look into the log. */
const TOLD_MS = 10_000;
/** Records after the last one that is left, among which the gap record stands if a node has told of the loss. */
const LOOKED_THROUGH_MAX = 256;
/** Records that are read together then, and how often in a row the home may fail to answer that in time. */
const LOOKED_AT_ONCE = 16;
const LOOKS_MAX = 3;
/** Milliseconds after which a loss is checked again that the home has refused to note. */
const RETRY_MS = 1_000;
/** Milliseconds after which a record is no longer one that the home may have lost with the uplink. */
const LOSS_MS = 60_000;
/** Namespaces without followers whose newest offset a node remembers. */
const NEWEST_MAX = 1_000;

/** The text of a node that is about to tell of a loss, and the one after that. */
const [CLAIMED, TOLD] = ['claimed', 'told'];

/** The check of a namespace. */
interface Check {
  /** The offsets that are being checked. */
  readonly offsets: Set<Offset>;
  /** Whether the followers have something to read after it. */
  hasMissed: boolean;
  done: Promise<unknown> | undefined;
}

/**
 * Asks the home, over every new uplink, whether it still has the newest records that this node has heard of. Guarantee:
 * after a loss, the node gets no newer record of that log before a gap record is there. So a client that has a newer
 * record can be told of the loss wherever it goes. While the home refuses the gap record, as one without room does, the
 * check is made again each second, and followers are told in between.
 */
export class LostTails {
  readonly #context: LostTailsContext;
  /** The newest offset of each namespace that this node has heard of, and when, in the order of the times. */
  readonly #newest = new Map<string, { readonly offset: Offset; readonly at: number }>();
  readonly #checks = new Map<string, Check>();
  /** Ends the waits between two looks. */
  readonly #waits = new Set<() => void>();
  /** The checks that the home has refused, and the timer after which they are made again. */
  #refused: (readonly [namespace: string, offset: Offset])[] = [];
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(context: LostTailsContext) {
    this.#context = context;
  }

  /** Notes that this node has heard of a record. */
  note(namespace: string, offset: Offset | undefined): void {
    const known = this.#newest.get(namespace);
    if (offset === undefined || offset <= (known?.offset ?? ZERO_OFFSET)) return;
    const { clock, followed } = this.#context;
    this.#newest.delete(namespace);
    this.#newest.set(namespace, { offset, at: clock.now() });
    if (this.#newest.size <= NEWEST_MAX + followed.size) return;
    // The namespace that has been quiet for longest comes first.
    for (const quiet of this.#newest.keys()) {
      if (followed.has(quiet)) continue;
      this.#newest.delete(quiet);
      return;
    }
  }

  /** Resolves when the check of a namespace is over. Returns `undefined` if none is under way. */
  checked(namespace: string): Promise<unknown> | undefined {
    return this.#checks.get(namespace)?.done;
  }

  /** Whether the followers of a namespace must not get a batch now. They read it when the check is over. */
  withholds(namespace: string): boolean {
    const check = this.#checks.get(namespace);
    if (check) check.hasMissed = true;
    return check !== undefined;
  }

  /** A new uplink is there, perhaps to another server. Nothing has come over it yet. */
  onUplink(): void {
    const { clock, followed } = this.#context;
    const since = clock.now() - LOSS_MS;
    for (const [namespace, { offset, at }] of this.#newest)
      if (followed.has(namespace) || at >= since) this.#check(namespace, offset);
      else this.#newest.delete(namespace);
  }

  /** Ends all checks that wait. The others end with their requests. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#waits) end();
    if (this.#retry !== undefined) this.#context.clock.clearTimeout(this.#retry);
  }

  /**
   * Checks an offset. Each new uplink carries the open requests of earlier checks again, and the newest record may be
   * of a log that has lost an earlier one. So all offsets are checked at the same time. One after the other, the checks
   * of uplinks that keep breaking would have no end, and appends that the home has answered would count as unanswered.
   */
  #check(namespace: string, offset: Offset): void {
    const check: Check = getOrCreate(this.#checks, namespace, () => ({
      offsets: new Set<Offset>(),
      hasMissed: false,
      done: undefined,
    }));
    if (check.offsets.has(offset)) return;
    check.offsets.add(offset);
    check.done = Promise.all([check.done, this.#run(namespace, offset, check)]);
  }

  async #run(namespace: string, offset: Offset, check: Check): Promise<void> {
    let error: unknown;
    do {
      error = undefined;
      try {
        if (await this.#tellLoss(namespace, offset)) check.hasMissed = true;
      } catch (thrown) {
        error = thrown;
      }
      // A home that has not answered in time may still have lost the record.
    } while (codeOf(error) === 'TIMEOUT' && !this.#isClosed);
    if (error !== undefined) this.#context.onError(error);
    if (codeOf(error) === 'NOT_KEPT' || codeOf(error) === 'REFUSED') this.#checkLater(namespace, offset);
    check.offsets.delete(offset);
    if (check.offsets.size > 0) return;
    this.#checks.delete(namespace);
    if (check.hasMissed) this.#context.onMore(namespace);
  }

  /** Checks an offset again, because the home may have room later. The home's error is told each time. */
  #checkLater(namespace: string, offset: Offset): void {
    if (this.#isClosed) return;
    this.#refused.push([namespace, offset]);
    const again = (): void => {
      this.#retry = undefined;
      for (const refused of this.#refused.splice(0)) this.#check(...refused);
    };
    this.#retry ??= unreferenced(this.#context.clock.setTimeout(again, RETRY_MS, undefined));
  }

  /** If the home has lost a record, resolves with `true` once the log says so. */
  async #tellLoss(namespace: string, offset: Offset): Promise<boolean> {
    const { calls, clock } = this.#context;
    if (await calls.call('knows', [namespace, offset])) return false;
    const [last] = (await calls.call('readBack', [namespace, offset, 1])).records;
    const after = last?.offset ?? ZERO_OFFSET;
    const gap = gapRecord(after, null, clock.now());
    if (await this.#isInLog(namespace, after, gap.event)) return true;
    // Of the nodes that notice it at the same time, one is enough.
    const key = `lost ${after}`;
    for (;;) {
      const { swapped, value } = await calls.call('swap', [namespace, key, undefined, CLAIMED, CLAIM_MS]);
      if (value === TOLD) return true;
      if (swapped) break;
      await this.#untilNextLook();
      if (this.#isClosed) return false;
    }
    const { offsets } = await calls.call('append', [namespace, [gap]]);
    this.note(namespace, offsets.at(-1));
    await calls.call('set', [namespace, key, TOLD, TOLD_MS]);
    return true;
  }

  /**
   * Whether the log has a gap record after an offset: this node may have been away for longer than others remember what
   * they have told. The answer is `false` if the home is too slow to show it, and then the loss is told twice at worst.
   */
  async #isInLog(namespace: string, after: Offset, event: string): Promise<boolean> {
    let from = after;
    let left = LOOKED_THROUGH_MAX;
    for (let tries = 0; left > 0 && tries < LOOKS_MAX && !this.#isClosed; ) {
      try {
        const { records } = await this.#context.calls.call('read', [namespace, from, LOOKED_AT_ONCE]);
        if (records.some((record) => isGapRecord(record) && record.event === event)) return true;
        if (records.length < LOOKED_AT_ONCE) return false;
        from = records.at(-1)?.offset ?? from;
        left -= records.length;
        tries = 0;
      } catch (error) {
        if (codeOf(error) !== 'TIMEOUT') throw error;
        tries += 1;
      }
    }
    return false;
  }

  #untilNextLook(): Promise<void> {
    const { clock } = this.#context;
    return new Promise((resolve) => {
      const end = (): void => {
        clock.clearTimeout(timer);
        this.#waits.delete(end);
        resolve();
      };
      const timer = unreferenced(clock.setTimeout(end, LOOK_MS, undefined));
      this.#waits.add(end);
    });
  }
}

/** Returns the code of an error of a home that cannot carry out a request now. */
function codeOf(error: unknown): string | undefined {
  return isNaruError(error, 'UnavailableError') ? error.code : undefined;
}
