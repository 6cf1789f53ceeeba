/** Opens LMDB. This is the only file that knows the library. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { FORMATS, isReadable } from 'naru/backplane';
import { getOrCreate, UnavailableError } from 'naru/base';
import { checkRoom, reserveLock } from './disk-space.js';
import { makeFolder } from './folder.js';
import { countPages, oldestReader, type PageCounts } from './pages.js';

/** The place of a record: its namespace and its number. */
export type LogKey = [namespace: string, sequence: number];

/**
 * Something with the version of its format, which is absent for 1. A process that makes something unreadable for
 * earlier versions raises the version in the folder, and in each state.
 */
interface Versioned {
  readonly version?: number;
}

/** The state of a namespace, beside its records. */
export interface NamespaceState extends Versioned {
  /** Number of the newest record that was ever appended. */
  readonly newest: number;
  /** Number of the oldest record that is still there, `newest + 1` when there are none. */
  readonly oldest: number;
  /** Bytes of all records that are there. */
  readonly bytes: number;
  /** End of the last hole in the numbers (holes.ts), absent when there never was one. */
  readonly base?: number | undefined;
  /** Number of records that are there, absent when there never was a hole. */
  readonly count?: number | undefined;
  /** How often records were erased, absent when never. Processes that keep records in memory compare it. */
  readonly erasures?: number | undefined;
}

/** A text that may expire. */
export interface StoredText {
  readonly value: string;
  /** In milliseconds since the Unix epoch, 0 for never. */
  readonly expiresAt: number;
}

/** A range of keys. */
export interface KeyRange<Key> {
  readonly start?: Key;
  readonly end?: Key;
  readonly limit?: number;
  /** Reads from `start` down to `end`. */
  readonly reverse?: boolean;
}

/** The part of LMDB's table type that Naru uses. The library's own types do not compile in every project. */
export interface Table<Value, Key> {
  get(key: Key): Value | undefined;
  getBinary(key: Key): Buffer | undefined;
  putSync(key: Key, value: Value): unknown;
  removeSync(key: Key): unknown;
  getKeys(range?: KeyRange<Key>): Iterable<Key>;
  getKeysCount(range?: KeyRange<Key>): number;
  getRange(range?: KeyRange<Key>): Iterable<{ readonly key: Key; readonly value: Value }>;
}

/** The tables of an open folder. */
export interface Database {
  readonly root: {
    transactionSync<T>(action: () => T): T;
    resetReadTxn(): void;
    pages(): PageCounts;
    /** The transaction that the oldest reader of all processes sees, Infinity when nobody reads. */
    oldestReader(): number;
    /** Writes the content at one moment to a file of the same name in another folder, without compaction. */
    backup(folder: string, isCompact: false): Promise<void>;
  };
  readonly log: Table<Buffer, LogKey>;
  readonly states: Table<NamespaceState, string>;
  readonly texts: Table<StoredText, string>;
  /** The zeros of `Scrubber`. */
  readonly zeros: Table<Buffer, LogKey>;
  /** Releases the folder. It closes when its last user in this process releases it. */
  close(): Promise<void>;
}

/** LMDB does not allow a folder to be opened twice in one process, so its users share one. */
const opened = new Map<string, OpenFolder>();

/**
 * Opens the folder, and creates it if missing. With `isSynced` each write waits for the disk, which takes milliseconds.
 * Without it, writes outlive the process, but a power failure may lose the newest. Throws UnavailableError.
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

/** The file in which LMDB keeps everything. */
export const FILE_NAME = 'data.mdb';

/** The layout of LMDB's file: it begins with two pages that contain its magic number and the page size. */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const PAGE_SIZES: readonly number[] = [4_096, 8_192, 16_384, 32_768, 65_536];

/**
 * Fields of each of the first two pages: the roots of its two trees, the last page of the file, and the transaction.
 */
const ROOTS_AT: readonly number[] = [88, 136];
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const HEAD_BYTES = 160;

/** The root of an empty tree. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/** Pages at the end that may never have been written, because the transaction that took them also released them. */
const UNWRITTEN_MAX = 64n;

/**
 * Throws UnavailableError, with the advice `fix`, when a file belongs to another program or is truncated by a full disk
 * or an interrupted copy. LMDB would end the program on such a file, and no error could be caught. An empty file counts
 * as a new one.
 */
export function checkFile(file: string, fix = 'move it away'): void {
  // Another process may be about to write the first pages.
  for (let tries = 1; ; tries += 1) {
    const problem = problemOf(file);
    if (problem === undefined) return;
    if (tries === 3) throw new UnavailableError('IO_FAILED', `${problem}: ${fix}`);
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
    if (!isOurs) return `${basename(file)} is not a log`;
    const pageSize = PAGE_SIZES.find((each) => each === head.readUInt32LE(PAGE_SIZE_AT)) ?? 4_096;
    return isCutOff(descriptor, pageSize) ? `${basename(file)} is truncated` : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readHead(descriptor: number, at: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  readSync(descriptor, head, 0, HEAD_BYTES, at);
  return head;
}

/**
 * Whether pages of the newest transaction are missing. Another process may write meanwhile: it writes the pages first,
 * then the head that names them.
 */
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
 * The environment whose lock keeps writers away while a process opens the folder. While LMDB opens a folder, it resets
 * the newest transaction to the one that it read a moment before. A commit of another process in between would be
 * overwritten by the next commit. So both sides take this lock, to open and to write. Nothing is ever written to the
 * environment. The system releases the lock of a killed process.
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

/** LMDB's errors for reads and writes after it has given up a folder. */
const GIVEN_UP = /MDB_PANIC|No transaction to renew/;

/**
 * The tables of a folder. LMDB gives a folder up when the disk fails while it commits a transaction. The tables are
 * then closed, and the next user opens them again. Between the two, every request throws UnavailableError.
 */
class OpenFolder implements Database {
  readonly root: Database['root'];
  readonly close: () => Promise<void>;
  /** Users of the folder in this process. */
  users = 0;
  readonly #open: () => Database;
  #inside: Database | undefined;
  /** Set while the tables that LMDB has given up are being closed. */
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
      pages: () => this.#tables.root.pages(),
      oldestReader: () => this.#tables.root.oldestReader(),
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

  get zeros(): Database['zeros'] {
    return this.#tables.zeros;
  }

  get #tables(): Database {
    if (this.#closing) throw new UnavailableError('IO_FAILED', 'the disk failed: the log is being opened again');
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
 * Bytes of addresses to reserve for a log. They cost no memory and no disk space until they are used. Without this,
 * LMDB begins with a small map and moves it as it grows. The binding may then take bytes of a log that this process has
 * closed for those at the new address. On Windows, the file would be as large as the map.
 */
const MAP_BYTES = process.platform === 'win32' ? undefined : 2 ** 36;

/** The text in which a folder of a later version has its version. */
const VERSION_KEY = 'folder version';

/**
 * Returns a state. Throws UnavailableError for one of a later version: another process may raise the version of what is
 * open here. `what` and `name` are for the message.
 */
export function checkVersion<State extends Versioned>(state: State, what: string, name = ''): State {
  const { version = 1 } = state;
  if (isReadable(FORMATS.folder, version)) return state;
  const text = `${what}${name && ` ${name}`} has the format ${version}, and this version of Naru reads formats up to ${FORMATS.folder.read}: update this process`;
  throw new UnavailableError('IO_FAILED', text);
}

function openTables(path: string, isSynced: boolean): Database {
  // LMDB would take a folder with a dot in its name for a file.
  const root = open({
    path,
    noSubdir: false,
    maxDbs: 8,
    noSync: !isSynced,
    overlappingSync: false,
    ...(MAP_BYTES !== undefined && { mapSize: MAP_BYTES }),
  });
  const texts = root.openDB<StoredText, string>({ name: 'texts', encoding: 'json' });
  try {
    checkVersion({ version: Number(texts.get(VERSION_KEY)?.value ?? 1) }, 'the folder');
  } catch (error) {
    void root.close();
    throw error;
  }
  const log = root.openDB<Buffer, LogKey>({ name: 'log', encoding: 'binary' });
  const states = root.openDB<NamespaceState, string>({ name: 'states', encoding: 'json' });
  const zeros = root.openDB<Buffer, LogKey>({ name: 'zeros', encoding: 'binary' });
  const tables = { log, states, texts, zeros };
  return {
    ...tables,
    root: {
      transactionSync: (action) => root.transactionSync(action),
      resetReadTxn: () => root.resetReadTxn(),
      backup: (folder, isCompact) => root.backup(folder, isCompact),
      pages: () => countPages(root, Object.values(tables)),
      oldestReader: () => oldestReader(root.readerList()),
    },
    close: () => root.close(),
  };
}

/** Returns the error for a failed write. */
export function writeFailed(error: unknown): UnavailableError {
  const { message } = error as Error;
  const isFull = /MDB_MAP_FULL|ENOSPC|No space left/i.test(message);
  return new UnavailableError(
    isFull ? 'BUFFER_FULL' : 'IO_FAILED',
    isFull ? `the disk of the log is full: ${message}` : message,
    error,
  );
}
