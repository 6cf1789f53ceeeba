/** Naru with clients whose volatile events go over the lane of pages, which is a WebRTC data channel. */
import { serveVolatile } from './naru-volatile.mjs';

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serveVolatile(app, options, 'webrtc://127.0.0.1:0');
}
