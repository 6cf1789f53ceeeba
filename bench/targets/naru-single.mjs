/** Naru in one process, with a log that other processes can share, and without recovery. */

import { local } from '@naru/local';
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';
import { makeFolder } from './temporary-folder.mjs';

/** @param {string} app @param {{ folder?: string } & Record<string, unknown>} options */
export function start(app, { folder = makeFolder(), ...options }) {
  return serve(Server, app, { ...options, backplane: local(folder) });
}
