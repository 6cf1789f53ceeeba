/** The application of `naru-local` in four workers. */
import { startWorkers } from './workers.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export const start = (app, options) => startWorkers(4, 'naru-local', app, options);
