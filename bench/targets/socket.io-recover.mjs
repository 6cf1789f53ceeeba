/** `socket.io`, whose clients start afresh after a restart of their server. */
import { Server } from 'socket.io';
import { serve } from './recover-app.mjs';

/** @param {string} _app @param {import('./recover-app.mjs').RecoverOptions & Record<string, unknown>} options */
export function start(_app, { folder: _folder, ...options }) {
  return serve(Server, { ...options, missed: 0 });
}
