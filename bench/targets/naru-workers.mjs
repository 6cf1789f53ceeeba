/** The application of `naru-single` in four workers. */
import { startWorkers } from './workers.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export const start = (app, options) => startWorkers(4, 'naru-single', app, options);
