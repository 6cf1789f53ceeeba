/**
 * Naru with recovery and the log in memory. The application waits half a millisecond before it emits, so the server
 * sleeps as with a late log.
 */
import { Server } from 'naru';
import { FineTimer } from '../late/fine-timer.mjs';
import { LATE_MS } from '../late/late-memory.mjs';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  const timer = new FineTimer(LATE_MS);
  return serve(Server, app, { ...options, connectionStateRecovery: {} }, (call) => timer.later(call));
}
