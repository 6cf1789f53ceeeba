// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ConfigError
export { ConfigError } from 'naru/base';

// Datagram
interface Datagram {
    readonly data: Buffer;
    readonly from: Endpoint;
}

// DatagramOptions
interface DatagramOptions extends OptionsOf<typeof datagramTable> {
}

// DatagramSocket
declare class DatagramSocket implements AsyncIterable<Datagram>, AsyncDisposable {
    #private;
    constructor(options?: DatagramOptions);
    get localEndpoint(): Endpoint | undefined;
    get remoteEndpoint(): Endpoint | undefined;
    get droppedCount(): number;
    get recvBytesWaiting(): number;
    get sendBytesWaiting(): number;
    bind(endpoint: EndpointLike, options?: WaitOptions): Promise<void>;
    connect(endpoint: EndpointLike, options?: WaitOptions): Promise<void>;
    send(data: Sendable, to?: EndpointLike, { signal }?: WaitOptions): Promise<void>;
    recv({ signal }?: WaitOptions): Promise<Datagram>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Datagram>;
    close({ signal }?: WaitOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

// Endpoint
export { Endpoint } from 'naru/base';

// EndpointLike
type EndpointLike = string | Endpoint;

// EndpointRules
export { EndpointRules } from 'naru/base';

// ListenOptions
interface ListenOptions extends OptionsOf<typeof listenTable> {
}

// RecvOptions
interface RecvOptions extends WaitOptions {
    bytesMax?: number;
}

// Sendable
export { Sendable } from 'naru/base';

// StreamListener
declare class StreamListener<Accepted> implements AsyncIterable<Accepted>, AsyncDisposable {
    #private;
    private constructor();
    static hold<Accepted>(given: Endpoint, settings: StreamSettings, adopt: Adopt<Accepted>, signal?: AbortSignal): Promise<StreamListener<Accepted>>;
    get localEndpoint(): Endpoint;
    start(given?: ListenOptions): void;
    accept({ signal }?: WaitOptions): Promise<Accepted>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Accepted>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

// StreamOptions
interface StreamOptions extends OptionsOf<typeof streamTable> {
}

// StreamSocket
declare class StreamSocket implements AsyncIterable<Buffer>, AsyncDisposable {
    #private;
    constructor(options?: StreamOptions);
    get localEndpoint(): Endpoint | undefined;
    get remoteEndpoint(): Endpoint | undefined;
    get recvBytesWaiting(): number;
    get sendBytesWaiting(): number;
    get stream(): Socket | undefined;
    bind(endpoint: EndpointLike, options?: WaitOptions): Promise<void>;
    listen(options?: number | ListenOptions): Promise<StreamListener<StreamSocket>>;
    accept(options?: WaitOptions): Promise<StreamSocket>;
    connect(endpoint: EndpointLike, options?: WaitOptions): Promise<void>;
    send(data: Sendable, { signal }?: WaitOptions): Promise<void>;
    recv({ bytesMax, signal }?: RecvOptions): Promise<Buffer | null>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Buffer>;
    shutdown({ signal }?: WaitOptions): Promise<void>;
    close({ signal }?: WaitOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

// TlsSettings
type TlsSettings = SecureContextOptions & CommonConnectionOptions & Pick<ConnectionOptions, 'checkServerIdentity' | 'minDHSize' | 'servername' | 'session'> & Pick<TlsOptions, 'handshakeTimeout' | 'sessionTimeout' | 'ticketKeys'>;

// UnavailableError
export { UnavailableError } from 'naru/base';

// WaitOptions
interface WaitOptions extends OptionsOf<typeof waitTable> {
}

// connect
declare function connect(endpoint: EndpointLike, given?: StreamOptions & WaitOptions): Promise<StreamSocket>;

// formatEndpoint
export { formatEndpoint } from 'naru/base';

// listen
declare function listen(endpoint: EndpointLike, given?: StreamOptions & ListenOptions & WaitOptions): Promise<StreamListener<StreamSocket>>;

// parseEndpoint
export { parseEndpoint } from 'naru/base';
