// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Admission
declare class Admission {
    #private;
    readonly pace: HandshakePace;
    isClosing: boolean;
    constructor(settings: EngineSettings, sessions: ReadonlyMap<string, Session>, generateId: IdGenerator, sidOf: (id: string) => string);
    share(count: number): void;
    close(): void;
    get hasRoom(): boolean;
    check(request: CheckedRequest, upgrade: HeaderFields | undefined): Refusal | undefined;
    takes(request: CheckedRequest, upgrade: HeaderFields | undefined): boolean;
    admit(request: EngineRequest, admitted: Admitted, carrier?: PacedCarrier | undefined): void;
    ask(request: IncomingMessage, carrier: Carrier | undefined, decided: (refusal: Refusal | undefined) => void): void;
}

// AdmissionRefusal
interface Refusal {
    readonly name: keyof typeof REFUSALS;
    readonly code: number;
    readonly message: string;
    readonly reply: string;
    readonly status: number;
    readonly context: Readonly<Record<string, unknown>>;
}

// Answered
type Answered = (refusal: Refusal | undefined) => void;

// BaseTransport
declare abstract class BaseTransport implements Transport {
    #private;
    abstract readonly name: TransportName;
    abstract readonly protocol: EngineProtocol;
    abstract readonly writable: boolean;
    abstract readonly bufferedBytes: number;
    handler: TransportHandler;
    constructor(handler?: TransportHandler);
    get carries(): Carries;
    get isOver(): boolean;
    abstract send(packets: PacketList): void;
    abstract close(code?: number, reason?: string): void;
    abstract abort(): void;
    retire(): void;
    onClosed(error?: ProtocolError | UnavailableError): void;
}

// CARRIES_ALL
declare const CARRIES_ALL: Carries;

// Carries
interface Carries {
    readonly ordered: boolean;
    readonly reliable: boolean;
    readonly binary: boolean;
    readonly bytesMax: number;
}

// ClientCall
type ClientCall = (namespace: CalledNamespace, member: Member, args: readonly unknown[], answer: (...args: unknown[]) => void) => void;

// DisconnectReason
type DisconnectReason = 'transport error' | 'transport close' | 'forced close' | 'ping timeout' | 'parse error' | 'server shutting down' | 'forced server close' | 'client namespace disconnect' | 'server namespace disconnect';

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

// EncodedPacket
declare class EncodedPacket {
    #private;
    readonly unit: Unit;
    readonly compress: boolean;
    readonly size: number;
    source: unknown;
    constructor(unit: Unit, compress?: boolean);
    get isBinary(): boolean;
    unitFor(protocol: EngineProtocol): Unit;
    frameFor(protocol: EngineProtocol): Buffer$1;
    record(): Buffer$1;
    bytes(): Buffer$1;
}

// EndpointContext
interface EndpointContext {
    readonly engine: EngineServer;
    readonly namespaces: NamespaceFinder;
    readonly settings: BaseServerSettings;
    readonly health: HealthSource;
    readonly askForLock: LockAsker;
}

// EndpointLock
interface EndpointLock {
    opened(port: number): void;
    release(): void;
}

// EngineMiddleware
declare class EngineMiddleware {
    #private;
    get isEmpty(): boolean;
    use(middleware: EngineMiddlewareFunction): void;
    run(request: IncomingMessage, response: ServerResponse, done: (error?: unknown) => void): void;
    runForUpgrade(request: IncomingMessage, socket: Duplex, done: (error: unknown, headers: HeaderList) => void): void;
}

// EngineProtocol
type EngineProtocol = 3 | 4;

// EngineServer
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

// EngineSettings
interface EngineSettings extends SettingsOf<typeof engineTable> {
}

// HandshakeRequest
declare class HandshakeRequest {
    #private;
    readonly remoteAddress: string;
    readonly isSecure: boolean;
    static of({ url, headers, remoteAddress, isSecure }: HandshakeDetails): HandshakeRequest;
    constructor(request: EngineRequest);
    static ofHead(head: UpgradeHead, socket: Socket): HandshakeRequest;
    get url(): string;
    get request(): EngineRequest;
    get headers(): Headers;
    pin(): void;
    release(): boolean;
}

// HandshakeWaits
declare class HandshakeWaits {
    #private;
    constructor(clock: Clock, timeoutMs: number);
    get count(): number;
    begin(carrier: Carrier, onGivenUp: (why: GivenUp) => void): () => boolean;
    hold(socket: Duplex, onGivenUp: (why: GivenUp) => void): () => boolean;
    get isClosed(): boolean;
    close(): void;
}

// HistoryAnswered
type HistoryAnswered = (refusal: Refusal | undefined, page: HistoryRecords | undefined) => void;

// HistoryRecords
interface HistoryRecords extends HistoryEnd {
    readonly records: readonly StoredRecord[];
}

// HistoryWish
interface HistoryWish extends Pick<RecordQuery, 'upTo' | 'attachmentsMax'> {
    readonly rooms: readonly Room[];
    readonly query: unknown;
    readonly isEntering?: boolean;
}

// HttpEndpoint
interface HttpEndpoint extends RequestTarget {
    takes(url: string): boolean;
    close(): void;
}

// KEY_MAX
declare const KEY_MAX = 200;

// KeyOwner
interface KeyOwner {
    readonly id: SocketId;
    readonly handshake: Handshake;
    readonly rooms: ReadonlySet<Room>;
    readonly data: Untyped;
}

// LinksOptions
interface LinksOptions extends OptionsOf<typeof linksTable> {
}

// Member
type Member = MemberOf<Socket>;

// NOBODY
declare const NOBODY: TransportHandler;

// NamespaceContext
interface NamespaceContext {
    readonly clock: Clock;
    readonly random: Random;
    readonly outbox: Outbox;
    readonly codec: PacketCodec;
    readonly codecV4: PacketCodec;
    readonly unjoined: UnjoinedConnections;
    readonly acksMax: number;
    readonly roomsPerSocketMax: number;
    readonly namespacesPerConnectionMax: number;
    readonly backplane: Backplane | undefined;
    homeFor(name: string): Backplane | undefined;
    isCarried(name: string): boolean;
    isLocalWhileAway(name: string): boolean;
    readonly counts: TrafficCounts;
    readonly confirmations: Confirmations;
    readonly serverCalls: ServerCalls | undefined;
    readonly remote: Remote | undefined;
    readonly bridge: OpenBridge | undefined;
    readonly nodeLines?: {
        drain(clientsCount: number): void;
    } | undefined;
    readonly lateBytesMax: number;
    readonly indexedRoomsMax: number;
    readonly slowSettings: SlowSettings;
    readonly slowTable: SlowTable;
    readonly listenerErrors: ListenerErrors;
    onLogError(error: unknown, namespace: string): void;
    readonly recovery: RecoverySettings | undefined;
    readonly history: HistorySettings;
    readonly presence: PresenceSettings;
    readonly sharedPresence: SharedPresence | undefined;
    readonly calls: Map<string, ClientCall>;
    readonly journal?: Journal | undefined;
    readonly journalWriter?: JournalWriter | undefined;
    explain(question: ExplainQuestion): Findings;
    readonly guards: Guards;
    readonly server: unknown;
}

// NamespaceCore
declare class NamespaceCore implements MemberNamespace {
    #private;
    readonly name: string;
    readonly api: NamespaceApi;
    readonly server: unknown;
    readonly listenerErrors: ListenerErrors;
    readonly guards: Guards;
    readonly clock: Clock;
    readonly beganAt: number;
    readonly members: Rooms<Member>;
    readonly recipients: EffectiveRooms<Member>;
    readonly log: NamespaceLog | undefined;
    readonly fences: Fences | undefined;
    readonly recovery: Recovery | undefined;
    readonly past: History;
    readonly erasures: Erasures;
    readonly presences: Presences<Socket>;
    readonly slowReaders: SlowReaders;
    readonly permissions: Permissions<Socket>;
    readonly reception: Reception;
    readonly delivery: Delivery;
    readonly reach: Reach;
    readonly idleness: Idleness;
    readonly journal: NamespaceContext['journal'];
    wasUsed: boolean;
    readonly told: Map<unknown, (message: readonly unknown[]) => void>;
    readonly middleware: readonly NamespaceMiddleware<Socket>[];
    constructor(context: NamespaceContext, api: NamespaceApi, lasting: LastingParts, handler: NamespaceHandler);
    get lateBytesMax(): number;
    get isOpen(): boolean;
    settle(): void;
    inOrder(operation: () => void, isPatient?: boolean): void;
    beforeJoin(rooms: readonly Room[], isPlaced: boolean): void;
    watchOutgoing(): void;
    watchPlain(): void;
    answer(member: Member, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean;
    broadcastWithAck(packet: SocketPacket, target: Target, handler: AnswerHandler): () => readonly NodeCode[];
    fetch(target: Target): Promise<Fetched<Socket>>;
    act(target: Target, action: SocketAction): void;
    tell(message: readonly unknown[]): void;
    drained(target: Target, options: DrainedOptions | undefined): Promise<boolean>;
    accepts(target: Target): boolean;
    sendTo(member: Member, packet: SocketPacket, flags: Flags): void;
    createId(): SocketId;
    createAckId(): number;
    createAcks(socket: Socket): Acks;
    admit(connection: JoiningClient, auth: Auth): void;
    remove(member: Member, isLost: boolean): void;
    get isEmpty(): boolean;
    close(): void;
    checkEmpty(): void;
    announce(name: string, ...args: unknown[]): void;
}

// NamespaceFinder
interface NamespaceFinder {
    readonly context: NamespaceContext;
    get(name: string): NamespaceCore | undefined;
    find(name: string, auth: Auth, callback: (namespace: NamespaceCore | undefined) => void): void;
}

// ONCE
declare const ONCE = "naru:once";

// OutgoingEvent
declare class OutgoingEvent implements EventDetails {
    #private;
    readonly name: string;
    readonly id: number | undefined;
    readonly rooms: ReadonlySet<Room>;
    readonly offset: string | undefined;
    readonly origin: unknown;
    readonly isMarked: boolean;
    private constructor();
    static ofEncoded(packet: SocketPacket, packets: readonly EncodedPacket[], details: EventDetails): OutgoingEvent;
    static of(packet: SocketPacket, details?: EventDetails): OutgoingEvent;
    get json(): string;
    get attachments(): readonly Bytes[];
    get soleBytes(): Bytes | undefined;
    args(): unknown[];
    formFor<Form>(wire: object, make: (event: OutgoingEvent) => Form): Form;
}

// PLAIN_WEBSOCKET_HANDLER
declare const PLAIN_WEBSOCKET_HANDLER: WebSocketHandler;

// PaceRefusal
type PaceRefusal = 'crowded' | 'closed';

// PacketList
declare class PacketList {
    #private;
    readonly previous: PacketList | undefined;
    readonly packet: EncodedPacket;
    readonly count: number;
    readonly size: number;
    isShared: boolean;
    private constructor();
    static of(packet: EncodedPacket): PacketList;
    static ofRun(previous: PacketList | undefined, run: PacketRun): PacketList;
    get cost(): number;
    append(packet: EncodedPacket): PacketList;
    packets(): EncodedPacket[];
    framesFor(protocol: EngineProtocol): Buffer$1;
    records(): Buffer$1;
    bytes(): Buffer$1;
    formFor<Form>(wire: object, make: (list: PacketList) => Form): Form;
}

// PlainConnection
declare abstract class PlainConnection implements JoiningClient, SessionReceiver, Unjoined {
    #private;
    readonly conn: Session;
    constructor(namespaces: NamespaceFinder, session: Session);
    readonly attachmentsMax: number;
    get isRecoverable(): boolean;
    get sink(): this;
    protected get context(): NamespaceContext;
    protected readonly isStream: boolean;
    get id(): string;
    get request(): EngineRequest;
    get member(): Member | undefined;
    get namespace(): NamespaceCore;
    get isJoining(): boolean;
    protected abstract onUnit(unit: Unit): void;
    protected abstract onConnected(member: Member): void;
    protected abstract onRefused(message: string, data: unknown): void;
    protected abstract onBadInput(error: ProtocolError): void;
    protected abstract onDisconnect(why: EndReason | undefined): void;
    protected abstract encodeEvent(event: OutgoingEvent): readonly EncodedPacket[];
    protected abstract encodeAck(id: number, args: readonly unknown[]): readonly EncodedPacket[];
    protected onOver(): void;
    onQuiet(): void;
    protected connect(name: string, auth: Auth): void;
    protected receiveEvent(name: string, args: readonly unknown[], id?: number): void;
    receiveAck(id: number, args: readonly unknown[]): void;
    send(packet: EncodedPacket): void;
    protected count(size: number): void;
    protected reject(error: ProtocolError): void;
    onMessage(unit: Unit): void;
    onClose(reason: SessionCloseReason, description: unknown): void;
    onSpace(): void;
    onUnjoined(): void;
    add(member: Member): void;
    expect(_name: string, member?: Member): void;
    refuse(name: string, message: string, data: unknown): void;
    welcome(member: Member): void;
    write(packet: SocketPacket, flags?: Flags): void;
    sendPackets(packets: readonly EncodedPacket[], isVolatile: boolean): void;
    remove(member: Member): void;
    disconnect(): void;
    sendAway(retryAfterMs: number): boolean;
    close(reason: DisconnectReason): void;
    finish(reason: DisconnectReason, description: unknown): void;
}

// PlainWebSocketTransport
declare class PlainWebSocketTransport extends WebSocketTransport implements HeardTransport {
    isHeard: boolean;
    constructor(connection: WebSocketConnection, handler: TransportHandler);
    get isPlain(): boolean;
    pause(): void;
    resume(): void;
    checkProgress(): boolean;
    checkPeer(): boolean;
}

// Question
interface Question {
    ask?(answered: Answered): void;
}

// RawStreamTransport
declare class RawStreamTransport extends StreamTransport {
    get isPlain(): boolean;
    send(list: PacketList): void;
    protected take(chunk: Buffer): void;
}

// Refusal
interface Refusal {
    readonly code: 'FORBIDDEN' | 'LIMITED' | 'BAD_ROOM' | 'BAD_EVENT' | 'BAD_QUERY' | 'BAD_STATE' | 'NOT_PRESENT' | 'TOO_MANY' | 'NOT_KEPT' | 'FAILED' | 'GONE';
    readonly message: string;
    readonly retryAfter?: number;
}

// Refusals
declare class Refusals {
    #private;
    constructor(report: (error: ConnectionError) => void);
    report(request: EngineRequest, refusal: Refusal): void;
    request(request: EngineRequest, response: ServerResponse, refusal: Refusal): void;
    upgrade(request: EngineRequest, socket: Duplex, refusal: Refusal): void;
}

// SECRET_KEY_MIN
declare const SECRET_KEY_MIN = 20;

// ServerEndpoint
interface ServerEndpoint {
    readonly url: string;
    readonly address: unknown;
    readonly ready: Promise<void>;
    close(): Promise<void>;
}

// Session
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

// StreamEndpoint
declare class StreamEndpoint implements ServerEndpoint {
    #private;
    readonly url: string;
    readonly ready: Promise<void>;
    constructor(endpoint: Endpoint, options: StreamEndpointOptions);
    get address(): unknown;
    close(): Promise<void>;
}

// StreamSettings
interface StreamSettings {
    readonly clock: Clock;
    readonly closeTimeoutMs: number;
    readonly closing?: ClosingStreams;
}

// StreamTransport, a base class
declare abstract class StreamTransport extends BaseTransport {
    #private;
    readonly stream: Duplex;
    protected readonly settings: StreamSettings;
    constructor(stream: Duplex, settings: StreamSettings, handler: TransportHandler);
    get name(): TransportName;
    get protocol(): EngineProtocol;
    get writable(): boolean;
    get bufferedBytes(): number;
    get isShut(): boolean;
    read(chunk: Buffer): void;
    pause(): void;
    resume(): void;
    close(_code?: number, reason?: string): void;
    retire(): void;
    abort(): void;
    protected abstract take(chunk: Buffer): void;
    protected sayGoodbye(_reason: string | undefined): void;
    protected endedByPeer(): UnavailableError | undefined;
    protected finish(error: ProtocolError | UnavailableError | undefined): void;
}

// Transport
interface Transport {
    readonly name: TransportName;
    readonly protocol: EngineProtocol;
    readonly carries: Carries;
    readonly isPlain?: boolean;
    readonly writable: boolean;
    readonly bufferedBytes: number;
    handler: TransportHandler;
    send(packets: PacketList): void;
    sendVolatile?(packets: readonly EncodedPacket[]): boolean;
    checkFits?(packets: readonly EncodedPacket[]): void;
    close(code?: number, reason?: string): void;
    leave?(): void;
    pause?(): void;
    resume?(): void;
    retire(): void;
    abort(): void;
}

// TransportHandler
interface TransportHandler {
    onData(transport: Transport, unit: Unit): void;
    onVolatile?(transport: Transport, units: readonly Unit[]): void;
    onWritable(transport: Transport): void;
    onClose(transport: Transport, error: ProtocolError | UnavailableError | undefined): void;
}

// TransportName
type TransportName = 'polling' | 'websocket' | 'sse' | 'tcp' | 'udp' | 'webtransport';

// Unit
type Unit = string | Bytes;

// Upgrades
declare class Upgrades {
    #private;
    constructor(settings: Pick<EngineSettings, 'transports' | 'allowUpgrades'>, polling: PollingSettings);
    namesFor(session: Session): TransportName[];
    canBegin(session: Session, name: TransportName): boolean;
    onRequest(session: Session, request: EngineRequest, response: ServerResponse): boolean;
}

// WebSocketSettings
interface WebSocketSettings extends Omit<SettingsOf<typeof webSocketTable>, 'coalesce' | 'perMessageDeflate'> {
    readonly closing: ClosingStreams | undefined;
    readonly turn: WriteTurn | undefined;
    readonly deflate: DeflateSettings | undefined;
    readonly readShared: NodeInternals['readShared'];
    readonly rules: {
        readonly server: RulesPair;
        readonly client: RulesPair;
    };
}

// WebSocketTransport, a base class
declare class WebSocketTransport extends BaseTransport {
    #private;
    readonly name = "websocket";
    readonly protocol: EngineProtocol;
    readonly connection: WebSocketConnection;
    constructor(connection: WebSocketConnection, protocol: EngineProtocol, handler: TransportHandler, takesBinary?: boolean);
    get writable(): boolean;
    get bufferedBytes(): number;
    send(list: PacketList): void;
    close(code?: number, reason?: string): void;
    leave(): void;
    pause(): void;
    resume(): void;
    abort(): void;
}

// Wire
interface Wire {
    readonly schemes: Readonly<Record<string, number | undefined>>;
    open?(endpoint: Endpoint, context: EndpointContext): ServerEndpoint;
    openOnHttp?(context: EndpointContext): HttpEndpoint | undefined;
}

// acceptUpgrade
declare function acceptUpgrade(request: OpeningRequest, socket: Duplex, head: Buffer, settings: WebSocketSettings, handler: WebSocketHandler, options?: AcceptOptions): WebSocketConnection | undefined;

// askAll
declare function askAll<Q extends Question>(questions: readonly Q[], askedAll: AskedAll<Q>, from?: number, wasLate?: boolean): void;

// bodyTypeOf
declare function bodyTypeOf(contentType: string | undefined): string;

// charsetOf
declare function charsetOf(contentType: string | undefined): string;

// enterWithHistory
declare function enterWithHistory(namespace: HistoryNamespace, member: Member, wish: HistoryWish, answered: HistoryAnswered, enter?: () => Refusal | undefined): void;

// epochOf
declare function epochOf(context: NamespaceContext): string;

// eventOf
declare function eventOf(packet: EncodedPacket | undefined): OutgoingEvent | undefined;

// historyGap
declare function historyGap({ log }: HistoryNamespace): {
    after: Offset;
    before: Offset | null;
};

// isJson
declare function isJson(type: string): boolean;

// isPersonRoom
declare function isPersonRoom(room: unknown): boolean;

// jsonOf
declare function jsonOf(event: OutgoingEvent): string;

// linksTable
declare const linksTable: OptionTable<{
    address: Option<string, string | undefined>;
    secret: Option<Secrets, readonly string[] | undefined>;
}>;

// mayReadHistory
declare function mayReadHistory({ log, permissions, name }: HistoryNamespace, { socket }: Member, { rooms, query, isEntering }: HistoryWish, answered: (refusal: Refusal | undefined) => void): void;

// pickUpgradeHeaders
declare function pickUpgradeHeaders(rawHeaders: readonly string[]): HeaderFields;

// readMark
declare function readMark(mark: string, epoch: string): Offset | undefined;

// readServerEndpoint
declare function readServerEndpoint(text: string, wires: readonly Pick<Wire, 'schemes'>[]): Endpoint;

// readVersion
declare function readVersion(): string;

// refuse
declare function refuse(name: keyof typeof REFUSALS, context?: Readonly<Record<string, unknown>>, reply?: string): Refusal;

// refuseUpgrade
declare function refuseUpgrade(socket: Duplex, status: number, reason: string, headers?: readonly (readonly [string, string])[], clock?: Clock): void;

// retryAfter
declare function retryAfter(retryAfterMs: number): readonly [name: string, value: string];

// tcpWire
declare const tcpWire: Wire;

// tellTurnedAway
declare function tellTurnedAway(name: keyof typeof REFUSALS, transport: string, { remoteAddress: address }: {
    readonly remoteAddress?: string | undefined;
}, detail?: string): undefined;

// tlsOf
declare function tlsOf(scheme: string, option: string, tls: TlsOptions | undefined, handshakeTimeout: number): TlsOptions;

// toPrefix
declare function toPrefix(path: string, addTrailingSlash: boolean): string;

// webSocketSettingsOf
declare function webSocketSettingsOf(settings: EngineSettings, closing: ClosingStreams, messageBytesMax?: number, limitName?: string): WebSocketSettings;

// withQuery
declare function withQuery(request: IncomingMessage): EngineRequest;

// writeMark
declare function writeMark(offset: Offset, epoch: string): string;
