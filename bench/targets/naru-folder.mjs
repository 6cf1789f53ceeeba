/** Naru with recovery in two processes on one folder of this machine. */

import { local } from '@naru/local';
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown> & { folder: string }} options */
export function start(app, { folder, ...options }) {
  return serve(Server, app, { ...options, connectionStateRecovery: {}, backplane: local(folder) });
}
