/**
 * The backplane of one machine: logs and texts in a folder. They outlive the process, and several processes may share
 * them.
 */

import type { Backplane } from 'naru/backplane';
import {
  bytes as bytesOf,
  type Clock,
  ConfigError,
  flag,
  milliseconds,
  type OptionsOf,
  objectWith,
  options,
  readOptions,
  shown,
  systemClock,
  type Timer,
  unreferenced,
} from 'naru/base';
import { copyFolder } from './copy.js';
import { openDatabase } from './database.js';
import { Links } from './links.js';
import { LocalLog } from './local-log.js';
import { LocalStore } from './local-store.js';
import { Signal } from './signal.js';

/** The table of the options of `local`. */
export const localTable = options('local', {
  /** Age up to which records are kept. @default 604800000 */
  ageMs: milliseconds(7 * 24 * 60 * 60 * 1_000, { max: Number.POSITIVE_INFINITY }),
  /** Bytes of records that a namespace keeps. @default 1073741824 */
  bytes: bytesOf(1024 ** 3),
  /**
   * Whether each write waits for the disk, so that it survives a power failure. Each write then takes
   * milliseconds. @default false
   */
  isSynced: flag(false),
  /** Source of time, for tests. @default the machine's clock */
  clock: objectWith<Clock, Clock>('a clock, such as a FakeClock of @naru/testing', ['now', 'setTimeout'], systemClock),
});

/** Options of a local backplane. */
export interface LocalOptions extends OptionsOf<typeof localTable> {}

/** A local backplane. The command line uses its parts to inspect the folder. */
export interface LocalBackplane extends Backplane {
  readonly log: LocalLog;
  readonly store: LocalStore;
  /** Copies everything into another folder, as copy.ts describes. Returns the size of the copy in bytes. */
  copy(target: string): Promise<number>;
}

const SWEEP_MS = 60_000;

/**
 * Opens the folder, and creates it if missing. Throws UnavailableError when it cannot be opened, and ConfigError for
 * invalid options.
 */
export function local(folder: string, given: LocalOptions = {}): LocalBackplane {
  const { ageMs, bytes, isSynced, clock } = readOptions(localTable, given);
  if (typeof folder !== 'string' || folder === '')
    throw new ConfigError('BAD_ARGUMENT', `the folder of a log must be a path such as "./data", got ${shown(folder)}`);
  const database = openDatabase(folder, isSynced);
  const signal = new Signal(folder, clock);
  const store = new LocalStore(database, clock);
  const links = process.platform === 'win32' ? undefined : new Links(folder, clock);
  const log = new LocalLog(database, clock, { ageMs, bytes }, signal, store);
  let timer: Timer | undefined;
  let isClosed = false;
  const schedule = (): void => {
    // The next start sweeps what is due.
    timer = unreferenced(clock.setTimeout(sweep, SWEEP_MS, undefined));
  };
  const sweep = (): void => {
    // A full disk may have space at the next sweep. Appends report the failure to their callers.
    store.sweep().catch(() => {});
    try {
      trim(log.namespaces().values());
    } catch {
      // A folder that cannot be read now may be readable at the next sweep.
      schedule();
    }
  };
  /** Trims one namespace after the other, one transaction in a turn, so that other work runs between them. */
  const trim = (namespaces: Iterator<string>, given?: string): void => {
    const namespace = given ?? namespaces.next().value;
    if (namespace === undefined && !isClosed) schedule();
    if (namespace === undefined || isClosed) return;
    let isDone = true;
    try {
      isDone = log.trim(namespace) === 0;
    } catch {
      // As above. Others may have less to write.
    }
    clock.defer(() => trim(namespaces, isDone ? undefined : namespace), undefined);
  };
  schedule();
  return {
    name: 'local',
    log,
    store,
    ...(links && { talk: links }),
    copy: (target) => copyFolder(database, target),
    async close() {
      if (timer !== undefined) clock.clearTimeout(timer);
      isClosed = true;
      store.close();
      signal.close();
      links?.close();
      await database.close();
    },
  };
}
