/** Naru with recovery and a log in memory whose answers come half a millisecond later. */
import { Server } from 'naru';
import { FineTimer } from '../late/fine-timer.mjs';
import { LATE_MS, lateBackplane } from '../late/late-memory.mjs';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  const timer = new FineTimer(LATE_MS);
  const backplane = lateBackplane((call) => timer.later(call));
  return serve(Server, app, { ...options, backplane, connectionStateRecovery: {} });
}
