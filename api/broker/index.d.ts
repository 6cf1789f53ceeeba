// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ALL_NODES
declare const ALL_NODES = "all";

// BATCH_HEAD_BYTES
declare const BATCH_HEAD_BYTES = 30;

// Home
interface Home {
    connect(handler: UplinkHandler): Promise<Uplink>;
    forget?(namespace: string): void;
}

// HomeMethod
type HomeMethod = keyof HomeMethods;

// HomeMethods
interface HomeMethods {
    append(namespace: string, records: readonly LogRecord[]): Appended;
    read(namespace: string, after: Offset, limit: number, text?: string): Page;
    readBack(namespace: string, before: Offset | undefined, limit: number): Page;
    readAt(namespace: string, offsets: readonly Offset[]): readonly StoredRecord[];
    knows(namespace: string, offset: Offset): boolean;
    extent(namespace: string): LogExtent;
    newest(namespace: string): Offset;
    namespaces(): readonly string[];
    erase(namespace: string, what: Erasure): number;
    retain(namespace: string, retention: Partial<Retention>): void;
    follow(namespace: string, tags?: readonly string[]): Offset;
    unfollow(namespace: string): void;
    get(store: StoreName, key: string): string | undefined;
    list(prefix: string, limit: number): readonly (readonly [key: string, value: string])[];
    trim(prefix: string, bounds: TextBounds): void;
    set(store: StoreName, key: string, value: string, expiresInMs?: number): void;
    delete(store: StoreName, key: string): void;
    swap(store: StoreName, key: string, expected: string | undefined, value: string | undefined, expiresInMs?: number, order?: SwapOrder): Swapped;
    tablePut(store: StoreName, table: string, key: string, value: string, leaseMs: number): void;
    tableGet(store: StoreName, table: string, key: string): string | undefined;
    tableRemove(store: StoreName, table: string, key: string, expected?: string): void;
    tableList(store: StoreName, table: string, limit: number, unless?: string): TableList | 'same';
    ping(): void;
}

// HomeRequest
type HomeRequest = {
    [Method in HomeMethod]: {
        readonly method: Method;
        readonly args: Parameters<HomeMethods[Method]>;
        readonly write: WriteId | undefined;
        isWanted?(): boolean;
    };
}[HomeMethod];

// OpenAppends
declare class OpenAppends {
    #private;
    note(append: Promise<unknown>): Promise<unknown>;
    settled(): Promise<unknown> | undefined;
}

// Readings
declare class Readings {
    #private;
    run<T>({ method, args }: ReadRequest, isWanted: () => boolean, carryOut: () => Promise<T>): Promise<T>;
}

// RemoteBackplane
declare class RemoteBackplane implements Backplane {
    #private;
    readonly name: string;
    readonly log: Log;
    readonly store: KeyValueStore;
    readonly talk: RemoteTalk;
    readonly isCarrier: boolean;
    constructor(parts: RemoteBackplaneParts);
    storeOf(namespace: string): NamespaceStore;
    get state(): BackplaneState;
    get unusable(): Error | undefined;
    ready(): Promise<void>;
    onState(listener: StateListener): () => void;
    onError(listener: (error: unknown) => void): () => void;
    close(): Promise<void>;
}

// StoreName
type StoreName = string | undefined;

// Uplink
interface Uplink {
    call(request: HomeRequest): Promise<unknown>;
    say(channel: string, bytes: Bytes): Promise<boolean>;
    hear(channel: string): Promise<void>;
    unhear(channel: string): void;
    readonly expiresAt?: number | undefined;
    close(): void;
}

// UplinkHandler
interface UplinkHandler {
    readonly writer: string;
    onBatch(namespace: string, batch: Batch): void;
    onMore(namespace: string): void;
    onSaid(channel: string, bytes: Bytes): void;
    onWork?(): void;
    onError?(error: unknown): void;
    onClose(reason?: unknown): void;
}

// WriteId
interface WriteId {
    readonly writer: string;
    readonly number: number;
    readonly settled: number;
}

// askCredentials
declare function askCredentials<Table extends OptionTable>(backplane: string, table: Table, ask: () => unknown, clock: Clock): Promise<SettingsOf<Table>>;

// countIn
declare function countIn(bytes: Bytes): number;

// decodeBatch
declare function decodeBatch(bytes: Bytes): DecodedBatch | undefined;

// encodeBatch
declare function encodeBatch({ writer, number }: BatchHead, records: readonly LogRecord[]): Buffer;

// followsAppends
declare function followsAppends(method: HomeMethod, args: readonly unknown[]): boolean;

// isAboutNodes
declare function isAboutNodes({ method, args }: Pick<Call, 'method' | 'args'>): boolean;

// isRead
declare function isRead(request: HomeRequest): request is ReadRequest;

// isRefusal
declare function isRefusal(reason: unknown): reason is ConfigError | UnavailableError;

// recordsAt
declare function recordsAt(numbers: readonly number[], last: number, bytes: Bytes): StoredRecord[];

// recordsUpTo
declare function recordsUpTo(last: number, bytes: Bytes): StoredRecord[];

// storedRecords
declare function storedRecords({ records, count, at }: DecodedBatch, first: number): StoredRecord[];

// tellBatch
declare function tellBatch(handler: Pick<UplinkHandler, 'writer' | 'onBatch'>, namespace: string, previous: Offset, last: number, bytes: Bytes, told?: Offset): void;
