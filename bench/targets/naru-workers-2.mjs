/** The application of `naru-local` in two workers. */
import { startWorkers } from './workers.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export const start = (app, options) => startWorkers(2, 'naru-local', app, options);
