/** The entry `naru/backplane/redis`: a backplane whose log is in Redis, for the nodes of several machines. */
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
  Offset,
  Page,
  StoredRecord,
  Swapped,
  TableList,
  TextBounds,
} from '../backplane/backplane.js';
export type { RedisOptions } from '../backplane/redis/options.js';
export { redis } from '../backplane/redis/redis.js';
export type { NodeCode, Replies, Talk, TalkHandler, TalkMember } from '../backplane/talk/talk.js';
export { ConfigError, UnavailableError } from '../base/errors.js';
