// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// SERVER_COMMANDS
declare const SERVER_COMMANDS: ReadonlySet<string>;

// STOMP_PORTS
declare const STOMP_PORTS: Readonly<{
    stomp: 61613;
    stomps: 61614;
}>;

// StompDecoder
declare class StompDecoder {
    #private;
    version: StompVersion | undefined;
    commands: ReadonlySet<string>;
    constructor(limits: StompLimits, commands: ReadonlySet<string>);
    get waitingBytes(): number;
    get receipt(): string | undefined;
    push(chunk: Bytes): void;
    next(): StompFrame | undefined;
    end(): void;
}

// StompFrame
interface StompFrame {
    readonly command: string;
    readonly headers: StompHeaders;
    readonly body: Bytes;
}

// encodeFrame
declare function encodeFrame(command: string, headers: HeaderEntries, version: StompVersion): string;

// encodeTextFrame
declare function encodeTextFrame(command: string, headers: HeaderEntries, body: string, version: StompVersion): string;
