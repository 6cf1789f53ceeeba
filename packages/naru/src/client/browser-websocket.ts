/** The smallest client for browsers: WebSocket only, without long-polling. */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { createClient } from './create-client.js';
import { WebSocketTransport } from './engine/websocket.js';
import type { Manager as BaseManager } from './socket/manager.js';
import type { Socket } from './socket/socket.js';

const client = /* @__PURE__ */ createClient({ transports: { websocket: WebSocketTransport } });

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
