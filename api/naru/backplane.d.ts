// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Appended
interface Appended {
    readonly offsets: readonly Offset[];
    readonly previous: Offset;
    readonly told?: Offset | undefined;
}

// BATCH_RECORDS_MAX
declare const BATCH_RECORDS_MAX = 256;

// BATCH_SIZE_MAX
declare const BATCH_SIZE_MAX: number;

// Backplane
interface Backplane {
    readonly name: string;
    readonly log: Log;
    readonly store: KeyValueStore;
    storeOf?(namespace: string): NamespaceStore;
    readonly talk?: Talk;
    readonly isCarrier?: boolean;
    readonly state?: BackplaneState;
    readonly unusable?: Error | undefined;
    onState?(listener: StateListener): () => void;
    onError?(listener: (error: unknown) => void): () => void;
    ready?(): Promise<void>;
    close(): Promise<void>;
}

// BackplaneState
type BackplaneState = 'connecting' | 'up' | 'slow' | 'away' | 'catching-up' | 'unusable';

// Batch
interface Batch {
    readonly previous: Offset;
    readonly told?: Offset | undefined;
    readonly records: readonly StoredRecord[];
}

// Envelope
type Envelope = {
    readonly kind: 'say';
    readonly from: NodeCode;
    readonly namespace: string;
    readonly isBroadcast?: boolean;
} | {
    readonly kind: 'ask';
    readonly from: NodeCode;
    readonly namespace: string;
    readonly id: number;
} | {
    readonly kind: 'answer' | 'fail';
    readonly from: NodeCode;
    readonly id: number;
};

// Erasure
type Erasure = {
    readonly offset: Offset;
} | {
    readonly room: string;
} | {
    readonly by: string;
} | {
    readonly all: true;
};

// FORMATS
declare const FORMATS: {
    readonly folder: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly record: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly batch: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly object: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly link: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly message: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly frame: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly natsText: {
        readonly read: 1;
        readonly written: 1;
    };
    readonly queues: {
        readonly read: 1;
        readonly written: 1;
    };
};

// Following
interface Following {
    readonly ready: MaybePromise<Offset>;
    want?(tag: string): MaybePromise<Offset>;
    end(): void;
}

// KeyValueStore
interface KeyValueStore extends NamespaceStore {
    list(prefix: string, limit: number): MaybePromise<readonly (readonly [key: string, value: string])[]>;
    trim?(prefix: string, bounds: TextBounds): Promise<void>;
}

// LeaseTable
interface LeaseTable {
    put(key: string, value: string, leaseMs: number): MaybePromise<void>;
    get(key: string): MaybePromise<string | undefined>;
    remove(key: string, expected?: string): MaybePromise<void>;
    list(limit: number, unless?: string): MaybePromise<TableList | 'same'>;
}

// Log
interface Log {
    readonly isRemote?: boolean;
    readonly tag?: string | undefined;
    readonly keepsTagsApart?: boolean | undefined;
    append(namespace: string, records: readonly LogRecord[]): MaybePromise<Appended>;
    read(namespace: string, after: Offset, limit: number, text?: string): MaybePromise<Page>;
    readBack(namespace: string, before: Offset | undefined, limit: number): MaybePromise<Page>;
    readAt?(namespace: string, offsets: readonly Offset[]): MaybePromise<readonly StoredRecord[]>;
    forget?(namespace: string): void;
    knows?(namespace: string, offset: Offset): MaybePromise<boolean>;
    earlier?(namespace: string, offset: Offset, records: number): Offset;
    namespaces?(): MaybePromise<readonly string[]>;
    extent(namespace: string): MaybePromise<LogExtent>;
    newest?(namespace: string): MaybePromise<Offset>;
    erase(namespace: string, what: Erasure): MaybePromise<number>;
    retain(namespace: string, retention: Partial<Retention>): void;
    follow(namespace: string, follower: LogFollower): Following;
}

// LogExtent
interface LogExtent {
    readonly oldest: Offset | undefined;
    readonly newest: Offset;
    readonly count: number;
    readonly bytes: number;
}

// LogFollower
interface LogFollower {
    onMore(newest?: Offset): void;
    onBatch(batch: Batch): void;
}

// LogRecord
interface LogRecord {
    readonly rooms: readonly string[];
    readonly except: readonly string[];
    readonly event: string;
    readonly attachments: readonly Bytes[];
    readonly at: number;
    readonly key?: string;
    readonly by?: string | undefined;
    readonly trace?: string | undefined;
}

// MemoryLog
declare class MemoryLog implements Log {
    #private;
    constructor(clock: Clock, retention: Retention, start?: number);
    namespaces(): readonly string[];
    get namespaceCount(): number;
    get keptCount(): number;
    append(namespace: string, records: readonly LogRecord[]): Appended;
    read(namespace: string, after: Offset, limit: number): Page;
    readBack(namespace: string, before: Offset | undefined, limit: number): Page;
    readAt(namespace: string, offsets: readonly Offset[]): readonly StoredRecord[];
    extent(namespace: string): LogExtent;
    erase(namespace: string, what: Erasure): number;
    retain(namespace: string, retention: Partial<Retention>): void;
    follow(namespace: string, _follower?: LogFollower): Following;
}

// MemoryStore
declare class MemoryStore implements KeyValueStore {
    #private;
    readonly isDurable = false;
    readonly tables: MemoryTables;
    constructor(clock: Clock);
    get count(): number;
    get(key: string): string | undefined;
    set(key: string, value: string, expiresInMs?: number): void;
    delete(key: string): void;
    swap(key: string, expected: string | undefined, value: string | undefined, expiresInMs?: number): Swapped;
    list(prefix: string, limit: number): readonly (readonly [string, string])[];
    trim(prefix: string, { countMax, bytesMax, sparedMs }: TextBounds): Promise<void>;
    table(name: string): LeaseTable;
}

// NOBODY
declare const NOBODY: NodeCode;

// NODE_CHARACTERS
declare const NODE_CHARACTERS = 8;

// NamespaceStore
interface NamespaceStore {
    readonly isDurable: boolean;
    get(key: string): MaybePromise<string | undefined>;
    set(key: string, value: string, expiresInMs?: number): MaybePromise<void>;
    delete(key: string): MaybePromise<void>;
    swap(key: string, expected: string | undefined, value: string | undefined, expiresInMs?: number, order?: SwapOrder): MaybePromise<Swapped>;
    flush?(): void;
    table(name: string): LeaseTable;
}

// NodeCode
type NodeCode = string;

// Offset
type Offset = string;

// Page
interface Page {
    readonly records: readonly StoredRecord[];
    readonly hasGap: boolean;
    readonly passed?: Offset;
}

// Replies
interface Replies {
    readonly answers: ReadonlyMap<NodeCode, Bytes>;
    readonly missing: readonly NodeCode[];
}

// Retention
interface Retention {
    readonly ageMs: number;
    readonly bytes: number;
}

// SAID_BYTES_MAX
declare const SAID_BYTES_MAX: number;

// StateListener
type StateListener = (state: BackplaneState, reason?: unknown) => void;

// StoredRecord
interface StoredRecord extends LogRecord {
    readonly offset: Offset;
}

// SwapOrder
type SwapOrder = 'at-once' | 'with-turn' | 'after-appends';

// Swapped
interface Swapped {
    readonly swapped: boolean;
    readonly value: string | undefined;
}

// TAG_CHARACTERS
declare const TAG_CHARACTERS = 2;

// TALK_BYTES_MAX
declare const TALK_BYTES_MAX: number;

// TOLD_ROOM
declare const TOLD_ROOM = "\0naru";

// TableList
interface TableList {
    readonly version: string;
    readonly entries: readonly (readonly [key: string, value: string])[];
}

// Talk
interface Talk {
    readonly losses?: TalkLosses;
    readonly hasCarriers?: boolean;
    join(handler: TalkHandler): TalkMember;
    publish?(namespace: string, message: Bytes, isBroadcast: boolean): Promise<void>;
}

// TalkExchange
declare class TalkExchange implements Talk {
    #private;
    constructor(clock: Clock, random: Random, handler?: ExchangeHandler);
    get members(): readonly NodeCode[];
    get heard(): readonly string[];
    join(handler: TalkHandler): TalkMember;
    publishHere(namespace: string, message: Bytes, isBroadcast: boolean): Envelope & {
        readonly kind: 'say';
    };
    addNode(node: NodeCode, route: Route): void;
    removeNode(node: NodeCode, isLost: boolean): void;
    receive(to: NodeCode | undefined, envelope: Envelope, body: Bytes): void;
}

// TalkHandler
interface TalkHandler {
    onMessage(from: NodeCode, namespace: string, message: Bytes): void;
    onQuestion(from: NodeCode, namespace: string, question: Bytes): Bytes | undefined | Promise<Bytes | undefined>;
    onHere?(node: NodeCode): void;
    onGone?(node: NodeCode, isLost: boolean): void;
}

// TalkLosses
interface TalkLosses {
    readonly unsaid: number;
    readonly unreadable: number;
    readonly later: number;
    readonly outdated: number;
    readonly incomplete: number;
}

// TalkMember
interface TalkMember {
    readonly node: NodeCode;
    readonly others: readonly NodeCode[];
    whenKnown?(timeoutMs: number): Promise<readonly NodeCode[]> | undefined;
    publish(namespace: string, message: Bytes, nodes?: readonly NodeCode[]): void;
    hear(namespace: string): () => void;
    whenHeard?(namespace: string): Promise<void> | undefined;
    broadcast(namespace: string, message: Bytes): void;
    ask(namespace: string, question: Bytes, timeoutMs: number, nodes?: readonly NodeCode[]): Promise<Replies>;
    leave(): void;
}

// TextBounds
interface TextBounds {
    readonly countMax: number;
    readonly bytesMax: number;
    readonly sparedMs: number;
}

// UNKNOWN
declare const UNKNOWN = "unknown";

// ZERO_OFFSET
declare const ZERO_OFFSET: Offset;

// audienceOf
declare function audienceOf({ rooms: [room, ...more] }: {
    readonly rooms: readonly string[];
}): string | undefined;

// audienceOfAll
declare function audienceOfAll(records: readonly {
    readonly rooms: readonly string[];
}[]): string | undefined;

// costOf
declare function costOf(record: LogRecord): number;

// decodeOffset
declare function decodeOffset(offset: unknown): number | undefined;

// encodeOffset
declare function encodeOffset(sequence: number): Offset;

// erasedNotice
declare function erasedNotice(at: number): LogRecord;

// erasedRecord
declare function erasedRecord({ rooms, except, at }: Pick<LogRecord, 'rooms' | 'except' | 'at'>): LogRecord;

// gapRecord
declare function gapRecord(after: Offset, before: Offset | null, at: number): LogRecord;

// isEnvelope
declare function isEnvelope(value: unknown): value is Envelope;

// isErased
declare function isErased({ event }: Pick<LogRecord, 'event'>): boolean;

// isForNoSocket
declare function isForNoSocket({ rooms }: Pick<LogRecord, 'rooms'>): boolean;

// isGapRecord
declare function isGapRecord({ rooms, event }: Pick<LogRecord, 'rooms' | 'event'>): boolean;

// isReadable
declare function isReadable({ read }: Format, version: unknown): boolean;

// isToErase
declare function isToErase(record: StoredRecord, what: Erasure): boolean;

// isTold
declare function isTold({ rooms, except }: Pick<LogRecord, 'rooms' | 'except'>): boolean;

// lostRecord
declare function lostRecord(sequence: number, at: number): StoredRecord;

// markSocketId
declare function markSocketId(id: string, tag?: string, seed?: number): string;

// memoryBackplane
declare function memoryBackplane(clock: Clock, retention: Retention): Backplane;

// nextOffset
declare function nextOffset(offset: Offset): Offset;

// notUsed
declare function notUsed(reason: Error): UnavailableError;

// readStoredObject
declare function readStoredObject(text: string, what: string): Readonly<Record<string, unknown>> | undefined;

// readTrace
declare function readTrace(value: unknown): string | undefined;

// sizeOfNames
declare function sizeOfNames({ rooms, except, key, by, trace, }: {
    readonly rooms: Iterable<string>;
    readonly except: Iterable<string>;
    readonly key?: string | undefined;
    readonly by?: string | undefined;
    readonly trace?: string | undefined;
}): number;

// storeOf
declare function storeOf(backplane: Backplane, namespace: string): NamespaceStore;

// storedAs
declare function storedAs(record: LogRecord, offset: Offset): StoredRecord;

// warnOfLaterVersion
declare function warnOfLaterVersion(what: string, format?: Format, version?: unknown): void;
