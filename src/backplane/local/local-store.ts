/** Texts on the disk of one machine, shared by its processes. */
import type { Clock } from '../../base/clock.js';
import type { UnavailableError } from '../../base/errors.js';
import type { KeyValueStore } from '../backplane.js';
import { type Database, type StoredText, writeFailed } from './database.js';

/** Entries that one sweep looks at, so that it never takes long. */
const SWEEP_MAX = 10_000;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: UnavailableError) => void;
}

/** Texts in LMDB. What is set in a turn is written together at its end; what one has set it reads from then on. */
export class LocalStore implements KeyValueStore {
  readonly isDurable = true;
  readonly #database: Database;
  readonly #clock: Clock;
  /** What is to be written; nothing for what is to be removed. */
  #changes = new Map<string, StoredText | undefined>();
  #waiting: Waiting[] = [];
  #isScheduled = false;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  get(key: string): string | undefined {
    const entry = this.#changes.has(key) ? this.#changes.get(key) : this.#database.texts.get(key);
    if (entry === undefined) return undefined;
    return entry.expiresAt === 0 || entry.expiresAt > this.#clock.now() ? entry.value : undefined;
  }

  set(key: string, value: string, expiresInMs?: number): Promise<void> {
    return this.#change(key, { value, expiresAt: expiresInMs === undefined ? 0 : this.#clock.now() + expiresInMs });
  }

  delete(key: string): Promise<void> {
    return this.#change(key, undefined);
  }

  list(prefix: string, limit: number): readonly (readonly [string, string])[] {
    const found = new Map<string, string>();
    for (const key of this.#database.texts.getKeys({ start: prefix, end: `${prefix}\uffff` })) {
      const value = this.get(key);
      if (value !== undefined) found.set(key, value);
      if (found.size >= limit) break;
    }
    for (const key of this.#changes.keys()) {
      const value = key.startsWith(prefix) ? this.get(key) : undefined;
      if (value !== undefined) found.set(key, value);
    }
    return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, limit);
  }

  /** Removes what has expired. Throws UnavailableError when it cannot be written. */
  sweep(): void {
    const now = this.#clock.now();
    const { root, texts } = this.#database;
    try {
      root.transactionSync(() => {
        for (const { key, value } of texts.getRange({ limit: SWEEP_MAX })) {
          if (value.expiresAt !== 0 && value.expiresAt <= now) texts.removeSync(key);
        }
      });
    } catch (error) {
      throw writeFailed(error);
    }
  }

  /** Writes what waits, now. */
  flush(): void {
    this.#isScheduled = false;
    const changes = this.#changes;
    const waiting = this.#waiting;
    this.#changes = new Map();
    this.#waiting = [];
    if (changes.size === 0) return;
    const { root, texts } = this.#database;
    try {
      root.transactionSync(() => {
        for (const [key, entry] of changes) {
          if (entry) texts.putSync(key, entry);
          else texts.removeSync(key);
        }
      });
    } catch (error) {
      const failure = writeFailed(error);
      for (const { reject } of waiting) reject(failure);
      return;
    }
    for (const { resolve } of waiting) resolve();
  }

  #change(key: string, entry: StoredText | undefined): Promise<void> {
    this.#changes.set(key, entry);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#clock.defer((store: LocalStore) => store.flush(), this);
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}
