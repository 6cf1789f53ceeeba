/** The entry `naru/client/websocket` in browsers: the smallest client, with WebSocket only. */
export * from '../../client/browser-websocket.js';
