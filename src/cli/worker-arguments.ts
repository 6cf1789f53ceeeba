/** Reads how many workers serve an app, and refuses what they cannot share. */
import { isWorkerCount, WORKERS_MAX } from '../workers/options.js';
import { badArgument } from './failure.js';

/**
 * Returns the number of workers that `--workers` or its variable asks for, or `undefined` to serve in one process. Throws ConfigError for
 * anything else.
 */
export function readWorkers(option: string | undefined, variable: string | undefined): number | 'auto' | undefined {
  const written = option ?? (variable || undefined);
  if (written === undefined || written === 'auto') return written;
  const count = /^\d{1,3}$/.test(written) ? Number(written) : undefined;
  if (isWorkerCount(count)) return count;
  const name = option === undefined ? 'NARU_WORKERS' : '--workers';
  throw badArgument(`${name} is '${written}'; it must be a number from 1 to ${WORKERS_MAX}, or 'auto'`);
}

/** Throws ConfigError if workers cannot share the log. */
export function checkShared(data: string | undefined): void {
  if (data === 'memory') throw badArgument('workers share a log, which cannot be in memory; name a folder with --data');
}
