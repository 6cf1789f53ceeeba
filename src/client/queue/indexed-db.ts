/** Writes down what waits in the browser's database, for the next page of the same origin. */
import { UnavailableError } from '../../base/errors.js';
import { type QueueStore, rowOf, type WaitingEvent } from './store.js';

const EVENTS = 'events';

/**
 * Keeps events in IndexedDB, in a database of this name. Pages that are open at the same time leave each other's events alone where
 * there are Web Locks, that is on https and on localhost; elsewhere open one at a time. Rejects with IO_FAILED what the browser refuses.
 */
export function indexedDbStore(name: string): QueueStore {
  let opened: Promise<IDBDatabase> | undefined;
  const open = (): Promise<IDBDatabase> => {
    opened ??= openDatabase(`naru ${name}`);
    return opened;
  };
  const write = async (change: (events: IDBObjectStore) => void): Promise<void> => {
    const transaction = (await open()).transaction(EVENTS, 'readwrite');
    try {
      change(transaction.objectStore(EVENTS));
    } catch (error) {
      // What cannot be cloned, such as a function.
      throw failure(error as DOMException);
    }
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(failure(transaction.error));
    });
  };
  return {
    async load(row) {
      await own(name, row);
      const database = await open();
      const events = (await settle(
        database.transaction(EVENTS).objectStore(EVENTS).getAll() as IDBRequest<unknown>,
      )) as WaitingEvent[];
      const rows = new Set(events.map(({ key }) => rowOf(key)));
      rows.delete(row);
      const taken = new Set<string>();
      for (const other of rows) if (await own(name, other)) taken.add(other);
      return events.filter(({ key }) => taken.has(rowOf(key)));
    },
    put: (event) => write((events) => events.put(event)),
    delete: (key) => write((events) => events.delete(key)),
  };
}

/** Takes the lock of a row until the page goes; says whether nobody else has it. */
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

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(EVENTS, { keyPath: 'key' });
  return settle(request);
}

function settle<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}

function failure(error: DOMException | null): UnavailableError {
  return new UnavailableError('IO_FAILED', `IndexedDB: ${error?.message ?? 'the transaction was given up'}`, error);
}
