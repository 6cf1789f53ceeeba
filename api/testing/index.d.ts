// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// BackplaneCase
interface BackplaneCase {
    readonly name: string;
    run(): Promise<void>;
}

// BackplaneSubject
interface BackplaneSubject {
    readonly backplane: Backplane;
    pass(ms: number): Promise<void>;
    now(): number;
    reopen?(): Promise<Backplane>;
    readonly breaksLinks?: boolean;
    readonly patienceMs?: number;
    cut?(): void;
    mend?(): void;
    forget?(ms: number): void;
}

// ContractCase
interface ContractCase {
    readonly topic: string;
    readonly name: string;
    run(): Promise<ContractOutcome>;
}

// ContractEnd
interface ContractEnd {
    readonly code?: number;
    readonly reason?: string;
}

// ContractOutcome
type ContractOutcome = {
    readonly isKept: true;
} | {
    readonly isKept: false;
    readonly why: string;
};

// ContractPeer
interface ContractPeer {
    readonly received: readonly Unit[];
    readonly isEnded: boolean;
    readonly end?: ContractEnd | undefined;
    readonly receivedVolatile?: readonly (readonly Unit[])[];
    send(unit: Unit): void;
    sendVolatile?(units: readonly Unit[]): void;
    pause(): void;
    resume(): void;
    close(): void;
    closeHalf?(): void;
    vanish(): void;
}

// ContractSubject
interface ContractSubject {
    readonly transport: Transport;
    readonly peer: ContractPeer;
    readonly unitBytesMax?: number;
    settle(): Promise<void>;
}

// Duplex, a base class
export { Duplex } from 'node:stream';

// FakeClock
declare class FakeClock implements Clock {
    #private;
    constructor(given?: FakeClockOptions);
    now(): number;
    get elapsed(): number;
    get timerCount(): number;
    get deferredCount(): number;
    get nextTimerIn(): number | undefined;
    setTimeout<T>(callback: (argument: T) => void, delayMs: number, argument: T): Timer;
    clearTimeout(timer: Timer): void;
    defer<T>(callback: (argument: T) => void, argument: T): void;
    touch(): void;
    settle(): Promise<void>;
    advance(ms: number): Promise<void>;
    runAll(countMax?: number): Promise<void>;
}

// FakeClockOptions
interface FakeClockOptions extends OptionsOf<typeof fakeClockTable> {
}

// LateHome
declare class LateHome implements LineHome {
    #private;
    readonly clock: FakeClock;
    readonly settings: LateHomeSettings;
    readonly log: ForgetfulLog;
    readonly store: MemoryStore;
    constructor(given?: LateHomeOptions, witness?: HomeWitness);
    storeOf(namespace: StoreName): MemoryStore;
    open(): Backplane;
    part(clock: Clock, random: SeededRandom, isDurable?: boolean): LatePart;
    get isThere(): boolean;
    get takeovers(): number;
    get stillMs(): number;
    cut(): void;
    stop(): void;
    start(): void;
    pause(ms: number): void;
    tail(ms: number): readonly {
        readonly namespace: string;
        readonly offsets: readonly Offset[];
    }[];
    forget(ms: number): number;
    carryOut(request: HomeRequest, line: LateLine): unknown;
    passOn(channel: string, bytes: Bytes): boolean;
}

// LateHomeOptions
interface LateHomeOptions extends OptionsOf<typeof lateHomeTable> {
}

// Leftovers
interface Leftovers {
    sessions: number;
    sockets: number;
    rooms: number;
    links: number;
    timers: number;
    deferred: number;
}

// Link
declare class Link {
    #private;
    readonly client: LinkEnd;
    readonly server: LinkEnd;
    constructor({ clock, random, settings }: {
        clock: FakeClock;
        random: SeededRandom;
        settings: LinkSettings;
    }, { client, server }: {
        client: EndAddress;
        server: EndAddress;
    }, onClosed?: (link: Link) => void);
    get isOpen(): boolean;
    get bytesCarried(): number;
    cut(): void;
    hold(direction?: 'up' | 'down' | 'both'): void;
    release(): void;
    onBytes(): void;
    onEndClosed(end: LinkEnd): void;
}

// LinkEnd
declare class LinkEnd extends Duplex implements PipeTarget {
    #private;
    readonly remoteAddress: string;
    readonly remotePort: number;
    readonly remoteFamily = "IPv4";
    readonly localAddress: string;
    readonly localPort: number;
    readonly encrypted = false;
    readonly connecting = false;
    bytesRead: number;
    bytesWritten: number;
    timeout: number;
    wires: {
        readonly out: Pipe;
        readonly in: Pipe;
    } | undefined;
    constructor(clock: FakeClock, link: Link, ends: {
        local: EndAddress;
        remote: EndAddress;
        halfOpen: boolean;
    });
    receive(bytes: Buffer): boolean;
    receiveEnd(): void;
    setTimeout(timeoutMs: number, callback?: () => void): this;
    setNoDelay(_isOn?: boolean): this;
    setKeepAlive(_isOn?: boolean, _delayMs?: number): this;
    ref(): this;
    unref(): this;
    address(): {
        address: string;
        family: string;
        port: number;
    };
    destroySoon(): void;
    resetAndDestroy(): this;
    _read(): void;
    _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void;
    _writev(chunks: {
        chunk: Buffer;
    }[], callback: (error?: Error | null) => void): void;
    _final(callback: (error?: Error | null) => void): void;
    _destroy(error: Error | null, callback: (error?: Error | null) => void): void;
}

// LinkOptions
interface LinkOptions extends OptionsOf<typeof linkTable> {
}

// MemoryEnd
interface MemoryEnd {
    readonly code: number;
    readonly reason: string;
}

// MemoryPeer
declare class MemoryPeer {
    #private;
    readonly received: Unit[];
    ended: MemoryEnd | undefined;
    constructor(owner: PeerOwner);
    get unreadBytes(): number;
    send(unit: Unit): void;
    pause(): void;
    resume(): void;
    close(error?: UnavailableError): void;
    take(unit: Unit): void;
    end(end: MemoryEnd): void;
}

// MemoryTransport
declare class MemoryTransport implements Transport {
    #private;
    readonly name: TransportName;
    readonly protocol: EngineProtocol;
    readonly carries: naru_wire.Carries;
    readonly isPlain: boolean;
    handler: TransportHandler;
    readonly peer: MemoryPeer;
    constructor(clock: Clock, handler: TransportHandler, given?: MemoryTransportOptions);
    get writable(): boolean;
    get bufferedBytes(): number;
    send(list: PacketList): void;
    close(code?: number, reason?: string): void;
    retire(): void;
    abort(): void;
}

// MemoryTransportOptions
interface MemoryTransportOptions extends OptionsOf<typeof memoryTransportTable> {
}

// OpenBackplane
type OpenBackplane = (retention: {
    ageMs: number;
    bytes: number;
}) => Promise<BackplaneSubject>;

// OpenSubject
type OpenSubject = (handler: TransportHandler) => Promise<ContractSubject>;

// PortlessServer
declare class PortlessServer extends Server {
    listening: boolean;
    constructor(listener?: RequestListener);
    close(callback?: (error?: Error) => void): this;
}

// Range
type Range = readonly [least: number, most: number];

// SeededRandom
declare class SeededRandom implements Random {
    #private;
    readonly seed: number;
    constructor(seed: number);
    readonly id: () => string;
    readonly bytes: (size: number) => Uint8Array;
    readonly fraction: () => number;
    integer(least: number, most: number): number;
    chance(probability: number): boolean;
    pick<T>(items: readonly T[]): T;
    fork(): SeededRandom;
}

// Server, a base class
export { Server } from 'node:http';

// TestClientOptions
interface TestClientOptions {
    readonly agent: TestDevice['agent'];
    readonly clock: FakeClock;
    readonly random: TestNetwork['random'];
    readonly forceNew: true;
}

// TestDevice
declare class TestDevice {
    #private;
    readonly address: string;
    readonly agent: Agent;
    constructor(network: TestNetwork, address: string, keepAlive: boolean);
    get links(): readonly Link[];
    dial(): LinkEnd;
    hold(direction?: 'up' | 'down' | 'both'): this;
    release(): this;
    cut(): this;
}

// TestNetwork
declare class TestNetwork {
    #private;
    readonly clock: FakeClock;
    readonly random: SeededRandom;
    constructor(given?: TestNetworkOptions);
    get agent(): Agent;
    get links(): ReadonlySet<Link>;
    get dialledCount(): number;
    serve(server: Listening): this;
    change(options: LinkOptions): this;
    refuse(): this;
    restore(): this;
    cutAll(): this;
    device(): TestDevice;
    connect(address?: string): Link;
    dial(): LinkEnd;
    close(): void;
}

// TestNetworkOptions
interface TestNetworkOptions extends OptionsOf<typeof networkTable> {
}

// TestServer
declare class TestServer<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents, ServerSideEvents extends EventsMap = DefaultEventsMap, SocketData = Untyped> {
    readonly url = "http://naru.test";
    readonly network: TestNetwork;
    readonly clock: FakeClock;
    readonly http: PortlessServer;
    readonly io: Server$1<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
    constructor(given?: TestServerOptions);
    get clientOptions(): TestClientOptions;
    optionsOn(device: TestDevice): TestClientOptions;
    device(): TestDevice;
    dial(): LinkEnd;
    leftovers(): Leftovers;
    close(): Promise<void>;
}

// TestServerOptions
interface TestServerOptions extends OptionsOf<typeof testServerTable> {
}

// TestWebTransport
declare class TestWebTransport {
    #private;
    readonly ready: Promise<undefined>;
    readonly closed: Promise<WebTransportCloseInfo>;
    readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
    readonly datagrams: TestDatagrams;
    constructor(pair: PairState, datagrams: TestDatagrams);
    createBidirectionalStream(): Promise<WebTransportBidirectionalStream>;
    close(end?: WebTransportCloseInfo): void;
    static join(one: TestWebTransport, other: TestWebTransport): void;
    receive(stream: WebTransportBidirectionalStream): void;
    finish(end: WebTransportCloseInfo | UnavailableError): void;
}

// WebTransportClass
type WebTransportClass = new (url: string, options?: object) => TestWebTransport;

// WebTransportPair
declare class WebTransportPair {
    #private;
    readonly client: TestWebTransport;
    readonly server: TestWebTransport;
    constructor(given?: WebTransportPairOptions);
    cut(): void;
    hold(): void;
    release(): void;
}

// WebTransportPairOptions
interface WebTransportPairOptions extends OptionsOf<typeof webTransportPairTable> {
}

// backplaneContract
declare function backplaneContract(open: OpenBackplane): BackplaneCase[];

// transportContract
declare function transportContract(open: OpenSubject): ContractCase[];

// webTransportClass
declare function webTransportClass(onPair: (pair: WebTransportPair, url: string) => void): WebTransportClass;
