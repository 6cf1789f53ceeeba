/** Stores waiting events in the browser's database, for the next page of the same origin. */
import { UnavailableError } from '../../base/errors.js';
import { isWaitingEvent, type QueueStore, rowOf, type WaitingEvent } from './store.js';

const EVENTS = 'events';

/**
 * Returns a store in IndexedDB, in a database of this name. With Web Locks, on https and localhost, pages that are open
 * at the same time leave each other's events alone. Elsewhere, only one page may be open at a time. Rejects with
 * IO_FAILED when the browser refuses an operation.
 */
export function indexedDbStore(name: string): QueueStore {
  let opened: Promise<IDBDatabase> | undefined;
  const forget = (): void => {
    opened = undefined;
  };
  const open = (): Promise<IDBDatabase> => {
    if (!opened) {
      opened = openDatabase(`naru ${name}`, forget);
      // The browser may allow later what it refuses now.
      opened.catch(forget);
    }
    return opened;
  };
  const write = async (change: (events: IDBObjectStore) => void): Promise<void> => {
    const transaction = (await open()).transaction(EVENTS, 'readwrite');
    change(transaction.objectStore(EVENTS));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  };
  const load = async (row: string): Promise<WaitingEvent[]> => {
    await own(name, row);
    const kept: unknown[] = await settle((await open()).transaction(EVENTS).objectStore(EVENTS).getAll());
    const events = kept.filter(isWaitingEvent);
    // A value that is not an event could never be sent, and every page would read it again. So it is deleted.
    const strange = kept.filter((each) => !isWaitingEvent(each)).map((each) => (each as { key: IDBValidKey }).key);
    if (strange.length > 0) await write((all) => strange.forEach((key) => void all.delete(key)));
    const rows = new Set(events.map(({ key }) => rowOf(key)));
    rows.delete(row);
    const taken = new Set<string>();
    for (const other of rows) if (await own(name, other)) taken.add(other);
    return events.filter(({ key }) => taken.has(rowOf(key)));
  };
  return {
    load: (row) => load(row).catch(fail),
    put: (event) => write((events) => events.put(event)).catch(fail),
    delete: (key) => write((events) => events.delete(key)).catch(fail),
  };
}

/** Takes the lock of a row until the page closes. Resolves with `false` when another page has it. */
function own(name: string, row: string): Promise<boolean> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    locks
      .request(`naru ${name} ${row}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? new Promise<void>(() => undefined) : undefined;
      })
      .catch(reject);
  });
}

async function openDatabase(name: string, onClosed: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(EVENTS, { keyPath: 'key' });
  const database = await settle(request);
  // The user has cleared the site's data, or another page is deleting the database and would wait for this one.
  database.onclose = onClosed;
  database.onversionchange = () => {
    onClosed();
    database.close();
  };
  return database;
}

function settle<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Throws IO_FAILED: the browser has no database or refuses it, an event cannot be cloned or is too large, or the
 * database was closed.
 */
function fail(error: unknown): never {
  const reason = (error as Error | null)?.message ?? 'the transaction was aborted';
  throw new UnavailableError('IO_FAILED', `IndexedDB: ${reason}`, error);
}
