// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Entry
type Entry = (SocketFact | SentFact) & {
    readonly namespace: string;
    readonly number: number;
    readonly at: number;
    readonly place: Offset;
};

// ExplainAnswers
interface ExplainAnswers {
    readonly answers: ReadonlyMap<NodeCode, unknown>;
    readonly missing: readonly NodeCode[];
}

// ExplainHost
interface ExplainHost {
    readonly clock: Clock;
    readonly store: KeyValueStore | undefined;
    readonly namespaces: Iterable<string>;
    logOf(namespace: string): Log | undefined;
    ask(question: ExplainQuestion): Promise<ExplainAnswers>;
}

// ExplainQuestion
interface ExplainQuestion {
    readonly client: SocketId;
    readonly name?: string | undefined;
    readonly at?: number | undefined;
}

// ExplainServer
interface ExplainServer {
    readonly _nsps: ReadonlyMap<string, unknown>;
}

// Findings
interface Findings {
    readonly node: NodeCode;
    readonly since?: number;
    readonly facts: readonly SocketEntry[];
    readonly sent: readonly SentEntry[];
    readonly live: readonly LiveSocket[];
}

// LiveSocket
interface LiveSocket {
    readonly namespace: string;
    readonly rooms: readonly Room[];
    readonly delivered: Offset;
    readonly lateAt?: Offset | undefined;
    readonly heardAt: number;
}

// Room
type Room = string;

// SentEntry
type SentEntry = SentFact & Entry;

// SentFact
interface SentFact {
    readonly type: 'sent';
    readonly event: string;
    readonly rooms: readonly Room[];
    readonly except: readonly Room[];
    readonly isVolatile: boolean;
    readonly isLocal: boolean;
}

// SocketEntry
type SocketEntry = Exclude<Entry, SentFact>;

// SocketFact
type SocketFact = {
    readonly socket: SocketId;
} & ({
    readonly type: 'joined';
    readonly isRecovered?: boolean | undefined;
    readonly rooms?: readonly Room[] | undefined;
    readonly after?: Offset | undefined;
} | {
    readonly type: 'left';
    readonly reason: string;
    readonly lateAt?: Offset | undefined;
} | {
    readonly type: 'room';
    readonly room: Room;
    readonly isIn: boolean;
} | {
    readonly type: 'read';
    readonly after: Offset;
    readonly offset: Offset;
} | {
    readonly type: 'gap';
    readonly after: Offset;
    readonly before?: Offset | undefined;
} | {
    readonly type: 'dropped';
    readonly policy: string;
    readonly offset?: Offset | undefined;
    readonly cameAt: number;
    readonly event?: string | undefined;
    readonly room?: Room | undefined;
    readonly isFirst?: boolean;
    readonly count?: number;
} | {
    readonly type: 'slow';
    readonly policy: string;
    readonly bytes: number;
} | {
    readonly type: 'refused';
    readonly act: string;
    readonly room: Room;
    readonly message: string;
} | {
    readonly type: 'limited';
    readonly event: string;
    readonly outcome: string;
    readonly retryAfterMs: number;
} | {
    readonly type: 'duplicate';
    readonly event: string;
    readonly firstAt?: number | undefined;
    readonly isOpen: boolean;
});

// SocketId
type SocketId = string;

// WRITERS
declare const WRITERS = "journals:";

// chunksOf
declare function chunksOf(node: NodeCode): string;

// findHere
declare function findHere(node: NodeCode, journal: Pick<Journal, 'find' | 'since'> | undefined, { client, name, at }: ExplainQuestion, live: readonly LiveSocket[]): Findings;

// nameIn
declare function nameIn(event: string): unknown;

// openExplain
declare function openExplain(server: ExplainServer): ExplainHost;
