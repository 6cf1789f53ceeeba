/** The traits of the home of a log, as a namespace knows them. Only this file asks where the home is. */
import type { Log } from '../../backplane/backplane.js';
import { BATCH_RECORDS_MAX, BATCH_SIZE_MAX } from '../../backplane/record-size.js';
import { UnavailableError } from '../../base/errors.js';

/** The traits of a home. */
export interface LogHome {
  /**
   * Whether a request is over when its call returns. Events are then confirmed at once, nothing stands between two
   * requests of a process, and the store writes what is set in the turn together with the events of the turn. Any other
   * home can be out of reach, and each reading of it takes time.
   */
  readonly keepsAtOnce: boolean;
  /**
   * Milliseconds for which a process goes on to hear a namespace after its last socket has left. The socket may come
   * back.
   */
  readonly lingerMs: number;
  /** The most records that history reads at once. On another machine, two requests take longer than more records. */
  readonly historyPageMax: number;
  /** Waiting late readers from which on others that are far back wait as well. */
  readonly crowd: number;
  /** Records before the end of the log from which on a reader is near the end. A range of pages holds twice as many. */
  readonly nearRecords: number;
  /**
   * The most events that are appended together, and their most characters and bytes. Absent where that does not matter.
   */
  readonly batchMax?: { readonly records: number; readonly size: number };
  /** Whether each append goes to one tag, or to all. */
  readonly keepsTagsApart?: boolean | undefined;
}

/** The remedy for a namespace without a log, for errors. */
export const NEEDS_LOG =
  'set the server option "backplane" or "connectionStateRecovery", and leave the namespace out of "withoutLog"';

const HERE: LogHome = { keepsAtOnce: true, lingerMs: 0, historyPageMax: 200, crowd: 8, nearRecords: 8_192 };

const batchMax = { records: BATCH_RECORDS_MAX, size: BATCH_SIZE_MAX };
const ELSEWHERE: LogHome = { ...HERE, keepsAtOnce: false, lingerMs: 10_000, historyPageMax: 1_000, crowd: 0, batchMax };

/** The traits of a home on another machine that keeps records for different tags apart. */
const APART: LogHome = { ...ELSEWHERE, keepsTagsApart: true };

/** Returns the traits of the home of a log: on this machine, or on another one. */
export function homeOf({ isRemote, keepsTagsApart }: Pick<Log, 'isRemote' | 'keepsTagsApart'>): LogHome {
  return !isRemote ? HERE : keepsTagsApart ? APART : ELSEWHERE;
}

/** Whether a home has not answered a request in time. It still has what was asked for. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof UnavailableError && error.code === 'TIMEOUT';
}
