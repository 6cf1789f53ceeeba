/** What Node brings to the client. */

import type { Clock } from '../../base/clock.js';
import { chooseClock } from '../clock.js';
import type { EngineOptions } from '../engine-options.js';
import type { Platform } from '../platform.js';
import { probe } from '../probe.js';
import { createMemory } from '../websocket-memory.js';
import { CookieJar } from './cookies.js';
import type { NodeOptions } from './options.js';
import { NodePolling } from './polling.js';
import { NodeWebSocket } from './websocket.js';

/** Node's transports, Buffers for bytes, and a cookie jar for each session with `withCredentials`. */
export const nodePlatform: Platform = {
  transports: { polling: NodePolling, websocket: NodeWebSocket },
  defaults: ['polling', 'websocket'],
  binaryType: 'nodebuffer',
  probe,
  memory: createMemory(),
  clock: clockFor,
  prepare(options: EngineOptions) {
    const completed = options as NodeOptions;
    completed.payloadBytesMax ??= 100 * 1024 * 1024;
    if (options.withCredentials) completed.cookies = new CookieJar(clockFor(options));
  },
};

/** With `autoUnref`, timers let the program end. */
function clockFor(options: EngineOptions): Clock {
  const clock = chooseClock(options);
  if (!options.autoUnref) return clock;
  return {
    ...clock,
    setTimeout(callback, delayMs, argument) {
      const timer = clock.setTimeout(callback, delayMs, argument);
      if (typeof timer === 'object' && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
      return timer;
    },
  };
}
