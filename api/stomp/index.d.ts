// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ConfigError
export { ConfigError } from 'naru/base';

// DroppedMessage
interface DroppedMessage {
    readonly namespace: string;
    readonly queue: string;
    readonly reason: 'too many deliveries';
    readonly deliveries: number;
    readonly headers: ReadonlyMap<string, string>;
    readonly body: Uint8Array;
}

// StompOptions
interface StompOptions extends OptionsOf<typeof stompTable> {
}

// stomp
declare function stomp(options?: StompOptions): Wire;
