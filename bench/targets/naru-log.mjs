/** Naru with recovery and the log in memory. Each event ends with its offset. */
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(Server, app, { ...options, connectionStateRecovery: {} });
}
