/** The bridge to the nodes of a Socket.IO cluster, as a program gives it. */
import { ConfigError, count, milliseconds, type OptionsOf, oneOf, options, readOptions, text } from 'naru/base';
import type { Bridge } from 'naru/bridge';
import { ClassicExchange } from './classic/classic-exchange.js';
import { ShardedExchange } from './cluster/sharded-exchange.js';
import { StreamsExchange } from './cluster/streams-exchange.js';
import type { Exchange, ExchangeContext } from './exchange.js';
import { isLogShared } from './ledger.js';
import type { RedisClientLike } from './redis/wires.js';
import { SocketIoBridge } from './socket-io-bridge.js';

/** The table of the options of `socketIo`. */
export const bridgeTable = options('socketIo', {
  /**
   * Adapter of the other nodes: `redis` for `createAdapter` and `sharded` for `createShardedAdapter` of
   * `@socket.io/redis-adapter`, `streams` for `@socket.io/redis-streams-adapter` 0.3, and `streams-0.2` for its version
   * 0.2. @default "redis"
   */
  adapter: oneOf(['redis', 'sharded', 'streams', 'streams-0.2'], 'redis'),
  /** First part of the channels, as the option `key` or `channelPrefix` of the adapter. @default "socket.io" */
  key: text('socket.io', 'text without stars', /^[^*]+$/),
  /** Rooms that have channels of their own, as the option of `createShardedAdapter`. @default "dynamic" */
  subscriptionMode: oneOf(['dynamic', 'dynamic-private', 'static'], 'dynamic'),
  /** Time that the other nodes have to answer. @default 5000 */
  requestsTimeout: milliseconds(5_000),
  /** Name of the stream, as the option of the adapter for streams. @default "socket.io" */
  streamName: text('socket.io', 'text that is not empty', /./),
  /** Entries that the stream keeps, roughly, as the option of the adapter for streams. @default 10000 */
  maxLen: count(10_000),
});

const WITHOUT_LOG =
  'socketIo with adapter "sharded" needs a backplane without a log, such as redis(url, { log: false }): ' +
  'turn the log on when the last server of Socket.IO has gone';

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
  const settings = readOptions(bridgeTable, given);
  const { adapter, requestsTimeout } = settings;
  if (typeof client?.duplicate !== 'function')
    throw new ConfigError(
      'BAD_ARGUMENT',
      'socketIo needs a client of @redis/client or ioredis, such as that of the adapter.',
    );
  const makers: Record<typeof adapter, (context: ExchangeContext) => Exchange> = {
    redis: (context) => new ClassicExchange(context, client, settings.key),
    sharded: (context) => new ShardedExchange(context, client, settings),
    streams: (context) => new StreamsExchange(context, client, { ...settings, isWhole: false }),
    'streams-0.2': (context) => new StreamsExchange(context, client, { ...settings, isWhole: true }),
  };
  const createExchange = makers[adapter];
  return {
    open: (host) => {
      if (adapter === 'sharded' && isLogShared(host)) throw new ConfigError('BAD_ARGUMENT', WITHOUT_LOG);
      return new SocketIoBridge(host, { requestsTimeout, createExchange });
    },
  };
}
