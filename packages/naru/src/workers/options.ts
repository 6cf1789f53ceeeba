/** The options of `cluster`. */
import { value } from '../base/options/kinds.js';
import { type OptionsOf, options } from '../base/options/table.js';

/** The most workers. */
export const WORKERS_MAX = 512;

/** Whether a value is a number of workers. */
export function isWorkerCount(given: unknown): given is number {
  return Number.isInteger(given) && Number(given) >= 1 && Number(given) <= WORKERS_MAX;
}

/** The table of the options of `cluster`. */
export const clusterTable = options('cluster', {
  /**
   * Number of workers. With `"auto"`, one for each core that the system gives to the program. @default "auto" ("auto",
   * or a whole number from 1 to 512)
   */
  workers: value<number | 'auto', 'auto' | number>(
    `"auto", or a whole number from 1 to ${WORKERS_MAX}`,
    (given) => given === 'auto' || isWorkerCount(given),
    'auto',
  ),
});

/** Options of `cluster`. */
export interface ClusterOptions extends OptionsOf<typeof clusterTable> {}
