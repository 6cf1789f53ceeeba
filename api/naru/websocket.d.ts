// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// AcceptingOptions
interface AcceptingOptions extends WebSocketOptions, OptionsOf<typeof acceptingTable> {
    coalesce?: boolean | undefined;
}

// CLOSE_CODE
declare const CLOSE_CODE: {
    readonly normal: 1000;
    readonly goingAway: 1001;
    readonly protocolError: 1002;
    readonly unsupportedData: 1003;
    readonly noStatus: 1005;
    readonly abnormal: 1006;
    readonly invalidPayload: 1007;
    readonly policyViolation: 1008;
    readonly messageTooBig: 1009;
    readonly mandatoryExtension: 1010;
    readonly internalError: 1011;
    readonly serviceRestart: 1012;
    readonly tryAgainLater: 1013;
    readonly badGateway: 1014;
};

// CodedError, a base class
declare class CodedError<Code extends string> extends Error {
    readonly code: Code;
    constructor(code: Code, message: string, cause?: unknown);
}

// ConfigError
declare class ConfigError extends CodedError<ConfigErrorCode> {
    readonly name = "ConfigError";
}

// ConnectOptions
interface ConnectOptions extends WebSocketOptions, OptionsOf<typeof connectingTable> {
    coalesce?: boolean | undefined;
}

// Connection
declare class Connection extends Emitter<NoEvents, ConnectionEvents> {
    #private;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    constructor(connection: WebSocketConnection, onClosed?: (connection: Connection) => void);
    get readyState(): number;
    get protocol(): string;
    get extensions(): string;
    get bufferedAmount(): number;
    get writable(): boolean;
    get isPaused(): boolean;
    get stream(): Duplex;
    send(data: Sendable, options?: MessageOptions): boolean;
    ping(data?: Sendable): void;
    pong(data?: Sendable): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
    pause(): void;
    resume(): void;
    drained(): Promise<boolean>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Message>;
    off<Name extends keyof ConnectionEvents>(name?: Name, listener?: ConnectionEvents[Name]): this;
    sendEncoded(frame: Buffer): void;
    get compresses(): boolean;
    static readonly handler: WebSocketHandler;
}

// ConnectionEvents
interface ConnectionEvents {
    message: (data: Message, isBinary: boolean) => void;
    text: (text: string) => void;
    binary: (data: Buffer) => void;
    ping: (data: Buffer) => void;
    pong: (data: Buffer) => void;
    drain: () => void;
    error: (error: ProtocolError | UnavailableError) => void;
    close: (code: number, reason: string) => void;
}

// DeflateOptions
interface DeflateOptions extends OptionsOf<typeof deflateTable> {
}

// DialOptions
interface DialOptions extends Omit<OptionsOf<typeof connectingTable>, 'coalesce'> {
    onOpen?(connection: WebSocketConnection, response: http.IncomingMessage): void;
}

// Emitter, a base class
declare class Emitter<Listen extends EventsMap = AnyEvents, Reserved extends EventsMap = NoEvents> {
    #private;
    on<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    once<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    off(name?: EventName, listener?: Listener): this;
    addListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    removeListener(name: EventName, listener: Listener): this;
    removeAllListeners(name?: EventName): this;
    prependListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    prependOnceListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    listeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[];
    rawListeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[];
    listenerCount(name: EventName): number;
    hasListeners(name: EventName): boolean;
    protected get isSilent(): boolean;
    eventNames(): EventName[];
    setMaxListeners(_count: number): this;
    getMaxListeners(): number;
    protected emitLocal(name: EventName, ...args: unknown[]): boolean;
    protected tell(name: EventName, ...args: unknown[]): void;
    protected applyLocal(name: EventName, args: readonly unknown[], onRejected?: OnRejected, followsAll?: boolean): boolean;
}

// ListenTarget
type ListenTarget = number | (ListenOptions & {
    server?: undefined;
}) | Server | Server$1 | {
    server: Server | Server$1;
    path?: string;
};

// ListeningOptions
interface ListeningOptions extends AcceptingOptions, OptionsOf<typeof listeningTable> {
}

// Message
type Message = string | Buffer;

// MessageOptions
interface MessageOptions extends SendOptions$1 {
    binary?: boolean;
}

// ProtocolError
declare class ProtocolError extends CodedError<ProtocolErrorCode> {
    readonly name = "ProtocolError";
}

// Refused
interface Refused {
    status: number;
    reason?: string;
    headers?: readonly (readonly [name: string, value: string])[];
}

// SendOptions
interface SendOptions$1 {
    compress?: boolean;
}

// Sendable
type Sendable = string | ArrayBuffer | ArrayBufferView;

// ServerEvents
interface ServerEvents {
    connection: (connection: Connection, request: IncomingMessage) => void;
    listening: () => void;
    error: (error: Error) => void;
    close: () => void;
}

// UnavailableError
declare class UnavailableError extends CodedError<UnavailableErrorCode> {
    readonly name = "UnavailableError";
}

// UpgradeRefusedError
declare class UpgradeRefusedError extends UnavailableError {
    readonly status: number;
    readonly headers: http.IncomingHttpHeaders;
    constructor(status: number, headers: http.IncomingHttpHeaders);
}

// WebSocketOptions
interface WebSocketOptions extends OptionsOf<typeof webSocketTable> {
}

// WebSocketServer
declare class WebSocketServer extends Emitter<NoEvents, ServerEvents> {
    #private;
    constructor(target: ListenTarget, options?: ListeningOptions);
    get clients(): ReadonlySet<Connection>;
    get clientsCount(): number;
    address(): AddressInfo | string | null;
    ready(): Promise<void>;
    broadcast(message: Sendable, options?: MessageOptions & {
        except?: Connection | ReadonlySet<Connection>;
    }): void;
    accept(request: IncomingMessage, socket: Duplex, head: Buffer): Connection | undefined;
    close(callback?: () => void): Promise<void>;
    shutdown(code?: number, reason?: string): Promise<void>;
    off<Name extends keyof ServerEvents>(name?: Name, listener?: ServerEvents[Name]): this;
}

// accept
declare function accept(request: IncomingMessage, socket: Duplex, head: Buffer, options?: AcceptingOptions): Connection | undefined;

// connect
declare function connect(url: string | URL, options?: ConnectOptions): Promise<Connection>;

// listen
declare function listen(target: ListenTarget, options?: ListeningOptions): WebSocketServer;
