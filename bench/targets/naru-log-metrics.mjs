/** Naru with recovery and the log in memory, and with metrics. */
import { start as startMeasured } from './naru-metrics.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return startMeasured(app, { ...options, connectionStateRecovery: {} });
}
