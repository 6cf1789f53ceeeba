/** The parts of the client that only browsers have. No other file imports their optional wire, WebTransport. */
import type { Platform } from './engine/platform.js';
import { upgrade } from './engine/probe.js';
import { EventStream } from './engine/sse.js';
import { WebSocketTransport } from './engine/websocket.js';
import { createMemory } from './engine/websocket-memory.js';
import { XHR } from './engine/xhr.js';
import { WebTransportTransport } from './webtransport/webtransport.js';

/** The wires of browsers, without `joinWires`, which would make each page larger. */
export const browserPlatform: Platform = {
  transports: {
    polling: XHR,
    // React Native has no EventSource.
    ...(globalThis.EventSource && { sse: EventStream }),
    websocket: WebSocketTransport,
    webtransport: WebTransportTransport,
  },
  upgrade,
  memory: createMemory(() => sessionStorage),
};
