// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// AnyHttpServer
type AnyHttpServer = Pick<Server$1, 'on' | 'once' | 'listeners' | 'removeAllListeners' | 'off'>;

// ClientOptions
interface EngineOptions extends OptionsOf<typeof clientEngineTable> {
}

// CodedError, a base class
declare class CodedError<Code extends string> extends Error {
    readonly code: Code;
    constructor(code: Code, message: string, cause?: unknown);
}

// ConfigError
declare class ConfigError extends CodedError<ConfigErrorCode> {
    readonly name = "ConfigError";
}

// ConnectionError
interface ConnectionError {
    req: IncomingMessage | undefined;
    code: number;
    message: string;
    context: Record<string, unknown>;
}

// CookieOptions
interface CookieOptions extends OptionsOf<typeof cookieTable> {
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

// EngineMiddlewareFunction
type EngineMiddlewareFunction = {
    call(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}['call'];

// EngineOptions
interface EngineOptions extends OptionsOf<typeof engineTable> {
}

// EngineSocket
declare const EngineSocket: EngineSocketClass;
type EngineSocket = InstanceType<typeof EngineSocket>;

// HttpCompressionOptions
interface HttpCompressionOptions extends OptionsOf<typeof httpCompressionTable> {
}

// ListeningEngine
type ListeningEngine = EngineServer & {
    httpServer: Server$1;
};

// PerMessageDeflateOptions
interface DeflateOptions extends OptionsOf<typeof deflateTable> {
}

// ProtocolError
declare class ProtocolError extends CodedError<ProtocolErrorCode> {
    readonly name = "ProtocolError";
}

// RequestTarget
interface RequestTarget {
    handleRequest(request: IncomingMessage, response: ServerResponse): void;
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
    takeUpgrade?(head: UpgradeHead, socket: Socket, rest: Buffer): boolean;
    takeStream?(head: UpgradeHead, socket: Socket): boolean;
}

// SendOptions
interface SendOptions {
    compress?: boolean;
}

// Server
declare class EngineServer extends Emitter implements SessionContext<Session> {
    #private;
    readonly opts: EngineSettings;
    httpServer: unknown;
    readonly clock: Clock;
    readonly nodeInternals: NodeInternals;
    outbox: Outbox;
    readonly closing: ClosingStreams;
    readonly heartbeats: Heartbeats;
    readonly closingSessions: ClosingSessions;
    readonly upgradeTimeout: number;
    readonly bufferedBytesMax: number;
    readonly admission: Admission;
    constructor(options?: EngineOptions, opts?: EngineSettings, host?: EngineHost);
    get parts(): {
        middleware: EngineMiddleware;
        refusals: Refusals;
        upgrades: Upgrades;
        engine: EngineServer;
        opts: EngineSettings;
        sessions: Map<string, Session>;
    };
    get clientsCount(): number;
    get clients(): Record<string, Session>;
    slow(limit?: number): SlowReport;
    generateId(_request: IncomingMessage): string | Promise<string>;
    use(middleware: EngineMiddlewareFunction): this;
    attach(server: AnyHttpServer, options?: EngineOptions, target?: RequestTarget): this;
    close(): this;
    handleRequest(request: IncomingMessage, response: ServerResponse): void;
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
    takeUpgrade(head: UpgradeHead, socket: Socket, rest: Buffer): boolean;
    takeStream(head: UpgradeHead, socket: Socket): boolean;
    openSession(transport: Transport, handshake: HandshakeRequest, options?: OpenSessionOptions): Session | undefined;
    handshakeOf(session: Session): string;
    get isWatched(): boolean;
    onEvent(name: 'flush' | 'drain', session: Session, ...args: unknown[]): void;
    onClosed(session: Session): void;
    emit(name: EventName, ...args: unknown[]): boolean;
}

// SessionCloseReason
type SessionCloseReason = 'transport close' | 'transport error' | 'ping timeout' | 'parse error' | 'forced close';

// Socket
declare class Session extends Emitter implements TransportHandler, OutboxSession, Beating {
    #private;
    readonly id: string;
    readonly number: number;
    readonly protocol: EngineProtocol;
    transport: Transport;
    readonly handshake: HandshakeRequest;
    subprotocol: Subprotocol;
    upgraded: boolean;
    isAwaitingSpace: boolean;
    isLeaving: boolean;
    lane: Lane | undefined;
    receiver: SessionReceiver | undefined;
    waiting: PacketList | undefined;
    isDirty: boolean;
    occasion: number;
    deadlineAt: number;
    deadlinePrevious: DeadlineEntry | undefined;
    deadlineNext: DeadlineEntry | undefined;
    deadlineQueue: Deadlines<never> | undefined;
    constructor(context: SessionContext<Session>, id: string, transport: Transport, handshake: HandshakeRequest);
    get readyState(): ReadyState;
    get server(): unknown;
    get upgrading(): boolean;
    get request(): EngineRequest;
    set request(_request: EngineRequest | null);
    get remoteAddress(): string;
    get takesVolatile(): boolean;
    get writeBuffer(): readonly unknown[];
    get bufferedBytes(): number;
    open(isAnnounced?: boolean): void;
    send(data: Message$1, options?: SendOptions | SentCallback, callback?: SentCallback): this;
    write(data: Message$1, options?: SendOptions | SentCallback, callback?: SentCallback): this;
    sendPacket(packet: EncodedPacket): void;
    sendPackets(packets: readonly EncodedPacket[], isVolatile?: boolean): void;
    sendVolatile(packets: readonly EncodedPacket[]): void;
    onVolatile(source: Transport | Lane, units: readonly Unit[]): void;
    flushAlone(): void;
    close(discard?: boolean): void;
    leave(): void;
    beginUpgrade(transport: Transport): void;
    abandonUpgrade(): void;
    completeUpgrade(transport: Transport): void;
    releasePoll(): void;
    ping(): void;
    onPingTimeout(): void;
    onData(transport: Transport, unit: Unit): void;
    onWritable(transport: Transport): void;
    onClose(transport: Transport, error: ProtocolError | UnavailableError | undefined): void;
    flush(): void;
    emit(name: EventName, ...args: unknown[]): boolean;
    reject(error: ProtocolError): void;
    giveUp(bytesMax: number): void;
}

// UnavailableError
declare class UnavailableError extends CodedError<UnavailableErrorCode> {
    readonly name = "UnavailableError";
}

// attach
declare function attach(server: AnyHttpServer, options?: EngineOptions): EngineServer;

// listen
declare function listen(port: number, onListening?: () => void): ListeningEngine;
declare function listen(port: number, options?: EngineOptions, onListening?: () => void): ListeningEngine;

// protocol
declare const protocol = 4;
