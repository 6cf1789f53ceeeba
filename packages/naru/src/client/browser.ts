/** The client for browsers: polling with XMLHttpRequest, and WebSocket. */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { browserPlatform } from './browser-platform.js';
import { createClient, createEngineClass } from './create-client.js';
import type { Manager as BaseManager } from './socket/manager.js';
import type { Socket } from './socket/socket.js';

const client = /* @__PURE__ */ createClient(browserPlatform);

/** Returns the socket of a namespace. Sockets of one server share a connection if possible. */
export const io = client.io;

/** Connects, reconnects, and carries the packets of its sockets. */
export const Manager = client.Manager;
/** A Manager for sockets with these events. */
export type Manager<L extends EventsMap = DefaultEventsMap, E extends EventsMap = L> = BaseManager<Socket<L, E>>;

/** One session of Engine.IO, without events. */
export const EngineSocket = /* @__PURE__ */ createEngineClass(browserPlatform);
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
