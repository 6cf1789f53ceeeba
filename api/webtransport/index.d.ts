// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// WebTransportBidirectionalStream
interface WebTransportBidirectionalStream {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
}

// WebTransportCloseInfo
interface WebTransportCloseInfo {
    closeCode?: number;
    reason?: string;
}

// WebTransportRequest
interface WebTransportRequest {
    url?: string;
    headers?: Readonly<Record<string, string>>;
    remoteAddress?: string;
}

// WebTransportSession
interface WebTransportSession {
    readonly ready: Promise<unknown>;
    readonly closed: Promise<unknown>;
    readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
    readonly datagrams?: WebTransportDatagrams;
    close(info?: WebTransportCloseInfo): void;
}

// acceptWebTransport
declare function acceptWebTransport(server: WithEngine | EngineServer, session: WebTransportSession, about?: WebTransportRequest): Promise<void>;
