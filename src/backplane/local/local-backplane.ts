/** The backplane of one machine: logs and texts in a folder, which outlive the process and may be shared by several. */
import { type Clock, systemClock, type Timer } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';
import { bytes as bytesOf, flag, milliseconds, objectWith } from '../../base/options/kinds.js';
import { type OptionsOf, options, readOptions } from '../../base/options/table.js';
import type { Backplane } from '../backplane.js';
import { copyFolder } from './copy.js';
import { openDatabase } from './database.js';
import { LocalLog } from './local-log.js';
import { LocalStore } from './local-store.js';
import { Signal } from './signal.js';

/** The table of the options of `local`. */
export const localTable = options('local', {
  /** Age up to which records are kept. @default 604800000 */
  ageMs: milliseconds(7 * 24 * 60 * 60 * 1_000, { max: Number.POSITIVE_INFINITY }),
  /** Bytes of records that a namespace keeps. @default 1073741824 */
  bytes: bytesOf(1024 ** 3),
  /** Whether each write waits for the disk, so that it outlives a loss of power. Each write then takes milliseconds. @default false */
  isSynced: flag(false),
  /** Source of time, for tests. @default the machine's clock */
  clock: objectWith<Clock, Clock>('a clock, such as a FakeClock of naru/testing', ['now', 'setTimeout'], systemClock),
});

/** Options of a local backplane. */
export interface LocalOptions extends OptionsOf<typeof localTable> {}

/** A local backplane, which the command line can look into. */
export interface LocalBackplane extends Backplane {
  readonly log: LocalLog;
  readonly store: LocalStore;
  /** Copies all that is there into another folder, as copy.ts says; gives the size of the copy in bytes. */
  copy(target: string): Promise<number>;
}

const SWEEP_MS = 60_000;

/** Opens the folder, and makes it where there is none. Throws UnavailableError when it cannot be opened, ConfigError for bad options. */
export function local(folder: string, given: LocalOptions = {}): LocalBackplane {
  const { ageMs, bytes, isSynced, clock } = readOptions(localTable, given);
  if (typeof folder !== 'string' || folder === '')
    throw new ConfigError('BAD_ARGUMENT', `the folder of the log is ${String(folder)}; give a path such as "./data"`);
  const database = openDatabase(folder, isSynced);
  const signal = new Signal(folder, clock);
  const store = new LocalStore(database, clock);
  const log = new LocalLog(database, clock, { ageMs, bytes }, signal, store);
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
