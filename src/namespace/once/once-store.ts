/** What other processes, and this one after a restart, have to know of events that clients send again: their answers, and that they run. */
import { chain, type KeyValueStore, type MaybePromise, request } from '../../backplane/backplane.js';
import { utf8Size } from '../../base/bytes.js';
import type { Clock, Timer } from '../../base/clock.js';
import type { OnceEntry } from './answer-memory.js';
import type { IdempotencySettings } from './options.js';

/** What is written of an event. It has no answer while a listener runs, in a process that was alive lately. */
export type StoredOnce = Readonly<Pick<OnceEntry, 'number' | 'answer'>>;

/** What the store needs of whoever remembers. */
export interface OnceStoreOptions extends Pick<IdempotencySettings, 'ageMax' | 'storedCountMax' | 'storedBytesMax'> {
  /** Whether an entry is still remembered. */
  isThere(entry: OnceEntry): boolean;
  /** Told when something could not be written or read. */
  onError(error: unknown): void;
}

interface Watch {
  readonly entry: OnceEntry;
  readonly onFound: (found: StoredOnce | undefined) => void;
  isAsking: boolean;
}

/** Milliseconds between two looks at what runs: one that is answered sooner is never marked, which saves most of the writing. */
const LOOK_EVERY_MS = 250;

/** Milliseconds after which a mark is written again. */
const MARK_EVERY_MS = 1_000;

/** Milliseconds for which a mark counts: so long after the death of a process another runs the listener. */
const MARK_EXPIRES_MS = 3_000;

/** The longest id that is written, in characters: LMDB takes keys of 1,978 bytes. */
const ID_MAX = 600;

/** What all that is written here begins with. */
const PREFIX = 'once ';

/** The part of what may be kept that is written between two looks at how much there is: so much, too, is let go of at once. */
const LOOK_EVERY_PART = 1 / 4;

/**
 * Answers and marks in a store that outlives the process. What is kept has its bounds where the store can: no answer waits for that, and
 * marks are never let go of.
 */
export class OnceStore {
  readonly #clock: Clock;
  readonly #store: KeyValueStore;
  readonly #options: OnceStoreOptions;
  readonly #running = new Set<OnceEntry>();
  readonly #watches = new Set<Watch>();
  #timer: Timer | undefined;
  #isClosed = false;
  /** What may be written before the next look: nothing at first, because of what was there before. */
  #countLeft = 0;
  #bytesLeft = 0;
  #isTrimming = false;

  constructor(clock: Clock, store: KeyValueStore, options: OnceStoreOptions) {
    this.#clock = clock;
    this.#store = store;
    this.#options = options;
  }

  /** What is written under an id; nothing, too, when it cannot be read. */
  find({ id }: OnceEntry): MaybePromise<StoredOnce | undefined> {
    if (id.length > ID_MAX) return undefined;
    return request<StoredOnce | undefined>(
      () => chain(this.#store.get(storeKeyOf(id)), readStored),
      (error) => this.#fail(error),
    );
  }

  /** The listeners of an event run from now on: it is marked if that takes long. */
  begin(entry: OnceEntry): void {
    if (entry.id.length > ID_MAX || this.#isClosed) return;
    this.#running.add(entry);
    this.#schedule();
  }

  /** An event was answered. */
  write({ id, number, answer }: OnceEntry): void {
    if (id.length > ID_MAX) return;
    const key = storeKeyOf(id);
    const text = `${number} ${answer}`;
    this.#attempt(() => this.#store.set(key, text, this.#options.ageMax));
    this.#countLeft -= 1;
    this.#bytesLeft -= utf8Size(key) + utf8Size(text);
    if (this.#countLeft < 0 || this.#bytesLeft < 0) this.#trim();
  }

  /** An event that ran is to be as if it had never come. */
  forget(entry: OnceEntry): void {
    if (this.#running.delete(entry) && entry.markedAt > 0)
      this.#attempt(() => this.#store.delete(storeKeyOf(entry.id)));
  }

  /** What is written under an id goes. */
  delete(id: string): void {
    if (id.length <= ID_MAX) this.#attempt(() => this.#store.delete(storeKeyOf(id)));
  }

  /** Calls back when an event that runs in another process is answered there, or when that process is dead. */
  watch(entry: OnceEntry, onFound: (found: StoredOnce | undefined) => void): void {
    if (this.#isClosed) return;
    this.#watches.add({ entry, onFound, isAsking: false });
    this.#schedule();
  }

  /** Nothing is marked or watched any more. */
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
    // A server that is closed may outlive its store.
    if (!this.#isClosed) this.#options.onError(error);
    return undefined;
  }
}

/** A number and an answer, or the number alone. */
function readStored(text: string | undefined): StoredOnce | undefined {
  if (text === undefined) return undefined;
  const end = text.indexOf(' ');
  if (end < 0) return { number: Number(text), answer: undefined };
  return { number: Number(text.slice(0, end)), answer: text.slice(end + 1) };
}

function storeKeyOf(id: string): string {
  return `${PREFIX}${id}`;
}
