/** Shares answers, and marks of running listeners, with other processes and with this one after a restart. */
import { chain, type KeyValueStore, type MaybePromise, request } from '../../backplane/backplane.js';
import { utf8Size } from '../../base/bytes.js';
import type { Clock, Timer } from '../../base/clock.js';
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
  readonly onFound: (found: StoredOnce | undefined) => void;
  isAsking: boolean;
}

/** Milliseconds between two checks of running listeners. An event that is answered sooner is never marked, which saves most writes. */
const LOOK_EVERY_MS = 250;

/** Milliseconds after which a mark is written again. */
const MARK_EVERY_MS = 1_000;

/** Milliseconds for which a mark counts. After a process dies, another one waits this long before it runs the listener. */
const MARK_EXPIRES_MS = 3_000;

/** Longest id that is written, in characters. LMDB takes keys of 1,978 bytes. */
const ID_MAX = 600;

/** Prefix of all keys. */
const PREFIX = 'once ';

/** Share of the bounds that may be written between two trims. Each trim makes room for as much. */
const LOOK_EVERY_PART = 1 / 4;

/**
 * Answers and marks in a store that outlives the process. Answers are bounded if the store can trim. Trimming delays no answer and never
 * removes marks.
 */
export class OnceStore {
  readonly #clock: Clock;
  readonly #store: KeyValueStore;
  readonly #options: OnceStoreOptions;
  readonly #running = new Set<OnceEntry>();
  readonly #watches = new Set<Watch>();
  #timer: Timer | undefined;
  #isClosed = false;
  /** Entries and bytes that may be written before the next trim. Both begin at 0, because earlier processes may have left entries. */
  #countLeft = 0;
  #bytesLeft = 0;
  #isTrimming = false;

  constructor(clock: Clock, store: KeyValueStore, options: OnceStoreOptions) {
    this.#clock = clock;
    this.#store = store;
    this.#options = options;
  }

  /** Returns what is stored for an entry, or `undefined` when there is nothing or it cannot be read. */
  find({ id }: OnceEntry): MaybePromise<StoredOnce | undefined> {
    if (id.length > ID_MAX) return undefined;
    return request<StoredOnce | undefined>(
      () => chain(this.#store.get(storeKeyOf(id)), readStored),
      (error) => this.#fail(error),
    );
  }

  /** Notes that the listener of an event begins. The event is marked if that takes long. */
  begin(entry: OnceEntry): void {
    if (entry.id.length > ID_MAX || this.#isClosed) return;
    this.#running.add(entry);
    this.#schedule();
  }

  /** Stores the answer of an event. */
  write({ id, number, answer }: OnceEntry): void {
    if (id.length > ID_MAX) return;
    const key = storeKeyOf(id);
    const text = `${number} ${answer}`;
    this.#attempt(() => this.#store.set(key, text, this.#options.ageMax));
    this.#countLeft -= 1;
    this.#bytesLeft -= utf8Size(key) + utf8Size(text);
    if (this.#countLeft < 0 || this.#bytesLeft < 0) this.#trim();
  }

  /** Removes the mark of an event that must look as if it had never arrived. */
  forget(entry: OnceEntry): void {
    if (this.#running.delete(entry) && entry.markedAt > 0)
      this.#attempt(() => this.#store.delete(storeKeyOf(entry.id)));
  }

  /** Removes the stored event with an id. */
  delete(id: string): void {
    if (id.length <= ID_MAX) this.#attempt(() => this.#store.delete(storeKeyOf(id)));
  }

  /** Calls `onFound` when the process that runs the listener of an event has answered it, or has died. */
  watch(entry: OnceEntry, onFound: (found: StoredOnce | undefined) => void): void {
    if (this.#isClosed) return;
    this.#watches.add({ entry, onFound, isAsking: false });
    this.#schedule();
  }

  /** Ends all marks and watches. */
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
    const now = this.#clock.now();
    for (const entry of this.#running) {
      if (entry.answer !== undefined || !this.#options.isThere(entry)) this.#running.delete(entry);
      else if (now - entry.markedAt >= MARK_EVERY_MS) this.#mark(entry, now);
    }
    for (const watch of this.#watches) this.#ask(watch);
    if (this.#running.size > 0 || this.#watches.size > 0) this.#schedule();
  }

  #mark(entry: OnceEntry, now: number): void {
    entry.markedAt = now;
    this.#attempt(() => this.#store.set(storeKeyOf(entry.id), `${entry.number}`, MARK_EXPIRES_MS));
  }

  #ask(watch: Watch): void {
    if (watch.isAsking) return;
    if (!this.#options.isThere(watch.entry)) {
      this.#watches.delete(watch);
      return;
    }
    watch.isAsking = true;
    const tell = (found: StoredOnce | undefined): void => {
      watch.isAsking = false;
      const isRunning = found !== undefined && found.answer === undefined && found.number === watch.entry.number;
      if (isRunning || !this.#watches.delete(watch)) return;
      if (this.#options.isThere(watch.entry)) watch.onFound(found);
    };
    const found = this.find(watch.entry);
    if (found instanceof Promise) found.then(tell);
    else tell(found);
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
      sparedMs: MARK_EXPIRES_MS,
    };
    this.#store
      .trim(PREFIX, bounds)
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#isTrimming = false;
      });
  }

  #attempt(write: () => MaybePromise<void>): void {
    request(write, (error) => this.#fail(error));
  }

  #fail(error: unknown): undefined {
    // A closed server may outlive its store.
    if (!this.#isClosed) this.#options.onError(error);
    return undefined;
  }
}

/** Reads a number and an answer, or a number alone. */
function readStored(text: string | undefined): StoredOnce | undefined {
  if (text === undefined) return undefined;
  const end = text.indexOf(' ');
  if (end < 0) return { number: Number(text), answer: undefined };
  return { number: Number(text.slice(0, end)), answer: text.slice(end + 1) };
}

function storeKeyOf(id: string): string {
  return `${PREFIX}${id}`;
}
