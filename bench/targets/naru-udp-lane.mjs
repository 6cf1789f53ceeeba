/** Naru with clients whose volatile events go over a UDP lane. */
import { serveVolatile } from './naru-volatile.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serveVolatile(app, options, 'udp://127.0.0.1:0');
}
