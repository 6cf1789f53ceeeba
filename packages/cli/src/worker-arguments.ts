/** Reads how many workers serve an app, what they cannot share, and how servers on other machines reach it. */
import { isNaruError, readOptions } from 'naru/base';
import { isWorkerCount, WORKERS_MAX } from 'naru/cluster';
import { type LinksOptions, linksTable } from 'naru/wire';
import { badArgument } from './failure.js';

/**
 * Returns the number of workers that `--workers` or its variable asks for, or `undefined` to serve in one process.
 * Throws ConfigError for anything else.
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

/**
 * Returns the links that `--address` and the variables ask for, or `undefined` for none. The secret has no option,
 * because all users of a machine can see the arguments of a program. Throws ConfigError for an address that other
 * machines cannot reach, and for a short secret.
 */
export function readLinks(
  option: string | undefined,
  { NARU_ADDRESS, NARU_SECRET }: Readonly<Record<string, string | undefined>>,
): LinksOptions | undefined {
  const address = option ?? (NARU_ADDRESS || undefined);
  // The secret itself has no comma if it is made as the documents say.
  const secret = NARU_SECRET?.includes(',')
    ? NARU_SECRET.split(',').map((each) => each.trim())
    : NARU_SECRET || undefined;
  if (address === undefined && secret === undefined) return undefined;
  const links = { ...(address !== undefined && { address }), ...(secret !== undefined && { secret }) };
  try {
    readOptions(linksTable, links);
  } catch (error) {
    throw isNaruError(error, 'ConfigError') ? badArgument(error.message) : error;
  }
  return links;
}
