/** The client for browsers: polling with XMLHttpRequest, and WebSocket. */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { bindClient, bindEngine } from './bind.js';
import { chooseTimers } from './clock.js';
import type { ManagerContract } from './contract.js';
import type { Platform } from './platform.js';
import { upgrade } from './probe.js';
import type { Socket } from './socket.js';
import { EventStream } from './sse.js';
import { WebSocketTransport } from './websocket.js';
import { createMemory } from './websocket-memory.js';
import { WebTransportTransport } from './webtransport.js';
import { XHR } from './xhr.js';

const platform: Platform = {
  transports: { polling: XHR, sse: EventStream, websocket: WebSocketTransport, webtransport: WebTransportTransport },
  // React Native has no EventSource.
  defaults: ['polling', ...('EventSource' in globalThis ? ['sse'] : []), 'websocket', 'webtransport'],
  binaryType: 'arraybuffer',
  timers: chooseTimers,
  upgrade,
  memory: createMemory(() => sessionStorage),
};
const client = bindClient(platform);

/** The socket of a namespace, on a connection that is shared where it can be. */
export const io = client.io;

/** Makes a connection, makes it again, and carries the packets of its sockets. */
export const Manager = client.Manager;
/** A Manager for sockets with these events. */
export type Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> = ManagerContract<Socket<ListenEvents, EmitEvents>>;

/** One session of Engine.IO, without events. */
export const EngineSocket = bindEngine(platform);
/** One session of Engine.IO, without events. */
export type EngineSocket = InstanceType<typeof EngineSocket>;

/** The version of Socket.IO's protocol. */
export const protocol = 5;

export { Fetch } from './fetch.js';
export { Socket } from './socket.js';
export { Transport } from './transport.js';
export type * from './types.js';
export { WebSocketTransport as WebSocket } from './websocket.js';
export { XHR } from './xhr.js';
