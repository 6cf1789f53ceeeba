/** LMDB, opened: the one file that knows the library. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { UnavailableError } from '../../base/errors.js';
import { getOrCreate } from '../../base/get-or-create.js';
import { checkRoom, reserveLock } from './disk-space.js';
import { makeFolder } from './folder.js';

/** A place in a log: the namespace, and the number of the record. */
export type LogKey = [namespace: string, sequence: number];

/** What is kept of a namespace besides its records. */
export interface NamespaceState {
  /** Number of the newest record that was ever appended. */
  readonly newest: number;
  /** Number of the oldest record that is still there; one more than `newest` when none is. */
  readonly oldest: number;
  /** Bytes of all records that are there. */
  readonly bytes: number;
  /** The end of the last hole in the numbers (holes.ts); absent where there never was one. */
  readonly base?: number | undefined;
  /** Records that are there; absent where there never was a hole. */
  readonly count?: number | undefined;
}

/** A text that may expire. */
export interface StoredText {
  readonly value: string;
  /** In milliseconds since the Unix epoch; 0 for never. */
  readonly expiresAt: number;
}

/** Which keys, in their order. */
export interface KeyRange<Key> {
  readonly start?: Key;
  readonly end?: Key;
  readonly limit?: number;
  /** From `start` down to `end`. */
  readonly reverse?: boolean;
}

/** A table, as far as it is used: in words of our own, because the library's do not hold in every project that checks them. */
export interface Table<Value, Key> {
  get(key: Key): Value | undefined;
  getBinary(key: Key): Buffer | undefined;
  putSync(key: Key, value: Value): unknown;
  removeSync(key: Key): unknown;
  getKeys(range?: KeyRange<Key>): Iterable<Key>;
  getKeysCount(range?: KeyRange<Key>): number;
  getRange(range?: KeyRange<Key>): Iterable<{ readonly key: Key; readonly value: Value }>;
}

/** The tables of a folder that is open. */
export interface Database {
  readonly root: {
    transactionSync<T>(action: () => T): T;
    resetReadTxn(): void;
    /** Writes all that is there at one moment to the file of that name in another folder, without compaction. */
    backup(folder: string, isCompact: false): Promise<void>;
  };
  readonly log: Table<Buffer, LogKey>;
  readonly states: Table<NamespaceState, string>;
  readonly texts: Table<StoredText, string>;
  /** Lets go of the folder; it closes with the last who has it open in this process. */
  close(): Promise<void>;
}

/** LMDB forbids to open a folder twice in one process, so those who do share it. */
const opened = new Map<string, OpenFolder>();

/**
 * Opens the folder, and makes it where there is none. With `isSynced` each write waits until the disk has it, which costs milliseconds;
 * without it, what was written outlives the process, and a machine that loses its power may lose the newest. Throws UnavailableError.
 */
export function openDatabase(folder: string, isSynced: boolean): Database {
  try {
    makeFolder(folder);
    const path = realpathSync(folder);
    const key = `${path} ${isSynced}`;
    const database = getOrCreate(opened, key, () => openFolder(path, isSynced, () => opened.delete(key)));
    database.users += 1;
    return database;
  } catch (error) {
    throw new UnavailableError(
      'IO_FAILED',
      `the log cannot be opened in ${folder}: ${(error as Error).message}`,
      error,
    );
  }
}

/** The file of the folder that LMDB keeps everything in. */
export const FILE_NAME = 'data.mdb';

/** Where LMDB's file says that it is one, and how large its pages are; it begins with two of them. */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const PAGE_SIZES: readonly number[] = [4_096, 8_192, 16_384, 32_768, 65_536];

/** What stands in each of the first two pages: where its newest two trees begin, the last page of the file, and the transaction. */
const ROOTS_AT: readonly number[] = [88, 136];
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const HEAD_BYTES = 160;

/** Of a tree that is empty. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/** Pages at the end that may never have been written, because the transaction that took them let go of them. */
const UNWRITTEN_MAX = 64n;

/**
 * LMDB ends the program, with no error to be caught, when it opens a file that is none of its own, or one that was cut off: by a full disk,
 * or because somebody copied half of it. An empty file is a new one. Throws UnavailableError, which says which it is.
 */
export function checkFile(file: string): void {
  // Another process may be about to write the first pages.
  for (let tries = 1; ; tries += 1) {
    const problem = problemOf(file);
    if (problem === undefined) return;
    if (tries === 3) throw new UnavailableError('IO_FAILED', problem);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

function problemOf(file: string): string | undefined {
  if (!statSync(file, { throwIfNoEntry: false })) return undefined;
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size === 0) return undefined;
    const head = readHead(descriptor, 0);
    const isOurs = [head.readUInt32LE(MAGIC_AT), head.readUInt32BE(MAGIC_AT)].includes(MAGIC);
    if (!isOurs) return `${basename(file)} there is no log; move it away`;
    const pageSize = PAGE_SIZES.find((each) => each === head.readUInt32LE(PAGE_SIZE_AT)) ?? 4_096;
    return isCutOff(descriptor, pageSize) ? `${basename(file)} there is cut off; move it away` : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readHead(descriptor: number, at: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  readSync(descriptor, head, 0, HEAD_BYTES, at);
  return head;
}

/** Whether pages are missing that the newest transaction has. Another process may write meanwhile: first the pages, then that it has them. */
function isCutOff(descriptor: number, pageSize: number): boolean {
  const [one, other] = [readHead(descriptor, 0), readHead(descriptor, pageSize)];
  const { size } = fstatSync(descriptor);
  if (size < 2 * pageSize) return true;
  if (one.readUInt32LE(MAGIC_AT) !== MAGIC) return false;
  const number = (head: Buffer, at: number): bigint => head.readBigUInt64LE(at);
  const newest = number(one, TRANSACTION_AT) > number(other, TRANSACTION_AT) ? one : other;
  const pages = BigInt(Math.floor(size / pageSize));
  const hasRoots = ROOTS_AT.map((at) => number(newest, at)).every((root) => root === NO_PAGE || root < pages);
  return !hasRoots || number(newest, LAST_PAGE_AT) >= pages + UNWRITTEN_MAX;
}

/**
 * While LMDB opens a folder it sets back which transaction is the newest, to the one that it read a moment before: what another process
 * commits in between would be overwritten by the next. So nobody writes while somebody opens: both hold the lock of an environment of its
 * own, in which nothing is ever written, and which the system lets go of when its owner is killed.
 */
const GATE_NAME = 'gate.mdb';

function openFolder(path: string, isSynced: boolean, onClose: () => void): OpenFolder {
  const gatePath = join(path, GATE_NAME);
  const file = join(path, FILE_NAME);
  checkFile(file);
  checkFile(gatePath);
  checkRoom(path, [gatePath, file]);
  reserveLock(`${gatePath}-lock`);
  reserveLock(join(path, 'lock.mdb'));
  const gate = open({ path: gatePath, noSubdir: true, noSync: true, overlappingSync: false });
  try {
    return new OpenFolder(gate, () => gate.transactionSync(() => openTables(path, isSynced)), onClose);
  } catch (error) {
    void gate.close();
    throw error;
  }
}

/** What it says then, to who asks next and to who writes. */
const GIVEN_UP = /MDB_PANIC|No transaction to renew/;

/**
 * The tables of a folder. LMDB gives a folder up for good when the disk fails while it writes down that a transaction is done: then they are
 * closed, and opened again by whoever needs them next. Between the two, everything throws UnavailableError.
 */
class OpenFolder implements Database {
  readonly root: Database['root'];
  readonly close: () => Promise<void>;
  /** How many have it open in this process. */
  users = 0;
  readonly #open: () => Database;
  #inside: Database | undefined;
  /** The tables that LMDB has given up are being closed. */
  #closing: Promise<void> | undefined;

  constructor(gate: RootDatabase, openAgain: () => Database, onClose: () => void) {
    this.#open = openAgain;
    this.#inside = openAgain();
    this.root = {
      transactionSync: (action) => {
        const inside = this.#tables;
        try {
          return gate.transactionSync(() => inside.root.transactionSync(action));
        } catch (error) {
          if (GIVEN_UP.test(String((error as Error).message))) this.#giveUp(inside);
          throw error;
        }
      },
      resetReadTxn: () => this.#tables.root.resetReadTxn(),
      backup: async (folder) => this.#tables.root.backup(folder, false),
    };
    this.close = async () => {
      this.users -= 1;
      if (this.users !== 0) return;
      onClose();
      await this.#closing;
      await this.#inside?.close();
      await gate.close();
    };
  }

  get log(): Database['log'] {
    return this.#tables.log;
  }

  get states(): Database['states'] {
    return this.#tables.states;
  }

  get texts(): Database['texts'] {
    return this.#tables.texts;
  }

  get #tables(): Database {
    if (this.#closing) throw new UnavailableError('IO_FAILED', 'the disk failed; the log is being opened again');
    this.#inside ??= this.#open();
    return this.#inside;
  }

  #giveUp(inside: Database): void {
    if (this.#inside !== inside) return;
    this.#inside = undefined;
    const closed = (): void => {
      this.#closing = undefined;
    };
    this.#closing = inside.close().then(closed, closed);
  }
}

/**
 * Bytes of addresses that are set aside for a log; what it takes of memory and disk is what it has. Without it, LMDB begins with few and moves as
 * it grows, and the binding takes for the bytes at an address those that a log which was closed in this process had there. On Windows, the
 * file would be as large.
 */
const MAP_BYTES = process.platform === 'win32' ? undefined : 2 ** 36;

function openTables(path: string, isSynced: boolean): Database {
  // A folder with a dot in its name is one as well; LMDB would take it for a file.
  const root = open({
    path,
    noSubdir: false,
    maxDbs: 8,
    noSync: !isSynced,
    overlappingSync: false,
    ...(MAP_BYTES !== undefined && { mapSize: MAP_BYTES }),
  });
  return {
    root,
    log: root.openDB<Buffer, LogKey>({ name: 'log', encoding: 'binary' }),
    states: root.openDB<NamespaceState, string>({ name: 'states', encoding: 'json' }),
    texts: root.openDB<StoredText, string>({ name: 'texts', encoding: 'json' }),
    close: () => root.close(),
  };
}

/** What a write that failed is reported as. */
export function writeFailed(error: unknown): UnavailableError {
  const { message } = error as Error;
  const isFull = /MDB_MAP_FULL|ENOSPC|No space left/i.test(message);
  return new UnavailableError(
    isFull ? 'BUFFER_FULL' : 'IO_FAILED',
    isFull ? `the disk of the log is full: ${message}` : message,
    error,
  );
}
