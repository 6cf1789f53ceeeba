/** The entry `naru/websocket`: plain WebSockets, without Engine.IO or Socket.IO. */

export { ConfigError, ProtocolError, UnavailableError } from '../base/errors.js';
export type { Sendable } from '../base/node/buffer.js';
export { CLOSE_CODE } from '../protocol/websocket/close-code.js';
export { accept, connect, listen } from '../transport/websocket/api/functions.js';
export type {
  AcceptingOptions,
  ConnectOptions,
  ListeningOptions,
  Refused,
} from '../transport/websocket/api/options.js';
export {
  Connection,
  type ConnectionEvents,
  type Message,
  type MessageOptions,
} from '../transport/websocket/api/public-connection.js';
export { type ListenTarget, type ServerEvents, WebSocketServer } from '../transport/websocket/api/server.js';
export type { SendOptions } from '../transport/websocket/connection.js';
export type { DeflateOptions } from '../transport/websocket/deflate/settings.js';
export { type DialOptions, UpgradeRefusedError } from '../transport/websocket/dial.js';
export type { WebSocketOptions } from '../transport/websocket/settings.js';
