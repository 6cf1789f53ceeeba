// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// AnswerHandler
interface AnswerHandler {
    onAsked(count: number, missing?: readonly NodeCode[]): void;
    onAnswer(args: readonly unknown[]): void;
}

// Bridge
interface Bridge {
    open(host: BridgeHost): OpenBridge;
}

// BridgeHost
interface BridgeHost {
    readonly clock: Clock;
    readonly random: Random;
    readonly backplane: Backplane | undefined;
    isLogged(namespace: string): boolean;
    whenDelivered(): Promise<unknown> | undefined;
    readonly recoveryMs: number;
    onError(error: UnavailableError): void;
}

// BridgedNamespace
interface BridgedNamespace {
    readonly name: string;
    deliver(target: Target, data: readonly unknown[]): void;
    act(target: Target, action: SocketAction): void;
    whenKept(callback: () => void): void;
    ask(target: Target, data: readonly unknown[], handler: AnswerHandler): () => void;
    describe(target: Target): readonly SocketFacts[];
    announce(name: string, args: readonly unknown[]): void;
    rooms(): Iterable<Room>;
    watchRooms(listener: (room: Room, exists: boolean) => void): void;
}

// EVERYBODY
declare const EVERYBODY$1: Target;

// FarAnswerHandler
interface FarAnswerHandler {
    onAnswer(argument: unknown): void;
    onComplete(missing: readonly NodeCode[]): void;
}

// FarListeners
interface FarListeners {
    emit(args: readonly unknown[]): void;
    emitWithAck(args: readonly unknown[]): Promise<unknown[]>;
}

// FarNodes
interface FarNodes extends FarListeners {
    act(target: Target, action: SocketAction): void;
    ask(target: Target, data: readonly unknown[], handler: FarAnswerHandler): () => readonly NodeCode[];
    fetch(target: Target): Promise<FarSockets>;
}

// FarSockets
interface FarSockets {
    readonly found: readonly SocketFacts[];
    readonly missing: readonly NodeCode[];
    readonly unusable?: Error | undefined;
}

// OpenBridge
interface OpenBridge {
    join(namespace: BridgedNamespace): Span;
    close(): Promise<void>;
    reopen(): void;
}

// Room
type Room = string;

// SocketAction
type SocketAction = readonly [kind: 'join' | 'leave', rooms: readonly Room[], takes?: number | undefined] | readonly [kind: 'disconnect', close: boolean, takes?: undefined];

// SocketFacts
interface SocketFacts {
    readonly id: SocketId;
    readonly handshake: Handshake;
    readonly rooms: readonly Room[];
    readonly data: unknown;
}

// SocketId
type SocketId = string;

// Span
interface Span extends FarNodes {
    readonly isWaiting: boolean;
    send(target: Target, data: readonly unknown[]): void;
    close(): void;
}

// Target
interface Target {
    readonly rooms: ReadonlySet<Room>;
    readonly except: ReadonlySet<Room>;
    readonly flags: Flags;
    readonly origin?: unknown;
}

// actRecord
declare function actRecord(target: Target, action: SocketAction, origin: string, at: number): LogRecord;

// isFacts
declare function isFacts(value: unknown): value is SocketFacts;

// isObject
declare function isObject(value: unknown): value is Readonly<Record<string, unknown>>;

// isRooms
declare function isRooms(value: unknown): value is readonly Room[];

// originOf
declare function originOf(record: Pick<LogRecord, 'rooms' | 'event' | 'by'>): string | undefined;

// readEvent
declare function readEvent(data: unknown, reserved?: ReadonlySet<unknown>): readonly [name: string | number, ...args: unknown[]];

// readServerEvent
declare function readServerEvent(data: unknown): ReturnType<typeof readEvent>;

// unanswered
declare function unanswered<More extends object>(missing: readonly NodeCode[], more: More, unusable?: Error): UnavailableError & More;
