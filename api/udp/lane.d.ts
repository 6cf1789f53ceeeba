// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// IceServer
interface IceServer {
    urls: string | string[];
    username?: string;
    credential?: string;
}

// Lane
interface Lane {
    readonly isFresh: boolean;
    close(): void;
}

// LaneOptions
interface LaneOptions {
    iceServers?: IceServer[];
}

// LaneSocket
interface LaneSocket {
    readonly io: object;
}

// openLane
declare function openLane({ io }: LaneSocket, { iceServers }?: LaneOptions): Lane;
