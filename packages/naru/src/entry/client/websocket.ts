/** The entry `naru/client/websocket` in Node: the client with WebSocket only. */
export * from '../../client/websocket.js';
