/** The parts of the client that only Node has. */

import type { EngineOptions } from '../engine/options.js';
import type { Platform } from '../engine/platform.js';
import { upgrade } from '../engine/probe.js';
import { chooseTimers } from '../engine/timers.js';
import { createMemory } from '../engine/websocket-memory.js';
import type { Manager } from '../socket/manager.js';
import type { Socket } from '../socket/socket.js';
import { CookieJar } from './cookies.js';
import { accompany } from './lane.js';
import type { NodeOptions } from './options.js';
import { NodePolling } from './polling.js';
import { NodeEventStream } from './sse.js';
import { NodeTcp } from './tcp.js';
import { NodeUdp } from './udp.js';
import { rewriteAddress } from './unix-address.js';
import { NodeWebSocket } from './websocket.js';
import { NodeWebTransport } from './webtransport.js';

/** Node's transports, Buffers for bytes, and a cookie jar for each session with `withCredentials`. */
export const nodePlatform: Platform = {
  transports: {
    polling: NodePolling,
    sse: NodeEventStream,
    websocket: NodeWebSocket,
    tcp: NodeTcp,
    udp: NodeUdp,
    webtransport: NodeWebTransport,
  },
  defaults: ['polling', 'sse', 'websocket', 'webtransport'],
  schemes: { tcp: ['tcp'], tls: ['tcp'], unix: ['tcp'], udp: ['udp'] },
  rewrite: rewriteAddress,
  binaryType: 'nodebuffer',
  upgrade,
  memory: createMemory(),
  accompany: (connection) => accompany(connection as Manager<Socket>),
  prepare(options: EngineOptions) {
    const completed = options as NodeOptions;
    completed.payloadBytesMax ??= 100 * 1024 * 1024;
    if (options.withCredentials) completed.cookies = new CookieJar(chooseTimers(options));
  },
};
