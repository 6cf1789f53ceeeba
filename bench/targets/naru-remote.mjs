/**
 * Naru with recovery and the backplane for homes on other machines, over a link to memory that answers half a
 * millisecond later.
 */
import { Server } from 'naru';
import { FineTimer } from '../late/fine-timer.mjs';
import { LATE_MS, remoteBackplane } from '../late/late-memory.mjs';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  const timer = new FineTimer(LATE_MS);
  const backplane = remoteBackplane((call) => timer.later(call));
  return serve(Server, app, { ...options, backplane, connectionStateRecovery: {} });
}
