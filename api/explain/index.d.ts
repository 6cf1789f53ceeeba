// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ExplainQuery
interface ExplainQuery {
    readonly client: SocketId;
    readonly event: string | number | Date;
    readonly since?: string | number | Date | undefined;
}

// ExplainedEvent
interface ExplainedEvent {
    readonly namespace: string;
    readonly event: string;
    readonly offset?: Offset | undefined;
    readonly at: number;
    readonly rooms: readonly Room[];
    readonly except: readonly Room[];
    readonly isVolatile: boolean;
    readonly isLocal: boolean;
    readonly logSince?: number | undefined;
    readonly node?: NodeCode;
    readonly number?: number;
}

// Explanation
interface Explanation {
    readonly verdict: Verdict;
    readonly sentence: string;
    readonly evidence: readonly string[];
    readonly event?: ExplainedEvent;
    readonly missing: readonly NodeCode[];
    readonly fromStore: readonly NodeCode[];
}

// Verdict
type Verdict = 'delivered' | 'late' | 'volatile' | 'dropped' | 'gap' | 'excluded' | 'not-in-room' | 'joined-later' | 'left-before' | 'local' | 'limited' | 'duplicate' | 'other-namespace' | 'unknown-client' | 'unknown-event' | 'unknown';

// explain
declare function explain(io: ExplainServer, query: ExplainQuery): Promise<Explanation>;
