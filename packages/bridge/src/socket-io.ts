/** The bridge to the nodes of a Socket.IO cluster with `@socket.io/redis-adapter`, as a program gives it. */
import { ConfigError, milliseconds, type OptionsOf, options, readOptions, text } from 'naru/base';
import type { Bridge } from 'naru/bridge';
import type { RedisClientLike } from './connections.js';
import { SocketIoBridge } from './socket-io-bridge.js';

/** The table of the options of `socketIo`. */
export const bridgeTable = options('socketIo', {
  /** First part of the channels, as the option `key` of the adapter. @default "socket.io" */
  key: text('socket.io', 'text without stars', /^[^*]+$/),
  /** Time that the other nodes have to answer. @default 5000 */
  requestsTimeout: milliseconds(5_000),
});

/** Options of `socketIo`. */
export interface BridgeOptions extends OptionsOf<typeof bridgeTable> {}

/**
 * Returns a bridge to the nodes of a Socket.IO cluster that use `@socket.io/redis-adapter` 7.2 or 8, and to
 * `@socket.io/redis-emitter` 5. `client` is a client of `redis` 4 or newer or of `ioredis` 5 or 6, as the adapter has
 * it. The bridge opens two connections of its own with the options of the client, and never closes the client. Throws
 * ConfigError for a client that cannot subscribe, and for invalid options.
 */
export function socketIo(client: RedisClientLike, given: BridgeOptions = {}): Bridge {
  const settings = readOptions(bridgeTable, given);
  if (typeof client?.duplicate !== 'function')
    throw new ConfigError(
      'BAD_ARGUMENT',
      'socketIo needs a client of @redis/client or ioredis, such as that of the adapter.',
    );
  return { open: (host) => new SocketIoBridge(host, client, settings) };
}
