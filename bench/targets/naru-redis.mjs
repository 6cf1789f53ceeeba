/** Naru with recovery and its backplane on Redis. */

import { redis } from '@naru/redis';
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown> & { url: string }} options */
export function start(app, { url, ...options }) {
  return serve(Server, app, { ...options, connectionStateRecovery: {}, backplane: redis(url) });
}
