/** The parts of the client that only Node has. No other file imports its optional wire, WebTransport. */
import type { EngineOptions } from '../engine/options.js';
import { joinWires, type Platform } from '../engine/platform.js';
import { upgrade } from '../engine/probe.js';
import { chooseTimers } from '../engine/timers.js';
import { createMemory } from '../engine/websocket-memory.js';
import { CookieJar } from './cookies.js';
import type { NodeOptions } from './options.js';
import { NodePolling } from './polling.js';
import { NodeEventStream } from './sse.js';
import { NodeTcp } from './tcp.js';
import { rewriteAddress } from './unix-address.js';
import { NodeWebSocket } from './websocket.js';
import { NodeWebTransport } from './webtransport.js';

/** Node's wires, Buffers for bytes, and a cookie jar for each session with `withCredentials`. */
export const nodePlatform: Platform = {
  ...joinWires([
    { transport: NodePolling },
    { transport: NodeEventStream },
    { transport: NodeWebSocket },
    { transport: NodeTcp, schemes: ['tcp', 'tls', 'unix'] },
    { transport: NodeWebTransport },
  ]),
  rewrite: rewriteAddress,
  binaryType: 'nodebuffer',
  upgrade,
  memory: createMemory(),
  prepare(options: EngineOptions) {
    const completed = options as NodeOptions;
    completed.payloadBytesMax ??= 100 * 1024 * 1024;
    if (options.withCredentials) completed.cookies = new CookieJar(chooseTimers(options));
  },
};
