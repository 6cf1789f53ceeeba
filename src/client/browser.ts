/** The client for browsers: polling with XMLHttpRequest, and WebSocket. */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { createClient, createEngineClass } from './create-client.js';
import type { Platform } from './engine/platform.js';
import { upgrade } from './engine/probe.js';
import { EventStream } from './engine/sse.js';
import { WebSocketTransport } from './engine/websocket.js';
import { createMemory } from './engine/websocket-memory.js';
import { WebTransportTransport } from './engine/webtransport.js';
import { XHR } from './engine/xhr.js';
import type { Manager as BaseManager } from './socket/manager.js';
import type { Socket } from './socket/socket.js';

const platform: Platform = {
  transports: { polling: XHR, sse: EventStream, websocket: WebSocketTransport, webtransport: WebTransportTransport },
  // React Native has no EventSource.
  defaults: ['polling', ...('EventSource' in globalThis ? ['sse'] : []), 'websocket', 'webtransport'],
  binaryType: 'arraybuffer',
  upgrade,
  memory: createMemory(() => sessionStorage),
};
const client = createClient(platform);

/** Returns the socket of a namespace. Sockets of one server share a connection if possible. */
export const io = client.io;

/** Connects, reconnects, and carries the packets of its sockets. */
export const Manager = client.Manager;
/** A Manager for sockets with these events. */
export type Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> = BaseManager<Socket<ListenEvents, EmitEvents>>;

/** One session of Engine.IO, without events. */
export const EngineSocket = createEngineClass(platform);
/** One session of Engine.IO, without events. */
export type EngineSocket = InstanceType<typeof EngineSocket>;

/** The version of Socket.IO's protocol. */
export const protocol = 5;

export { Fetch } from './engine/fetch.js';
export { Transport } from './engine/transport.js';
export { WebSocketTransport as WebSocket } from './engine/websocket.js';
export { XHR } from './engine/xhr.js';
export type * from './public-types.js';
export { Socket } from './socket/socket.js';
