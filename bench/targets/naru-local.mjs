/** Naru with recovery and the log on the disk: each event is written before it is sent. */

import { local } from '@naru/local';
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';
import { makeFolder } from './temporary-folder.mjs';

/** @param {string} app @param {{ folder?: string } & Record<string, unknown>} options */
export function start(app, { folder = makeFolder(), ...options }) {
  const backplane = local(folder, { bytes: 256 * 1024 ** 2 });
  return serve(Server, app, { ...options, backplane, connectionStateRecovery: {} });
}
