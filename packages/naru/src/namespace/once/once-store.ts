/** Shares answers, and claims of running listeners, with other processes and with this one after a restart. */
import type { KeyValueStore } from '../../backplane/backplane.js';
import { warnOfLaterVersion } from '../../backplane/formats.js';
import { utf8Size } from '../../base/bytes.js';
import type { Clock, Timer } from '../../base/clock.js';
import { systemRandom } from '../../base/id.js';
import { type Answer, after, ask, unlessThere } from '../../base/steps/answer.js';
import { attempt } from '../../base/uncaught.js';
import { decodeValue } from '../../protocol/json-event/message.js';
import type { OnceEntry } from './answer-memory.js';
import type { IdempotencySettings } from './options.js';

/** A stored event. It has no answer while its listener runs in a process that was recently alive. */
export type StoredOnce = Readonly<Pick<OnceEntry, 'number' | 'answer'>>;

/** Bounds and callbacks of the store. */
export interface OnceStoreOptions extends Pick<IdempotencySettings, 'ageMax' | 'storedCountMax' | 'storedBytesMax'> {
  /** Whether an entry is still remembered in memory. */
  isThere(entry: OnceEntry): boolean;
  /** Called when something could not be written or read. */
  onError(error: unknown): void;
}

interface Watch {
  readonly entry: OnceEntry;
  readonly onOver: () => void;
  isAsking: boolean;
  /** The claim of the other process, and the number of looks that have found it unchanged. */
  seen: string | undefined;
  unchanged: number;
}

/** Milliseconds between two checks of running listeners, here and in other processes. */
const LOOK_EVERY_MS = 250;

/** Looks after which a process renews its claims. Each renewal changes the text. */
const RENEW_EVERY = 4;

/**
 * Looks that find a claim unchanged until its process counts as dead. The clocks of two processes may differ and may be
 * set, so no process trusts the time of another.
 */
const DEAD_AFTER = 12;

/**
 * The shortest time for which the store keeps a claim. A clock that is set forward further may end the claim of a
 * listener that runs.
 */
const CLAIM_MIN_MS = 60 * 60 * 1_000;

/** Characters that name a process in its claims. */
const NODE_CHARACTERS = 8;

/** Longest id that is written, in characters. LMDB takes keys of 1,978 bytes. */
const ID_MAX = 600;

/** Prefix of all keys. */
const PREFIX = 'once ';

/** The most claims that are renewed. Beyond that, the oldest is not. */
const RENEWED_MAX = 10_000;

/** Share of the bounds that is written between two trims. Each trim makes room for as much. */
const LOOK_EVERY_PART = 1 / 4;

/**
 * Answers and claims in a store that outlives the process. Answers are bounded if the store can trim. Trims delay no
 * answer. A claim that is renewed goes last, and comes back with the next renewal.
 */
export class OnceStore {
  readonly #clock: Clock;
  readonly #store: KeyValueStore;
  readonly #options: OnceStoreOptions;
  readonly #node = systemRandom.id().slice(0, NODE_CHARACTERS);
  readonly #running = new Set<OnceEntry>();
  /** Events whose claims are being renewed. A home that is slow would get the renewals of one claim all at once. */
  readonly #renewing = new Set<OnceEntry>();
  readonly #watches = new Set<Watch>();
  #timer: Timer | undefined;
  #isClosed = false;
  /** Whether the home of the store answers later. */
  #isLate = false;
  /**
   * Entries and bytes that may be written before the next trim. They begin with 0, because earlier processes may have
   * left entries.
   */
  #countLeft = 0;
  #bytesLeft = 0;
  #isTrimming = false;
  #looks = 0;
  #claims = 0;

  constructor(clock: Clock, store: KeyValueStore, options: OnceStoreOptions) {
    this.#clock = clock;
    this.#store = store;
    this.#options = options;
  }

  /**
   * Claims an event for this process, so that no other runs its listener. Returns `undefined` when the listener may
   * run: the event is claimed, or the store failed. Otherwise it returns the event with the same number or a higher one
   * that is stored already. An answer to this event for which `isVoid` is true gives way to the claim.
   */
  claim(entry: OnceEntry, isVoid: (answer: string) => boolean = NEVER): Answer<StoredOnce | undefined> {
    if (entry.id.length > ID_MAX || this.#isClosed) return undefined;
    return ask<StoredOnce | undefined>(
      () => this.#claim(entry, undefined, isVoid),
      (error) => this.#fail(error),
    );
  }

  /**
   * Stores the answer of an event after what this process has appended so far. Its claim is renewed until then. A home
   * that answers later may get the answer late. By then, another process may have taken over the event, or may have a
   * later one of its row. That process keeps what it wrote.
   */
  write(entry: OnceEntry): void {
    this.#running.delete(entry);
    if (entry.id.length > ID_MAX) return;
    const key = storeKeyOf(entry.id);
    const text = textOf(entry);
    // A store on this machine writes `set` together with the events of the turn, and `swap` at once. The answer must
    // not come before them.
    this.#attempt(() =>
      this.#isLate
        ? this.#answer(key, text, entry, entry.claim === '' ? undefined : entry.claim)
        : this.#store.set(key, text, this.#options.ageMax),
    );
    this.#countLeft -= 1;
    this.#bytesLeft -= utf8Size(key) + utf8Size(text);
    if (this.#countLeft < 0 || this.#bytesLeft < 0) this.#trim();
  }

  #answer(key: string, text: string, entry: OnceEntry, expected: string | undefined): Answer<void> {
    return after(this.#store.swap(key, expected, text, this.#options.ageMax, 'after-appends'), ({ swapped, value }) => {
      const found = swapped || this.#isOwnClaim(value) ? undefined : readStored(value, entry.number);
      if (!swapped && (found?.number ?? -1) < entry.number) return this.#answer(key, text, entry, value);
    });
  }

  /** Removes the claim or the answer of an event that must look as if it had never arrived. */
  forget(entry: OnceEntry): void {
    const isRunning = this.#running.delete(entry);
    if (entry.id.length > ID_MAX || (!isRunning && entry.given === undefined)) return;
    if (!isRunning && !this.#isLate) {
      // The answer may still wait for the end of the turn.
      this.delete(entry.id);
      return;
    }
    const key = storeKeyOf(entry.id);
    const text = isRunning ? entry.claim : textOf(entry);
    this.#attempt(() => this.#store.swap(key, text, undefined, undefined, isRunning ? 'at-once' : 'after-appends'));
  }

  /** Removes the stored event with an id. */
  delete(id: string): void {
    if (id.length <= ID_MAX) this.#attempt(() => this.#store.delete(storeKeyOf(id)));
  }

  /** Calls back when the process that runs an event has answered it, or has died. */
  watch(entry: OnceEntry, onOver: () => void): void {
    if (this.#isClosed) return;
    this.#watches.add({ entry, onOver, isAsking: false, seen: undefined, unchanged: 0 });
    this.#schedule();
  }

  /** Lets the claim of an event become old, so that another process may take the event over. */
  renewNoMore(entry: OnceEntry | undefined): void {
    if (entry) this.#running.delete(entry);
  }

  /** Begins again after `close`. */
  open(): void {
    this.#isClosed = false;
  }

  /** Ends all claims and watches. */
  close(): void {
    this.#isClosed = true;
    this.#running.clear();
    this.#watches.clear();
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer ??= this.#clock.setTimeout((store: OnceStore) => store.#look(), LOOK_EVERY_MS, this);
  }

  #look(): void {
    this.#timer = undefined;
    this.#looks += 1;
    for (const entry of this.#running) {
      if (!this.#options.isThere(entry)) this.#running.delete(entry);
      else if (this.#looks % RENEW_EVERY === 0) this.#renew(entry);
    }
    for (const watch of this.#watches) this.#ask(watch);
    if (this.#running.size > 0 || this.#watches.size > 0) this.#schedule();
  }

  #claim(
    entry: OnceEntry,
    expected: string | undefined,
    isVoid: (answer: string) => boolean,
    isAgain = false,
  ): Answer<StoredOnce | undefined> {
    const text = this.#nextClaim(entry);
    const askedAt = this.#clock.now();
    const swapping = this.#store.swap(storeKeyOf(entry.id), expected, text, this.#claimMs);
    this.#isLate = false;
    unlessThere(swapping, () => {
      this.#isLate = true;
    });
    return after(swapping, ({ swapped, value }) => {
      const found = readStored(value, entry.number);
      const isFree = found?.number === entry.number && found.answer !== undefined && isVoid(found.answer);
      if (!swapped && found && found.number >= entry.number && !isFree) return found;
      if (!swapped) return this.#claim(entry, value, isVoid);
      // The answer may have come over a later link, or after a standstill. Another process may have taken over by then,
      // and has run the listener.
      const isOld = this.#clock.now() - askedAt >= DEAD_AFTER * LOOK_EVERY_MS;
      if (isOld && !isAgain) return this.#claim(entry, text, isVoid, true);
      entry.claim = text;
      this.#running.add(entry);
      const [oldest] = this.#running.size > RENEWED_MAX ? this.#running : [];
      this.renewNoMore(oldest);
      this.#schedule();
      return undefined;
    });
  }

  /** Renews a claim. A process that stood still may have lost it to another, whose answer then stays. */
  #renew(entry: OnceEntry): void {
    if (this.#renewing.has(entry)) return;
    this.#renewing.add(entry);
    const key = storeKeyOf(entry.id);
    const former = entry.claim;
    const text = this.#nextClaim(entry);
    entry.claim = text;
    const lost = (value: string | undefined): void => {
      if (value === undefined) this.#attempt(() => this.#store.swap(key, undefined, text, this.#claimMs));
      // An earlier renewal was refused, so an older claim is still there.
      else if (this.#isOwnClaim(value) && readStored(value, entry.number)?.number === entry.number) entry.claim = value;
      else this.#running.delete(entry);
    };
    const renewing = ask<void>(
      () =>
        after(this.#store.swap(key, former, text, this.#claimMs, 'with-turn'), ({ swapped, value }) => {
          if (!swapped) lost(value);
        }),
      (error) => this.#fail(error),
    );
    after(renewing, () => void this.#renewing.delete(entry), ignore);
  }

  get #claimMs(): number {
    return Math.max(this.#options.ageMax, CLAIM_MIN_MS);
  }

  /** Returns the text of a claim: the number without an answer, and a mark that nobody has used before. */
  #nextClaim({ number }: OnceEntry): string {
    this.#claims += 1;
    return `${number}~${this.#node}.${this.#claims}`;
  }

  #isOwnClaim(value: string | undefined): boolean {
    return value !== undefined && isClaim(value) && value.includes(`~${this.#node}.`);
  }

  #ask(watch: Watch): void {
    if (watch.isAsking) return;
    const { entry, onOver } = watch;
    if (!this.#options.isThere(entry)) {
      this.#watches.delete(watch);
      return;
    }
    watch.isAsking = true;
    const asking = ask<{ readonly value: string | undefined } | undefined>(
      () => after(this.#store.get(storeKeyOf(entry.id)), (value) => ({ value })),
      (error) => this.#fail(error),
    );
    after(asking, (found) => {
      watch.isAsking = false;
      // The next look asks a store again that has failed.
      if (!found || this.#isRunning(watch, found.value)) return;
      if (this.#watches.delete(watch) && this.#options.isThere(entry)) attempt(onOver);
    });
  }

  /**
   * Whether the event still runs in another process. The claim of a process that has died is removed, unless somebody
   * else is faster.
   */
  #isRunning(watch: Watch, value: string | undefined): boolean {
    const { entry, seen } = watch;
    const found = readStored(value, entry.number);
    if (value === undefined || found?.number !== entry.number || found.answer !== undefined) return false;
    watch.unchanged = value === seen ? watch.unchanged + 1 : 0;
    watch.seen = value;
    if (watch.unchanged < DEAD_AFTER || !isClaim(value)) return true;
    watch.unchanged = 0;
    this.#attempt(() => this.#store.swap(storeKeyOf(entry.id), value, undefined));
    return true;
  }

  #trim(): void {
    if (this.#isTrimming || this.#isClosed || !this.#store.trim) return;
    const { storedCountMax, storedBytesMax } = this.#options;
    this.#isTrimming = true;
    this.#countLeft = storedCountMax * LOOK_EVERY_PART;
    this.#bytesLeft = storedBytesMax * LOOK_EVERY_PART;
    const bounds = {
      countMax: storedCountMax * (1 - LOOK_EVERY_PART),
      bytesMax: storedBytesMax * (1 - LOOK_EVERY_PART),
      sparedMs: 0,
    };
    this.#store
      .trim(PREFIX, bounds)
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#isTrimming = false;
      });
  }

  #attempt(write: () => Answer<unknown>): void {
    ask(write, (error) => this.#fail(error));
  }

  #fail(error: unknown): undefined {
    // A closed server may outlive its store.
    if (!this.#isClosed) this.#options.onError(error);
    return undefined;
  }
}

/** Returns the text of an event with its answer. */
function textOf({ number, given }: OnceEntry): string {
  return `${number} ${given}`;
}

/**
 * Reads a number and an answer, or a number alone. Any other text may be that of a later version. It counts as the
 * claim of the event `number`, so that the listener does not run again.
 */
function readStored(text: string | undefined, number: number): StoredOnce | undefined {
  if (text === undefined) return undefined;
  const [, digits, answer] = STORED.exec(text) ?? [];
  if (digits !== undefined && (answer === undefined || isAnswer(answer))) return { number: Number(digits), answer };
  warnOfLaterVersion('the answer to an event with a key');
  return { number, answer: undefined };
}

/**
 * A number, and an answer or the mark of a claim. A process of version 0.1 writes the number alone, for a few seconds.
 */
const STORED = /^(\d{1,15})(?: (.*)|~[\w-]+\.\d+)?$/s;

function isClaim(text: string): boolean {
  return /^\d+~/.test(text);
}

function isAnswer(text: string): boolean {
  try {
    return Array.isArray(decodeValue(text, Number.POSITIVE_INFINITY));
  } catch {
    // Another program has written this.
    return false;
  }
}

function storeKeyOf(id: string): string {
  return `${PREFIX}${id}`;
}

const NEVER = (): boolean => false;

function ignore(): void {
  // `ask` has reported the error.
}
