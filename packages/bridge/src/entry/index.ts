/** The entry `@naru/bridge`: a bridge to the nodes of a Socket.IO cluster. */
export { ConfigError } from 'naru/base';
export type { Bridge } from 'naru/bridge';
export type { RedisClientLike } from '../redis/wires.js';
export { type BridgeOptions, socketIo } from '../socket-io.js';
