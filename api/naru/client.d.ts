// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// BinaryType
type BinaryType = 'arraybuffer' | 'blob' | 'nodebuffer';

// CatchAllEmitter, a base class
declare abstract class CatchAllEmitter<ListenEvents extends EventsMap, ReservedEvents extends EventsMap> extends ClientEmitter<ListenEvents, ReservedEvents> {
    #private;
    onAny(listener: Listener): this;
    prependAny(listener: Listener): this;
    offAny(listener?: Listener): this;
    listenersAny(): Listener[];
    onAnyOutgoing(listener: Listener): this;
    prependAnyOutgoing(listener: Listener): this;
    offAnyOutgoing(listener?: Listener): this;
    listenersAnyOutgoing(): Listener[];
    protected notifyAny(listeners: Listener[], event: unknown[]): void;
}

// ClientEmitter, a base class
declare class ClientEmitter<Listen extends EventsMap, Reserved extends EventsMap> {
    #private;
    on<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    once<Name extends NamesOf<Listen, Reserved>>(name: Name, original: ListenerOf<Listen, Reserved, Name>): this;
    off<Name extends NamesOf<Listen, Reserved>>(name?: Name, listener?: ListenerOf<Listen, Reserved, Name>): this;
    addListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    removeListener<Name extends NamesOf<Listen, Reserved>>(name: Name, listener: ListenerOf<Listen, Reserved, Name>): this;
    removeAllListeners<Name extends NamesOf<Listen, Reserved>>(name?: Name): this;
    listeners<Name extends NamesOf<Listen, Reserved>>(name: Name): ListenerOf<Listen, Reserved, Name>[];
    hasListeners<Name extends NamesOf<Listen, Reserved>>(name: Name): boolean;
    protected applyLocal(name: unknown, args: readonly unknown[]): void;
}

// ClientOptions
type ClientOptions = ManagerOptions & SocketOptions;

// ClientTransport
interface ClientTransport extends PublicEmitter<TransportEvents> {
    readonly name: string;
    readonly query: Record<string, unknown>;
    readonly writable: boolean;
    readonly readyState: TransportState | undefined;
    open(): unknown;
    close(): unknown;
    send(packets: readonly OutgoingPacket[]): void;
    check?(units: readonly EngineData[]): void;
    sendVolatile?(units: readonly unknown[]): boolean;
    fit?(packets: readonly OutgoingPacket[], bytesMax: number): number;
    pause?(onPause: () => void): void;
    resume?(): void;
}

// CloseDetails
interface CloseDetails {
    description: string;
    context?: unknown;
}

// DefaultEventsMap
interface DefaultEventsMap {
    [event: string]: Listener;
}

// DisconnectDescription
type DisconnectDescription = Error | CloseDetails;

// DisconnectReason
type DisconnectReason = 'io server disconnect' | 'io client disconnect' | 'ping timeout' | 'transport close' | 'transport error' | 'parse error';

// EngineEvents
interface EngineEvents {
    open: () => void;
    handshake: (handshake: Handshake) => void;
    packet: (packet: EnginePacket) => void;
    packetCreate: (packet: OutgoingPacket) => void;
    data: (data: string | Uint8Array | ArrayBuffer | Blob) => void;
    message: (data: string | Uint8Array | ArrayBuffer | Blob) => void;
    volatile: (packet: SocketPacket) => void;
    drain: () => void;
    flush: () => void;
    ping: () => void;
    pong: () => void;
    error: (error: Error | string) => void;
    upgrading: (transport: ClientTransport) => void;
    upgrade: (transport: ClientTransport) => void;
    upgradeError: (error: Error) => void;
    close: (reason: string, details?: CloseDetails | Error) => void;
}

// EngineOptions
interface EngineOptions extends OptionsOf<typeof clientEngineTable> {
}

// EngineSocket
declare const EngineSocket: EngineSocketClass;
type EngineSocket = InstanceType<typeof EngineSocket>;

// ExtendedError
interface ExtendedError extends Error {
    readonly code?: UnavailableErrorCode | ProtocolErrorCode | ConfigErrorCode;
    data?: Untyped;
    readonly description?: unknown;
    readonly context?: unknown;
}

// Fetch
declare class Fetch extends Polling {
    protected readonly labels: readonly ['fetch read error', 'fetch write error'];
    protected request(body: string | undefined, outcome: Outcome): Abort;
}

// Manager
declare const Manager$1: ManagerClass;
type Manager$1<L extends EventsMap = DefaultEventsMap, E extends EventsMap = L> = Manager$2<Socket<L, E>>;

// ManagerOptions
interface ManagerOptions extends EngineOptions, OptionsOf<typeof managerTable> {
}

// ManagerReservedEvents
interface ManagerReservedEvents {
    open: () => void;
    error: (error: Error) => void;
    ping: () => void;
    packet: (packet: SocketPacket) => void;
    drop: (packet: SocketPacket) => void;
    close: (reason: string, details?: DisconnectDescription) => void;
    reconnect: (attempt: number) => void;
    reconnect_attempt: (attempt: number) => void;
    reconnect_error: (error: Error) => void;
    reconnect_failed: () => void;
}

// Member
interface Member<State = unknown> {
    readonly id: string;
    readonly state: State;
    readonly connections: number;
    readonly since: number;
}

// MemberList
interface MemberList<State = unknown> {
    readonly members: Member<State>[];
    readonly count: number;
}

// NaruEvents
interface NaruEvents {
    'naru:gap': (gap: {
        readonly after: string;
        readonly before: string | null;
    }) => void;
    'naru:dropped': (dropped: {
        readonly count: number;
    }) => void;
    'naru:restart': (restart: {
        readonly retryAfterMs: number;
    }) => void;
    'naru:renew': (token: {
        readonly expiresAt: number;
    }) => void;
    'naru:ended': (why: {
        readonly code: string;
        readonly message: string;
    }) => void;
    'naru:limited': (limited: {
        readonly event: string;
        readonly retryAfter: number;
    }) => void;
    'naru:left': (left: {
        readonly room: string;
        readonly code: string;
        readonly message: string;
    }) => void;
    'naru:presence:join': (room: string, member: Member<Untyped>) => void;
    'naru:presence:update': (room: string, member: Member<Untyped>) => void;
    'naru:presence:leave': (room: string, member: Member<Untyped>) => void;
    'naru:presence:list': (room: string, list: MemberList<Untyped>) => void;
}

// NodeWebSocket
declare class NodeWebSocket extends Transport {
    #private;
    ws: WebSocketConnection | undefined;
    get name(): string;
    uri(): string;
    protected doOpen(): void;
    protected doClose(): void;
    protected write(packets: readonly OutgoingPacket[]): void;
}

// NodeXHR
declare class NodePolling extends Polling {
    #private;
    protected request(body: string | undefined, outcome: Outcome): Abort;
    protected exchange(body: string | undefined, outcome: Outcome, read: (response: IncomingMessage, exchange: Exchange) => void): Abort;
}

// Polling, a base class
declare abstract class Polling extends Transport {
    #private;
    get name(): string;
    protected readonly labels: readonly [string, string];
    protected abstract request(body: string | undefined, outcome: Outcome): Abort;
    fit(packets: readonly OutgoingPacket[], bytesMax: number): number;
    pause(onPause: () => void): void;
    resume(): void;
    protected doOpen(): void;
    protected onStream(): void;
    protected doClose(): void;
    protected write(packets: readonly OutgoingPacket[]): void;
}

// PublicEmitter, a base class
declare class PublicEmitter<Events extends EventsMap> extends ClientEmitter<Record<never, never>, Events> {
    emit(name: EventNames<Events>, ...args: unknown[]): void;
}

// Socket
declare class Socket<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents> extends CatchAllEmitter<ListenEvents, SocketReservedEvents> {
    #private;
    readonly io: Manager$2<Socket<ListenEvents, EmitEvents>>;
    readonly nsp: string;
    id: string | undefined;
    connected: boolean;
    recovered: boolean;
    auth: SocketAuth | undefined;
    receiveBuffer: unknown[][];
    sendBuffer: EventPacket[];
    readonly acks: Record<number, Ack>;
    readonly ['_queue']: EventQueue | undefined;
    constructor(io: Manager$2<Socket<ListenEvents, EmitEvents>>, nsp: string, options?: SocketOptions);
    get disconnected(): boolean;
    get active(): boolean;
    get volatile(): this;
    connect(): this;
    open(): this;
    disconnect(): this;
    close(): this;
    send(...args: unknown[]): this;
    emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): this;
    emitWithAck<Name extends EventNames<EmitEvents>>(name: Name, ...args: AllButLast<EventParams<EmitEvents, Name>>): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>>;
    readonly subscribe: (room: string) => Promise<void>;
    readonly unsubscribe: (room: string) => Promise<void>;
    readonly publish: (room: string, event: string, ...args: unknown[]) => Promise<void>;
    compress(compress: boolean): this;
    timeout(timeoutMs: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
    onpacket({ type, data, id }: SocketPacket, isVolatile?: boolean): void;
}
declare namespace Socket {
    type DisconnectReason = Parameters<SocketReservedEvents['disconnect']>[0];
}

// SocketOptions
interface SocketOptions extends OptionsOf<typeof socketTable> {
}

// SocketReservedEvents
interface SocketReservedEvents extends NaruEvents {
    connect: () => void;
    connect_error: (error: ExtendedError) => void;
    disconnect: (reason: DisconnectReason, details?: DisconnectDescription) => void;
}

// Transport
declare abstract class Transport extends PublicEmitter<TransportEvents> implements ClientTransport {
    #private;
    readonly opts: TransportOptions;
    readonly query: Record<string, unknown>;
    readonly supportsBinary: boolean;
    readyState: TransportState | undefined;
    writable: boolean;
    constructor(opts: TransportOptions);
    abstract get name(): string;
    protected abstract doOpen(): void;
    protected abstract doClose(): void;
    protected abstract write(packets: readonly OutgoingPacket[]): void;
    open(): this;
    close(): this;
    send(packets: readonly OutgoingPacket[]): void;
    uri(): string;
    protected address(scheme: string, isStamped?: boolean): string;
    protected encode({ type, data }: OutgoingPacket): string | Bytes | Blob;
    protected decode(unit: string | Bytes): EnginePacket | undefined;
    onUnit(unit: string | Bytes): void;
    onDrain(): void;
    onOpen(): void;
    onPacket(packet: EnginePacket | undefined): void;
    onClose(details?: CloseDetails): void;
    onError(message: string, description?: unknown, context?: unknown): void;
}

// TransportClass
type TransportClass = {
    new (options: TransportOptions): ClientTransport;
    readonly prototype: {
        readonly name: string;
    };
};

// TransportError
interface TransportError extends UnavailableError {
    readonly type: 'TransportError';
    readonly description: unknown;
    readonly context: unknown;
}

// TransportOptions
interface TransportOptions extends EngineOptions {
    query: Record<string, unknown>;
    socket?: {
        readonly binaryType: BinaryType;
    };
}

// WebSocket
declare class BuiltinWebSocket extends WebSocketTransport {
    protected decode(unit: string | Bytes): EnginePacket | undefined;
}

// WebSocketTransport, a base class
declare class WebSocketTransport extends Transport {
    ws: WebSocket | undefined;
    get name(): string;
    uri(): string;
    protected doOpen(): void;
    protected doClose(): void;
    protected write(packets: readonly OutgoingPacket[]): void;
}

// WriteOptions
interface WriteOptions {
    volatile?: boolean;
    compress?: boolean;
    key?: string;
}

// XHR
declare class XHR extends Polling {
    protected request(body: string | undefined, outcome: Outcome): Abort;
}

// connect
declare const io$1: Io;

// default
declare const io$1: Io;

// io
declare const io$1: Io;

// protocol
declare const protocol$1 = 5;
