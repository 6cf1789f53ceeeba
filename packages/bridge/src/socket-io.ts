/** The bridge to the nodes of a Socket.IO cluster, as a program gives it. */
import { ConfigError, count, milliseconds, type OptionsOf, oneOf, options, readOptions, text } from 'naru/base';
import type { Bridge } from 'naru/bridge';
import { ClassicExchange } from './classic/classic-exchange.js';
import { StreamsExchange } from './cluster/streams-exchange.js';
import type { Exchange, ExchangeContext } from './exchange.js';
import type { RedisClientLike } from './redis/wires.js';
import { SocketIoBridge } from './socket-io-bridge.js';

/** The table of the options of `socketIo`. */
export const bridgeTable = options('socketIo', {
  /**
   * Adapter of the other nodes: `redis` for `createAdapter` of `@socket.io/redis-adapter`, `streams` for
   * `@socket.io/redis-streams-adapter` 0.3, and `streams-0.2` for its version 0.2. @default "redis"
   */
  adapter: oneOf(['redis', 'streams', 'streams-0.2'], 'redis'),
  /** First part of the channels, as the option `key` or `channelPrefix` of the adapter. @default "socket.io" */
  key: text('socket.io', 'text without stars', /^[^*]+$/),
  /** Time that the other nodes have to answer. @default 5000 */
  requestsTimeout: milliseconds(5_000),
  /** Name of the stream, as the option of the adapter for streams. @default "socket.io" */
  streamName: text('socket.io', 'text that is not empty', /./),
  /** Entries that the stream keeps, roughly, as the option of the adapter for streams. @default 10000 */
  maxLen: count(10_000),
});

/** Options of `socketIo`. */
export interface BridgeOptions extends OptionsOf<typeof bridgeTable> {}

/**
 * Returns a bridge to the nodes of a Socket.IO cluster that use `@socket.io/redis-adapter` 7.2 or 8 with
 * `createAdapter`, or `@socket.io/redis-streams-adapter` 0.2 or 0.3, and to the emitters for them. `client` is a client
 * of `redis` 4 or newer or of `ioredis` 5 or 6, as the adapter has it. The bridge opens connections of its own with the
 * options of the client: two, and a third one for a stream. It never closes the client. Throws ConfigError for a client
 * that cannot subscribe, and for invalid options.
 */
export function socketIo(client: RedisClientLike, given: BridgeOptions = {}): Bridge {
  const { adapter, key, requestsTimeout, streamName, maxLen } = readOptions(bridgeTable, given);
  if (typeof client?.duplicate !== 'function')
    throw new ConfigError(
      'BAD_ARGUMENT',
      'socketIo needs a client of @redis/client or ioredis, such as that of the adapter.',
    );
  const createExchange = (context: ExchangeContext): Exchange =>
    adapter === 'redis'
      ? new ClassicExchange(context, client, key)
      : new StreamsExchange(context, client, { key, streamName, maxLen, isWhole: adapter === 'streams-0.2' });
  return { open: (host) => new SocketIoBridge(host, { requestsTimeout, createExchange }) };
}
