/** The entry `@naru/redis`: a backplane whose log is in Redis, for the nodes of several machines. */
export type {
  Backplane,
  BackplaneState,
  Batch,
  KeyValueStore,
  LeaseTable,
  Log,
  LogExtent,
  LogFollower,
  LogRecord,
  NamespaceStore,
  NodeCode,
  Offset,
  Page,
  Replies,
  StoredRecord,
  Swapped,
  TableList,
  Talk,
  TalkHandler,
  TalkMember,
  TextBounds,
} from 'naru/backplane';
export { ConfigError, UnavailableError } from 'naru/base';
export type { RedisCredentials, RedisOptions } from '../options.js';
export { redis } from '../redis.js';
export type { RedisClient } from '../servers/given-client.js';
