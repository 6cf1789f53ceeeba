/**
 * Keeps pictures on their way in IndexedDB, so that they survive a reload. Text is small enough for the storage of the
 * tab.
 */
import { LIMITS } from '../../shared/limits.js';
import { type Drawn, drawnOf } from './pictures.js';

/** A shelf for pictures until they have arrived. The chat works without it where the browser refuses storage. */
export interface PictureShelf {
  /** Stores a picture. Resolves to whether it survives a reload. */
  put(key: string, drawn: Drawn): Promise<boolean>;
  /** A stored picture. */
  get(key: string): Promise<Drawn | undefined>;
  drop(key: string): Promise<void>;
}

interface Shelved {
  readonly tab: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** The last time at which its tab was open. */
  readonly at: number;
}

/** The shelf of one tab. It holds at most `LIMITS.picturesShelved` pictures, and clears those of tabs that are gone. */
export class BrowserShelf implements PictureShelf {
  readonly #tab: string;
  readonly #keys = new Set<string>();
  #opened: Promise<IDBDatabase | undefined> | undefined;
  #touching: ReturnType<typeof setInterval> | undefined;

  constructor(tab: string) {
    this.#tab = tab;
    void this.#clearAfterOthers();
  }

  async put(key: string, { bytes, width, height }: Drawn): Promise<boolean> {
    if (this.#keys.size >= LIMITS.picturesShelved) return false;
    const shelved: Shelved = { tab: this.#tab, bytes: new Uint8Array(bytes), width, height, at: Date.now() };
    const isThere = (await this.#do('readwrite', (pictures) => pictures.put(shelved, key))) !== undefined;
    if (isThere) this.#watch(key);
    return isThere;
  }

  async get(key: string): Promise<Drawn | undefined> {
    const found = (await this.#do('readonly', (pictures) => pictures.get(key))) as Shelved | undefined;
    if (found?.tab !== this.#tab) return undefined;
    this.#watch(key);
    return drawnOf(found.bytes, found.width, found.height);
  }

  async drop(key: string): Promise<void> {
    this.#keys.delete(key);
    await this.#do('readwrite', (pictures) => pictures.delete(key));
  }

  /** Notes now and then that this tab is still open. */
  #watch(key: string): void {
    this.#keys.add(key);
    this.#touching ??= setInterval(() => void this.#touch(), TOUCH_MS);
  }

  async #touch(): Promise<void> {
    for (const key of this.#keys) {
      const found = (await this.#do('readonly', (pictures) => pictures.get(key))) as Shelved | undefined;
      if (found && this.#keys.has(key))
        await this.#do('readwrite', (pictures) => pictures.put({ ...found, at: Date.now() }, key));
    }
  }

  /** Removes the pictures of closed tabs. */
  async #clearAfterOthers(): Promise<void> {
    const keys = (await this.#do('readonly', (pictures) => pictures.getAllKeys())) as string[] | undefined;
    for (const key of keys ?? []) {
      const found = (await this.#do('readonly', (pictures) => pictures.get(key))) as Shelved | undefined;
      const isLeft = found !== undefined && found.tab !== this.#tab && Date.now() - found.at > LIMITS.uploadIdleMs;
      if (isLeft) await this.#do('readwrite', (pictures) => pictures.delete(key));
    }
  }

  async #do(mode: IDBTransactionMode, act: (pictures: IDBObjectStore) => IDBRequest): Promise<unknown> {
    this.#opened ??= open();
    const database = await this.#opened;
    if (!database) return undefined;
    return new Promise((done) => {
      try {
        const transaction = database.transaction(STORE, mode);
        const request = act(transaction.objectStore(STORE));
        // A write counts when its transaction completes; a full disk may refuse it until then.
        transaction.oncomplete = () => done(request.result);
        transaction.onabort = () => done(undefined);
      } catch {
        // The browser closed the database, for example because somebody cleared the storage.
        done(undefined);
      }
    });
  }
}

function open(): Promise<IDBDatabase | undefined> {
  return new Promise((done) => {
    try {
      const request = indexedDB.open('underworld', 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => done(request.result);
      request.onerror = () => done(undefined);
    } catch {
      // Some private windows forbid it.
      done(undefined);
    }
  });
}

const STORE = 'pictures';
const TOUCH_MS = 60_000;
