/** Naru, built, with long-polling and without HTTP streaming: what that is compared with. */
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(Server, app, { ...options, transports: ['polling', 'websocket'] });
}
