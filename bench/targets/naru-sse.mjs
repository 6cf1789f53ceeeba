/** Naru, built, with HTTP streaming instead of long-polling. */
import { Server } from 'naru';
import { nodeInternals } from './naru.mjs';
import { serve } from './socket.io-apps.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(Server, app, { nodeInternals, ...options, transports: ['sse', 'websocket'] });
}
