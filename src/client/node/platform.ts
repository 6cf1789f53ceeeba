/** What Node brings to the client. */

import { chooseClock } from '../engine.js';
import type { EngineOptions } from '../engine-options.js';
import type { Platform } from '../platform.js';
import { BuiltinWebSocket } from './builtin-websocket.js';
import { CookieJar } from './cookies.js';
import type { NodeOptions } from './options.js';
import { NodePolling } from './polling.js';

/** Node's transports, Buffers for bytes, and a cookie jar for each session with `withCredentials`. */
export const nodePlatform: Platform = {
  transports: { polling: NodePolling, websocket: BuiltinWebSocket },
  defaults: typeof WebSocket === 'function' ? ['polling', 'websocket'] : ['polling'],
  binaryType: 'nodebuffer',
  prepare(options: EngineOptions) {
    const completed = options as NodeOptions;
    completed.payloadBytesMax ??= 100 * 1024 * 1024;
    if (options.withCredentials) completed.cookies = new CookieJar(chooseClock(options));
  },
};
