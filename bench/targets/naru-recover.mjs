/** Naru with recovery and the log in a folder that outlives the process. */
import { Server } from 'naru';
import { local } from 'naru/backplane/local';
import { serve } from './recover-app.mjs';

/** @param {string} _app @param {import('./recover-app.mjs').RecoverOptions & Record<string, unknown>} options */
export function start(_app, { folder, ...options }) {
  const backplane = local(`${folder}/naru`);
  return serve(Server, { ...options, backplane, connectionStateRecovery: {} }, () => backplane.close());
}
