// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Aiming, a base class
declare abstract class Aiming<Operator> {
    to(room: Room | readonly Room[]): Operator;
    in(room: Room | readonly Room[]): Operator;
    except(room: Room | readonly Room[]): Operator;
    get volatile(): Operator;
    key(key: string): Operator;
    mark(mark: Mark): Operator;
    by(person: string): Operator;
}

// Audience, a base class
interface Audience<Emit extends EventsMap, Side extends EventsMap, Data, Member, Reserved extends EventsMap> extends Targeting<DecorateAcknowledgementsWithMultipleResponses<Emit>, Data> {
    emit<Name extends EventNamesWithoutAck<Emit>>(name: Name, ...args: EventParams<Emit, Name>): boolean;
    send(...args: EventParams<Emit, 'message'>): this;
    write(...args: EventParams<Emit, 'message'>): this;
    fetchSockets(): Promise<RemoteSocket<Emit, Data>[]>;
}
declare abstract class Audience<Emit extends EventsMap, Side extends EventsMap, Data, Member, Reserved extends EventsMap> extends Emitter<Side, Reserved> {
    #private;
    use(middleware: NamespaceMiddleware<Member>): this;
    allow(rules: PermissionRules<Member>): this;
    slow(policy: SlowPolicy | undefined): this;
    slow(room: Room, policy: SlowPolicy | undefined): this;
    history(room: Room, query?: HistoryQuery): Promise<HistoryPage>;
    erase(wish: EraseWish): Promise<number>;
    retain(retention: RetainOptions): this;
    presence(room: Room, options?: PresenceOptions): RoomPresence<Member>;
    serverSideEmit<Name extends EventNames<Side>>(name: Name, ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Side>, Name>): boolean;
    serverSideEmitWithAck<Name extends EventNamesWithAck<Side>>(name: Name, ...args: AllButLast<EventParams<Side, Name>>): Promise<FirstNonErrorArg<Last<EventParams<Side, Name>>>[]>;
}

// BackplaneCounts
interface BackplaneCounts extends BackplaneTraffic {
    readonly messagesLost?: TalkLosses;
    readonly namespaces: Readonly<Record<string, BackplaneTraffic>>;
}

// BackplaneEvents
interface BackplaneEvents {
    state: (state: BackplaneState) => void;
}

// BackplaneState
type BackplaneState = 'connecting' | 'up' | 'slow' | 'away' | 'catching-up' | 'unusable';

// BackplaneTraffic
type BackplaneTraffic = Readonly<Counters>;

// BroadcastOperator
declare class BroadcastOperator<EmitEvents extends EventsMap, SocketData> extends Targeting<EmitEvents, SocketData> {
    emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
    send(...args: EventParams<EmitEvents, 'message'>): this;
    write(...args: EventParams<EmitEvents, 'message'>): this;
    fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]>;
}

// ConnectionStateRecoveryOptions
interface ConnectionStateRecoveryOptions extends OptionsOf<typeof recoveryTable> {
}

// CookieOptions
interface CookieOptions extends OptionsOf<typeof cookieTable> {
}

// CorsOptions
interface CorsOptions extends OptionsOf<typeof corsTable> {
}

// CorsOptionsDelegate
type CorsOptionsDelegate = (request: IncomingMessage, callback: (error: Error | null, options?: CorsOptions) => void) => void;

// CorsSetting
type CorsSetting = CorsOptions | CorsOptionsDelegate | boolean | '*';

// DefaultEventsMap
interface DefaultEventsMap {
    [event: string]: Listener;
}

// DisconnectReason
type DisconnectReason = 'transport error' | 'transport close' | 'forced close' | 'ping timeout' | 'parse error' | 'server shutting down' | 'forced server close' | 'client namespace disconnect' | 'server namespace disconnect';

// DrainOptions
interface DrainOptions extends OptionsOf<typeof drainTable> {
}

// DrainedOptions
interface DrainedOptions extends OptionsOf<typeof drainedTable> {
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

// EndpointContext
interface EndpointContext {
    readonly engine: EngineServer;
    readonly namespaces: NamespaceFinder;
    readonly settings: BaseServerSettings;
    readonly health: HealthSource;
    readonly askForLock: LockAsker;
}

// EngineOptions
interface EngineOptions extends OptionsOf<typeof engineTable> {
}

// Event
type Event = [name: string, ...args: Untyped[]];

// EventNames
type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

// EventParams
type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

// EventsMap
interface EventsMap {
    [event: string]: Anything;
}

// ExtendedError
interface ExtendedError extends Error {
    data?: Untyped;
}

// Handshake
interface Handshake {
    headers: IncomingHttpHeaders;
    time: string;
    address: string;
    xdomain: boolean;
    secure: boolean;
    issued: number;
    url: string;
    query: ParsedUrlQuery;
    auth: Record<string, Untyped>;
}

// Health
interface Health {
    readonly isReady: boolean;
    readonly reasons: readonly Unready[];
    readonly backplane: BackplaneState | undefined;
    readonly delayMs: number;
    readonly sessions: number;
}

// HealthOptions
interface HealthOptions extends OptionsOf<typeof healthTable> {
}

// HistoryEvent
interface HistoryEvent {
    readonly offset: Offset;
    readonly at: number;
    readonly event: string;
    readonly args: readonly unknown[];
}

// HistoryOptions
interface HistoryOptions extends OptionsOf<typeof historyTable> {
}

// HistoryPage
interface HistoryPage extends HistoryEnd {
    readonly events: readonly HistoryEvent[];
}

// HistoryQuery
interface HistoryQuery extends OptionsOf<typeof historyQueryTable> {
}

// HttpCompressionOptions
interface HttpCompressionOptions extends OptionsOf<typeof httpCompressionTable> {
}

// HttpEndpoint
interface HttpEndpoint extends RequestTarget {
    takes(url: string): boolean;
    close(): void;
}

// IdempotencyOptions
interface IdempotencyOptions extends OptionsOf<typeof idempotencyTable> {
}

// KeyOwner
interface KeyOwner {
    readonly id: SocketId;
    readonly handshake: Handshake;
    readonly rooms: ReadonlySet<Room>;
    readonly data: Untyped;
}

// KeyedAck
interface KeyedAck {
    (...args: unknown[]): void;
    readonly idempotencyKey?: string;
}

// ListenerErrorHook
type ListenerErrorHook<Socket> = (error: unknown, failure: ListenerFailure<Socket>) => void;

// ListenerFailure
interface ListenerFailure<Socket> {
    readonly event: string;
    readonly socket: Socket;
}

// MainAudience, a base class
declare abstract class MainAudience<Listen extends EventsMap, Emit extends EventsMap, Side extends EventsMap, Data, Reserved extends EventsMap = ServerReservedEvents<Listen, Emit, Side, Data>> extends Audience<Emit, Side, Data, Socket$1<Listen, Emit, Side, Data>, Reserved> {
    abstract readonly sockets: Namespace<Listen, Emit, Side, Data>;
    onListenerError(hook: ListenerErrorHook<Socket$1<Listen, Emit, Side, Data>> | undefined): this;
}

// Mark
type Mark = (typeof MARKS)[number];

// Namespace
declare class Namespace<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents, ServerSideEvents extends EventsMap = DefaultEventsMap, SocketData = Untyped> extends Audience<EmitEvents, ServerSideEvents, SocketData, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, NamespaceReservedEvents<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>> {
    #private;
    readonly name: string;
    constructor(context: NamespaceContext, name: string, owner?: NamespaceOwner);
    get adapter(): Adapter;
    get sockets(): Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
    get server(): NamespaceServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
}

// NodeInfo
interface NodeInfo {
    readonly code: NodeCode;
    readonly version: string;
    readonly startedAt: number;
    readonly address?: string;
}

// NodeServer
type NodeServer = Server$1 | Server$2 | Http2SecureServer | Http2Server;

// NodeSlowReader
interface NodeSlowReader extends SlowReader {
    readonly node: NodeCode;
}

// NodesSlowReport
interface NodesSlowReport extends SlowReport {
    readonly readers: readonly NodeSlowReader[];
}

// OwnPresenceWish
type OwnPresenceWish = {
    readonly type: 'update';
    readonly state: unknown;
} | {
    readonly type: 'leave';
};

// PerMessageDeflateOptions
interface DeflateOptions extends OptionsOf<typeof deflateTable> {
}

// PermissionRules
interface PermissionRules<S> {
    subscribe?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
    publish?: boolean | ((socket: S, room: Room, event: string, args: readonly unknown[]) => PublishVerdict | Promise<PublishVerdict>);
    author?: (socket: S, room: Room, event: string, args: readonly unknown[]) => string | undefined;
    history?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
    presence?: boolean | ((socket: S, room: Room) => Verdict | Promise<Verdict>);
    ownPresence?: boolean | ((socket: S, room: Room, wish: OwnPresenceWish) => Verdict | Promise<Verdict>);
}

// PresenceDetails
interface PresenceDetails {
    id?: string | undefined;
    state?: unknown;
}

// PresenceMember
interface PresenceMember {
    readonly id: string;
    readonly state: unknown;
    readonly connections: number;
    readonly since: number;
}

// PresenceOptions
interface PresenceOptions extends OptionsOf<typeof roomPresenceTable> {
}

// PresenceServerOptions
interface PresenceServerOptions extends OptionsOf<typeof presenceTable> {
}

// RemoteSocket
interface RemoteSocket<EmitEvents extends EventsMap, SocketData> {
    readonly id: SocketId;
    readonly handshake: Handshake;
    readonly rooms: Set<Room>;
    readonly data: SocketData;
    timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
    emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
    join(room: Room | readonly Room[]): void;
    leave(rooms: Room | Room[]): void;
    disconnect(close?: boolean): this;
}

// Room
type Room = string;

// RoomPresence
declare class RoomPresence<S> {
    #private;
    readonly room: Room;
    constructor(rooms: () => PresenceRooms<S>, room: Room, options?: PresenceOptions);
    join(socket: S, details?: PresenceDetails): this;
    update(socket: S, state: unknown): boolean;
    leave(socket: S): boolean;
    list(limit?: number): Promise<readonly PresenceMember[]>;
    count(): Promise<number>;
    on(event: PresenceEvent, listener: PresenceListener): this;
    off(event?: PresenceEvent, listener?: PresenceListener): this;
}

// Server
declare class Server<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents, ServerSideEvents extends EventsMap = DefaultEventsMap, SocketData = Untyped> extends MainAudience<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    #private;
    readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
    httpServer: NodeServer;
    readonly backplane: ServerBackplane | undefined;
    constructor(input?: NodeServer | number | string | Partial<ServerOptions>, options?: Partial<ServerOptions>);
    get opts(): ServerSettings;
    get engine(): EngineServer;
    get _nsps(): ReadonlyMap<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
    path(): string;
    path(value: string): this;
    serveClient(): boolean;
    serveClient(value: boolean): this;
    connectTimeout(): number;
    connectTimeout(value: number): this;
    adapter(_value?: unknown): never;
    attach(input: NodeServer | number | string, options?: Partial<ServerOptions>): this;
    listen(input: NodeServer | number | string, options?: Partial<ServerOptions>): this;
    fetchSlowReaders(limit?: number): Promise<NodesSlowReport>;
    health(): Health;
    fetchNodes(): Promise<readonly NodeInfo[]>;
    get node(): string | undefined;
    get endpoints(): readonly ServerEndpoint[];
    ready(): Promise<void>;
    bind(engine: EngineServer): this;
    onconnection(session: Session): this;
    of<Listen extends EventsMap = ListenEvents, Emit extends EventsMap = EmitEvents, Side extends EventsMap = ServerSideEvents, Data = SocketData>(name: string | RegExp | NamespaceMatcher, listener?: (socket: Socket$1<Listen, Emit, Side, Data>) => void): Namespace<Listen, Emit, Side, Data>;
    drain(options?: DrainOptions): Promise<void>;
    close(callback?: (error?: Error) => void): Promise<void>;
}

// ServerBackplane
declare class ServerBackplane extends Emitter<NoEvents, BackplaneEvents> {
    #private;
    constructor(backplane: Backplane, context: Pick<NamespaceContext, 'counts' | 'confirmations'>);
    get name(): string;
    get state(): BackplaneState;
    get unusable(): Error | undefined;
    get counts(): BackplaneCounts;
    get flights(): number[];
}

// ServerEndpoint
interface ServerEndpoint {
    readonly url: string;
    readonly address: unknown;
    readonly ready: Promise<void>;
    close(): Promise<void>;
}

// ServerOptions
interface ServerOptions extends BaseServerOptions, WiresOptions {
}

// SlowPolicy
interface SlowPolicy extends OptionsOf<typeof policyTable> {
    policy: SlowPolicyName;
}

// SlowPolicyName
type SlowPolicyName = 'catch-up' | 'drop-oldest' | 'newest-per-key' | 'newest-group' | 'disconnect' | 'hold';

// SlowReader
interface SlowReader {
    readonly id: string;
    readonly namespace: string;
    readonly transport: string;
    readonly policy: SlowPolicyName;
    readonly bytes: number;
    readonly since: number;
    readonly droppedEvents: number;
    readonly droppedBytes: number;
    readonly conflatedEvents: number;
}

// SlowReadersOptions
interface SlowReadersOptions extends OptionsOf<typeof slowReadersTable> {
}

// SlowReport
interface SlowReport {
    readonly count: number;
    readonly readers: readonly SlowReader[];
    readonly totals: SlowTotals;
}

// SlowTotals
interface SlowTotals {
    readonly sockets: number;
    readonly late: number;
    readonly held: number;
    readonly disconnected: number;
    readonly droppedEvents: number;
    readonly droppedBytes: number;
    readonly conflatedEvents: number;
}

// Socket
declare class Socket<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents, ServerSideEvents extends EventsMap = DefaultEventsMap, SocketData = Untyped> extends Emitter<ListenEvents, SocketReservedEvents> {
    #private;
    constructor(member: Member);
    get id(): SocketId;
    get nsp(): SocketNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
    get client(): SocketConnection;
    get recovered(): boolean;
    get connected(): boolean;
    get disconnected(): boolean;
    get conn(): Session;
    get request(): IncomingMessage;
    get handshake(): Handshake;
    get data(): SocketData;
    set data(data: SocketData);
    get rooms(): Set<Room>;
    get isOverBudget(): boolean;
    get lagMs(): number;
    seen(at: number): void;
    drained(options?: DrainedOptions): Promise<boolean>;
    emit<Name extends EventNames<EmitEvents>>(name: Name, ...args: EventParams<EmitEvents, Name>): boolean;
    emitWithAck<Name extends EventNamesWithAck<EmitEvents>>(name: Name, ...args: AllButLast<EventParams<EmitEvents, Name>>): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>>;
    send(...args: EventParams<EmitEvents, 'message'>): this;
    write(...args: EventParams<EmitEvents, 'message'>): this;
    timeout(timeoutMs: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData>;
    compress(compress: boolean): this;
    key(key: string): this;
    mark(mark: Mark): this;
    by(person: string): this;
    get volatile(): this;
    get broadcast(): Others<EmitEvents, SocketData>;
    get local(): Others<EmitEvents, SocketData>;
    to(room: Room | readonly Room[]): Others<EmitEvents, SocketData>;
    in(room: Room | readonly Room[]): Others<EmitEvents, SocketData>;
    except(room: Room | readonly Room[]): Others<EmitEvents, SocketData>;
    join(rooms: Room | readonly Room[]): Promise<void> | void;
    leave(rooms: Room | readonly Room[]): Promise<void> | void;
    disconnect(close?: boolean): this;
    use(middleware: EventMiddleware): this;
    onAny(listener: Listener): this;
    prependAny(listener: Listener): this;
    offAny(listener?: Listener): this;
    listenersAny(): Listener[];
    onAnyOutgoing(listener: Listener): this;
    prependAnyOutgoing(listener: Listener): this;
    offAnyOutgoing(listener?: Listener): this;
    listenersAnyOutgoing(): Listener[];
}

// SocketId
type SocketId = string;

// TalkLosses
interface TalkLosses {
    readonly unsaid: number;
    readonly unreadable: number;
    readonly later: number;
    readonly outdated: number;
    readonly incomplete: number;
}

// Targeting, a base class
declare class Targeting<EmitEvents extends EventsMap, SocketData> extends Aiming<BroadcastOperator<EmitEvents, SocketData>> {
    constructor(source: ScopeSource, target: Target);
    compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData>;
    get local(): BroadcastOperator<EmitEvents, SocketData>;
    timeout(timeoutMs: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData>;
    emitWithAck<Name extends EventNamesWithError<EmitEvents>>(name: Name, ...args: AllButLast<EventParams<EmitEvents, Name>>): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Name>>>>;
    allSockets(): Promise<Set<SocketId>>;
    drained(options?: DrainedOptions): Promise<boolean>;
    socketsJoin(room: Room | readonly Room[]): void;
    socketsLeave(room: Room | readonly Room[]): void;
    disconnectSockets(close?: boolean): void;
}

// TcpOptions
interface TcpOptions extends OptionsOf<typeof tcpTable> {
}

// Unready
type Unready = 'backplane' | 'delay' | 'closing';

// Wire
interface Wire {
    readonly schemes: Readonly<Record<string, number | undefined>>;
    open?(endpoint: Endpoint, context: EndpointContext): ServerEndpoint;
    openOnHttp?(context: EndpointContext): HttpEndpoint | undefined;
}
