/** Naru with recovery and the log in a folder that outlives the process. */

import { local } from '@naru/local';
import { Server } from 'naru';
import { serve } from './recover-app.mjs';

/** @param {string} _app @param {import('./recover-app.mjs').RecoverOptions & Record<string, unknown>} options */
export function start(_app, { folder, ...options }) {
  const backplane = local(`${folder}/naru`);
  return serve(Server, { ...options, backplane, connectionStateRecovery: {} }, () => backplane.close());
}
