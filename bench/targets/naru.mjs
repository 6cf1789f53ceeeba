/** Naru, built, imported by its package name. */
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';

/** `NARU_NODE_INTERNALS=off` measures the server without Node's internals. */
export const nodeInternals = process.env.NARU_NODE_INTERNALS !== 'off';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(Server, app, { nodeInternals, ...options });
}
