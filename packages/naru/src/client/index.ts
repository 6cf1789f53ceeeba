/**
 * The client for Node: polling over node:http and WebSocket over node:net, with agents, headers, cookies and TLS
 * options.
 */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { createClient, createEngineClass } from './create-client.js';
import { nodePlatform } from './node/platform.js';
import type { Manager as BaseManager } from './socket/manager.js';
import type { Socket } from './socket/socket.js';

const client = createClient(nodePlatform);

/** Returns the socket of a namespace. Sockets of one server share a connection if possible. */
export const io = client.io;

/** Connects, reconnects, and carries the packets of its sockets. */
export const Manager = client.Manager;
/** A Manager for sockets with these events. */
export type Manager<L extends EventsMap = DefaultEventsMap, E extends EventsMap = L> = BaseManager<Socket<L, E>>;

/** One session of Engine.IO, without events. */
export const EngineSocket = createEngineClass(nodePlatform);
/** One session of Engine.IO, without events. */
export type EngineSocket = InstanceType<typeof EngineSocket>;

/** The version of Socket.IO's protocol. */
export const protocol = 5;

export { Fetch } from './engine/fetch.js';
export { Transport } from './engine/transport.js';
export { XHR } from './engine/xhr.js';
export { BuiltinWebSocket as WebSocket } from './node/builtin-websocket.js';
export { NodePolling as NodeXHR } from './node/polling.js';
export { NodeWebSocket } from './node/websocket.js';
export type * from './public-types.js';
export { Socket } from './socket/socket.js';
