/** `socket.io` from npm, as its documentation sets it up. */
import { Server } from 'socket.io';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(Server, app, options);
}
