/** Texts on the disk of one machine, shared by its processes. */

import type { KeyValueStore, LeaseTable, SwapOrder, Swapped, TableList, TextBounds } from 'naru/backplane';
import type { Clock } from 'naru/base';
import { getOrCreate, UnavailableError, utf8Size } from 'naru/base';
import { type Database, type StoredText, writeFailed } from './database.js';
import { changeTable, entryKey, listTable, type TableChange } from './local-tables.js';
import { forEachText, trimTexts } from './text-scan.js';

/**
 * Texts that one sweep reads: SWEEP_MIN, and SWEEP_FACTOR for each text that was set since the last sweep. So a sweep
 * covers all texts of a small folder. In a folder with many writes, at most about a quarter of the texts is expired.
 */
const SWEEP_MIN = 10_000;
const SWEEP_FACTOR = 4;
/** Texts that are read before other work runs. */
const SWEEP_SLICE = 1_000;

/** Bytes of a key. LMDB takes up to 1,978. */
const KEY_BYTES_MAX = 1_970;

/** A change of one text on its way into a transaction: the new text, or `undefined` to remove the text. */
interface TextChange {
  readonly entry: StoredText | undefined;
  /** The text that a swap expects. Absent for a change that expects nothing. */
  readonly swap?: { readonly expected: string | undefined };
  /** The outcome of a swap, once the transaction has succeeded. */
  outcome?: Swapped;
}

/** Texts on their way into a transaction. The caller calls `done` or `fail` after the transaction. */
export class WaitingTexts {
  /** The changes of texts by key, in order. */
  readonly changes = new Map<string, TextChange[]>();
  /** The changes of tables by name, in order. */
  readonly tables = new Map<string, TableChange[]>();
  /** Tells that the transaction has succeeded, or that it has failed and nothing was written. Set with `written`. */
  done: () => void = () => undefined;
  fail: (failure: UnavailableError) => void = () => undefined;
  #written: Promise<void> | undefined;

  /** The end of the transaction, for all that wait for it. */
  get written(): Promise<void> {
    this.#written ??= new Promise((resolve, reject) => Object.assign(this, { done: resolve, fail: reject }));
    return this.#written;
  }

  get isEmpty(): boolean {
    return this.#written === undefined;
  }

  /** Writes the changes. Runs inside a transaction. */
  put({ texts }: Pick<Database, 'texts'>, now: number): void {
    for (const [key, changes] of this.changes)
      for (const change of changes) change.outcome = changeText(texts, key, change, now);
    for (const [name, changes] of this.tables) changeTable(texts, name, changes, now);
  }
}

/**
 * Texts in LMDB. A process reads its own changes at once. All changes of a turn are written in one transaction: that of
 * the turn's next append to a log, or one at the end of the next turn.
 */
export class LocalStore implements KeyValueStore {
  readonly isDurable = true;
  readonly #database: Database;
  readonly #clock: Clock;
  #texts = new WaitingTexts();
  #isScheduled = false;
  #isClosed = false;
  #isSweeping = false;
  /** Texts that were set since the last sweep. */
  #setCount = 0;
  /** The key at which the last sweep ended. */
  #sweptTo: string | undefined;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  get(key: string): string | undefined {
    const changes = this.#texts.changes.get(key);
    const isKnown = changes?.[0] && !changes[0].swap;
    let value = isKnown ? undefined : this.#valueOf(this.#read(key));
    for (const { entry, swap } of changes ?? []) if (!swap || swap.expected === value) value = this.#valueOf(entry);
    return value;
  }

  set(key: string, value: string, expiresInMs?: number): Promise<void> {
    return this.#change(key, this.#textOf(value, expiresInMs));
  }

  delete(key: string): Promise<void> {
    return this.#change(key, undefined);
  }

  /**
   * Swaps in a transaction of its own, unless it may be that of the turn. The turn's pending changes go first only if
   * one of them has the same key.
   */
  swap(
    key: string,
    expected: string | undefined,
    value: string | undefined,
    expiresInMs?: number,
    order?: SwapOrder,
  ): Swapped | Promise<Swapped> {
    if (utf8Size(key) > KEY_BYTES_MAX) throw keyTooLong(key);
    const entry = value === undefined ? undefined : this.#textOf(value, expiresInMs);
    const change: TextChange = { entry, swap: { expected } };
    if (order === 'with-turn') {
      this.#add(key, change);
      return this.#write().then(() => change.outcome as Swapped);
    }
    if (this.#texts.changes.has(key)) this.flush();
    const { root, texts } = this.#database;
    try {
      return root.transactionSync(() => changeText(texts, key, change, this.#clock.now()));
    } catch (error) {
      throw writeFailed(error);
    }
  }

  list(prefix: string, limit: number): readonly (readonly [string, string])[] {
    const found = new Map<string, string>();
    const { changes } = this.#texts;
    for (const key of this.#database.texts.getKeys({ start: prefix, end: `${prefix}\uffff` })) {
      const value = changes.has(key) ? this.get(key) : this.#valueOf(this.#database.texts.get(key));
      if (value !== undefined) found.set(key, value);
      if (found.size >= limit) break;
    }
    for (const key of changes.keys()) {
      const value = key.startsWith(prefix) ? this.get(key) : undefined;
      if (value !== undefined) found.set(key, value);
    }
    return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).slice(0, limit);
  }

  table(name: string): LeaseTable {
    return {
      put: (key, value, leaseMs) => this.#changeTable(name, { type: 'put', key, entry: this.#textOf(value, leaseMs) }),
      get: (key) => {
        // Other changes of the table wait for the end of the turn.
        if (this.#texts.tables.get(name)?.some((change) => change.key === key)) this.flush();
        return this.#valueOf(this.#read(entryKey(name, key)));
      },
      remove: (key, expected) => this.#changeTable(name, { type: 'remove', key, expected }),
      list: (limit, unless) => this.#listTable(name, limit, unless),
    };
  }

  /**
   * Removes expired texts among the next `count`. The next sweep continues where this one ended. Other work runs
   * between two slices. A call during a sweep does nothing. Rejects with UnavailableError when the folder cannot be
   * written.
   */
  async sweep(count = SWEEP_MIN + SWEEP_FACTOR * this.#setCount): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    let left = count;
    this.#setCount = 0;
    try {
      for (; left > 0 && !this.#isClosed; left -= SWEEP_SLICE) {
        this.#sweptTo = this.#sweepSlice();
        if (this.#sweptTo === undefined) break;
        await new Promise<void>((resolve) => this.#clock.defer(resolve, undefined));
      }
    } catch (error) {
      throw writeFailed(error);
    } finally {
      this.#isSweeping = false;
    }
  }

  #sweepSlice(): string | undefined {
    const now = this.#clock.now();
    const { root, texts } = this.#database;
    const isOver = ({ expiresAt }: StoredText): boolean => expiresAt !== 0 && expiresAt <= now;
    const expired: string[] = [];
    const sweptTo = forEachText(texts, { from: this.#sweptTo, limit: SWEEP_SLICE }, (key, text) => {
      if (isOver(text)) expired.push(key);
    });
    if (expired.length === 0) return sweptTo;
    root.transactionSync(() => {
      for (const key of expired) {
        // Another process may have set the text again.
        const text = texts.get(key);
        if (text && isOver(text)) texts.removeSync(key);
      }
    });
    return sweptTo;
  }

  async trim(prefix: string, bounds: TextBounds): Promise<void> {
    try {
      await trimTexts(this.#database, this.#clock, { prefix, bounds, isOver: () => this.#isClosed });
    } catch (error) {
      throw writeFailed(error);
    }
  }

  /** Writes pending changes, and ends a sweep or trim that is under way. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  /** Writes pending changes now. */
  flush(): void {
    const texts = this.take();
    if (!texts) return;
    try {
      this.#database.root.transactionSync(() => texts.put(this.#database, this.#clock.now()));
    } catch (error) {
      texts.fail(writeFailed(error));
      return;
    }
    texts.done();
  }

  /** Returns the pending changes, for the caller to write in a transaction of its own. */
  take(): WaitingTexts | undefined {
    const texts = this.#texts;
    if (texts.isEmpty) return undefined;
    this.#texts = new WaitingTexts();
    return texts;
  }

  #textOf(value: string, expiresInMs: number | undefined): StoredText {
    return { value, expiresAt: Number.isFinite(expiresInMs) ? this.#clock.now() + Number(expiresInMs) : 0 };
  }

  #valueOf(entry: StoredText | undefined): string | undefined {
    return livingText(entry, this.#clock.now());
  }

  /** Reads a text, including what other processes have written in this turn. */
  #read(key: string): StoredText | undefined {
    this.#database.root.resetReadTxn();
    return this.#database.texts.get(key);
  }

  #change(key: string, entry: StoredText | undefined): Promise<void> {
    // In the transaction, the key would fail together with all other changes of this turn.
    if (utf8Size(key) > KEY_BYTES_MAX) return Promise.reject(keyTooLong(key));
    this.#add(key, { entry });
    return this.#write();
  }

  /** Adds a change. Nothing is flushed, because the answer of a listener must not be stored without its events. */
  #add(key: string, change: TextChange): void {
    const former = getOrCreate(this.#texts.changes, key, (): TextChange[] => []);
    // An earlier change is written only if a swap reads it.
    if (!change.swap && !former.some(({ swap }) => swap)) former.length = 0;
    former.push(change);
    if (change.entry) this.#setCount += 1;
  }

  #changeTable(name: string, change: TableChange): Promise<void> {
    const key = entryKey(name, change.key);
    if (utf8Size(key) > KEY_BYTES_MAX) return Promise.reject(keyTooLong(key));
    getOrCreate(this.#texts.tables, name, (): TableChange[] => []).push(change);
    if (change.type === 'put') this.#setCount += 1;
    return this.#write();
  }

  #listTable(name: string, limit: number, unless: string | undefined): TableList | 'same' {
    if (this.#texts.tables.has(name)) this.flush();
    this.#database.root.resetReadTxn();
    return listTable(this.#database.texts, name, { limit, unless, now: this.#clock.now() });
  }

  /** Writes the pending changes with the turn's append, or soon. */
  #write(): Promise<void> {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      // The turn's append runs at its end and takes the pending texts along. So the flush waits one turn more: the
      // answer of a listener must not be stored without its events.
      const flushLate = (store: LocalStore): void => {
        store.#isScheduled = false;
        store.flush();
      };
      this.#clock.defer((store: LocalStore) => store.#clock.defer(flushLate, store), this);
    }
    return this.#texts.written;
  }
}

function livingText(entry: StoredText | undefined, now: number): string | undefined {
  return entry && (entry.expiresAt === 0 || entry.expiresAt > now) ? entry.value : undefined;
}

/** Changes a text, if it is the expected one. Runs inside a transaction. */
function changeText(texts: Database['texts'], key: string, { entry, swap }: TextChange, now: number): Swapped {
  const value = swap && livingText(texts.get(key), now);
  const swapped = value === swap?.expected;
  if (swapped && entry) texts.putSync(key, entry);
  else if (swapped) texts.removeSync(key);
  return { swapped, value };
}

function keyTooLong(key: string): UnavailableError {
  const message = `a text cannot be kept under a key of more than ${KEY_BYTES_MAX} bytes: ${key.slice(0, 60)}...`;
  return new UnavailableError('IO_FAILED', message);
}
