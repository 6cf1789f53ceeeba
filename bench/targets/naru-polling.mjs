/** Naru, built, with long-polling and without HTTP streaming, for comparison with streaming. */
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(Server, app, { ...options, transports: ['polling', 'websocket'] });
}
