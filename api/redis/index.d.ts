// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Backplane
export { Backplane } from 'naru/backplane';

// BackplaneState
export { BackplaneState } from 'naru/backplane';

// Batch
export { Batch } from 'naru/backplane';

// ConfigError
export { ConfigError } from 'naru/base';

// KeyValueStore
export { KeyValueStore } from 'naru/backplane';

// LeaseTable
export { LeaseTable } from 'naru/backplane';

// Log
export { Log } from 'naru/backplane';

// LogExtent
export { LogExtent } from 'naru/backplane';

// LogFollower
export { LogFollower } from 'naru/backplane';

// LogRecord
export { LogRecord } from 'naru/backplane';

// NamespaceStore
export { NamespaceStore } from 'naru/backplane';

// NodeCode
export { NodeCode } from 'naru/backplane';

// Offset
export { Offset } from 'naru/backplane';

// Page
export { Page } from 'naru/backplane';

// RedisClient
type RedisClient = {
    duplicate(...args: never[]): unknown;
} | {
    execute(...args: never[]): unknown;
};

// RedisCredentials
interface RedisCredentials extends OptionsOf<typeof redisCredentialsTable> {
}

// RedisOptions
interface RedisOptions extends OptionsOf<typeof redisTable> {
}

// Replies
export { Replies } from 'naru/backplane';

// StoredRecord
export { StoredRecord } from 'naru/backplane';

// Swapped
export { Swapped } from 'naru/backplane';

// TableList
export { TableList } from 'naru/backplane';

// Talk
export { Talk } from 'naru/backplane';

// TalkHandler
export { TalkHandler } from 'naru/backplane';

// TalkMember
export { TalkMember } from 'naru/backplane';

// TextBounds
export { TextBounds } from 'naru/backplane';

// UnavailableError
export { UnavailableError } from 'naru/base';

// redis
declare function redis(given: string | readonly string[] | RedisClient | (() => RedisClient | Promise<RedisClient>), options?: RedisOptions): RemoteBackplane;
