// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Bridge
export { Bridge } from 'naru/bridge';

// BridgeOptions
interface BridgeOptions extends OptionsOf<typeof bridgeTable> {
}

// ConfigError
export { ConfigError } from 'naru/base';

// RedisClientLike
interface RedisClientLike {
    duplicate(...args: never[]): unknown;
}

// socketIo
declare function socketIo(client: RedisClientLike, given?: BridgeOptions): Bridge;
