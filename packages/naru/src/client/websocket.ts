/** The client for Node with WebSocket only, as browser-websocket.ts is for browsers. */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { createClient } from './create-client.js';
import { nodePlatform } from './node/platform.js';
import { NodeWebSocket } from './node/websocket.js';
import type { Manager as BaseManager } from './socket/manager.js';
import type { Socket } from './socket/socket.js';

const { binaryType, prepare } = nodePlatform;
const client = createClient({ transports: { websocket: NodeWebSocket }, binaryType, prepare });

/** Returns the socket of a namespace. Sockets of one server share a connection if possible. */
export const io = client.io;

/** Connects, reconnects, and carries the packets of its sockets. */
export const Manager = client.Manager;
/** A Manager for sockets with these events. */
export type Manager<L extends EventsMap = DefaultEventsMap, E extends EventsMap = L> = BaseManager<Socket<L, E>>;

/** The version of Socket.IO's protocol. */
export const protocol = 5;

export type * from './public-types.js';
export { Socket } from './socket/socket.js';
