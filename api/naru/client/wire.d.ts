// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

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

// ClientWire
interface ClientWire {
    readonly transport: TransportClass;
    readonly schemes?: readonly string[];
    readonly accompany?: (connection: object) => void;
}

// EngineData
type EngineData = string | Bytes | ArrayBuffer | ArrayBufferView | Blob;

// EngineSocket
declare class EngineSocket$1 extends PublicEmitter<EngineEvents> {
    #private;
    static readonly protocol = 4;
    id: string | null;
    transport: ClientTransport;
    binaryType: BinaryType;
    readyState: EngineState;
    writeBuffer: OutgoingPacket[];
    upgrading: boolean;
    readonly opts: EngineOptions;
    readonly secure: boolean;
    readonly hostname: string;
    readonly port: string;
    readonly transports: string[];
    constructor(uri: unknown, options: EngineOptions | undefined, platform: Platform);
    open(): void;
    setTransport(transport: ClientTransport): void;
    write(data: EngineData, options?: WriteOptions | (() => void) | null, onFlush?: () => void): this;
    send(data: EngineData, options?: WriteOptions | (() => void) | null, onFlush?: () => void): this;
    flush(): void;
    close(): this;
    hasPingExpired(): boolean;
}

// Manager
declare class Manager$2<Socket extends NamespaceSocket> extends PublicEmitter<ManagerReservedEvents> {
    #private;
    engine: EngineSocket$1;
    readonly opts: ClientOptions & typeof SETTINGS;
    readonly nsps: ReadonlyMap<string, Socket>;
    readyState: ManagerState;
    isReconnecting: boolean;
    readonly timers: Timers;
    readonly reconnection: Setting<boolean, this>;
    readonly reconnectionAttempts: Setting<number, this>;
    readonly reconnectionDelay: Setting<number, this>;
    readonly reconnectionDelayMax: Setting<number, this>;
    readonly randomizationFactor: Setting<number, this>;
    readonly timeout: Setting<number | false, this>;
    readonly toUnits: (packet: SocketPacket) => unknown[];
    constructor(uri: string | ClientOptions | undefined, options: ClientOptions | undefined, platform: Platform, Socket: SocketClass<Socket>);
    open(callback?: (error?: Error) => void): this;
    connect(callback?: (error?: Error) => void): this;
    socket(namespace: string, options?: SocketOptions): Socket;
    disconnect(): void;
    ['_close'](): void;
    release(): void;
    write(packet: SocketPacket, options: WriteOptions): void;
    fail(reason: string, details?: DisconnectDescription): void;
    holdOff(retryAfterMs: unknown): number;
}

// OutgoingPacket
interface OutgoingPacket {
    readonly type: EnginePacket['type'];
    readonly data?: EngineData;
    readonly options?: WriteOptions;
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

// addBrackets
declare function addBrackets(host: string): string;

// applicationQuery
declare function applicationQuery(query: Record<string, unknown>): string;

// causeOf
declare function causeOf(failure: unknown): unknown;

// chooseTimers
declare function chooseTimers({ clock, useNativeTimers, autoUnref }: EngineOptions): Timers;

// decodeMessage
declare function decodeMessage(units: readonly (string | Uint8Array)[]): SocketPacket | undefined;

// inMicrotask
declare function inMicrotask(callback: () => void): void;

// isBlob
declare function isBlob(data: unknown): data is Blob;

// listen
declare function listen(emitter: object, name: string, listener: Listener): () => void;

// parseAddress
declare function parseAddress(uri: string): Address;

// toBinaryType
declare function toBinaryType(bytes: Bytes, { binaryType }: {
    readonly binaryType: string;
}): Bytes;

// transportError
declare function transportError(message: string, description?: unknown, context?: unknown): TransportError;
