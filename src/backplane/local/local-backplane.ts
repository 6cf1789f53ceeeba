/** The backplane of one machine: logs and texts in a folder, which outlive the process and may be shared by several. */
import { type Clock, systemClock, type Timer } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';
import type { Backplane, Retention } from '../backplane.js';
import { copyFolder } from './copy.js';
import { openDatabase } from './database.js';
import { LocalLog } from './local-log.js';
import { LocalStore } from './local-store.js';
import { Signal } from './signal.js';

/** Options of a local backplane. */
export interface LocalOptions {
  /** Age in milliseconds up to which records are kept. 1 to 2^53. @default 604800000, a week */
  ageMs?: number;
  /** Bytes of records that a namespace keeps. 1 or more. @default 1073741824, 1 GiB */
  bytes?: number;
  /** Whether each write waits for the disk, so that it outlives the machine's power too; it then takes milliseconds. @default false */
  isSynced?: boolean;
  /** Where time comes from; for tests. @default the machine's clock */
  clock?: Clock;
}

/** A local backplane, which the command line can look into. */
export interface LocalBackplane extends Backplane {
  readonly log: LocalLog;
  readonly store: LocalStore;
  /** Copies all that is there into another folder, as copy.ts says; gives the size of the copy in bytes. */
  copy(target: string): Promise<number>;
}

const NAMES = ['ageMs', 'bytes', 'isSynced', 'clock'];
const WEEK_MS = 7 * 24 * 60 * 60 * 1_000;
const SWEEP_MS = 60_000;

/** Opens the folder, and makes it where there is none. Throws UnavailableError when it cannot be opened, ConfigError for bad options. */
export function local(folder: string, options: LocalOptions = {}): LocalBackplane {
  checkNames(options);
  const { ageMs = WEEK_MS, bytes = 1024 ** 3, isSynced = false, clock = systemClock } = options;
  if (typeof folder !== 'string' || folder === '')
    throw new ConfigError('BAD_ARGUMENT', `the folder of the log is ${String(folder)}; give a path such as "./data"`);
  for (const [name, value] of Object.entries({ ageMs, bytes }))
    if (!(value >= 1))
      throw new ConfigError('BAD_OPTION', `the option "${name}" is ${value}; give a number of 1 or more`);
  if (typeof isSynced !== 'boolean')
    throw new ConfigError('BAD_OPTION', `the option "isSynced" is ${String(isSynced)}; give true or false`);
  const retention: Retention = { ageMs, bytes };
  const database = openDatabase(folder, isSynced);
  const signal = new Signal(folder, clock);
  const store = new LocalStore(database, clock);
  const log = new LocalLog(database, clock, retention, signal, () => store.take());
  let timer: Timer | undefined;
  const schedule = (): void => {
    timer = clock.setTimeout(sweep, SWEEP_MS, undefined);
    // The program may end; what is due is swept at the next start.
    if (typeof timer === 'object' && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  };
  const sweep = (): void => {
    // A disk that is full may have space at the next sweep; who appends is told.
    store.sweep().catch(() => {});
    try {
      for (const namespace of log.namespaces()) while (log.trim(namespace) > 0);
    } catch {
      // As above.
    }
    schedule();
  };
  schedule();
  return {
    name: 'local',
    log,
    store,
    copy: (target) => copyFolder(database, target),
    async close() {
      if (timer !== undefined) clock.clearTimeout(timer);
      timer = undefined;
      store.close();
      signal.close();
      await database.close();
    },
  };
}

/** What is misspelt would let go of records that were to be kept, or keep what was to go. */
function checkNames(options: object): void {
  for (const name of Object.keys(options))
    if (!NAMES.includes(name))
      throw new ConfigError('BAD_OPTION', `local() has no option "${name}"; there are ${NAMES.join(', ')}`);
}
