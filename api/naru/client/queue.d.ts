// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// BufferDropReason
type BufferDropReason = 'age' | 'count' | 'bytes';

// DropReason
type DropReason = 'age' | 'count' | 'bytes' | 'retries';

// OfflineBufferOptions
interface OfflineBufferOptions extends QueueBounds {
    onDrop?: (event: readonly unknown[], reason: BufferDropReason) => void;
    timers?: Timers | undefined;
}

// OfflineQueueOptions
interface OfflineQueueOptions extends QueueBounds {
    store?: QueueStore | undefined;
    onDrop?: (event: WaitingEvent, reason: DropReason) => void;
    onAnswer?: (event: WaitingEvent, error: Error | null, ...answer: unknown[]) => void;
    onStoreError?: (error: unknown) => void;
    timers?: Pick<Timers, 'now'> | undefined;
}

// QueueStore
interface QueueStore {
    load(row: string): Promise<readonly WaitingEvent[]>;
    put(event: WaitingEvent): Promise<void>;
    delete(key: string): Promise<void>;
}

// WaitingEvent
interface WaitingEvent {
    readonly key: string;
    readonly args: readonly unknown[];
    readonly flags: Pick<EmitFlags, 'compress' | 'timeout'>;
    readonly at: number;
}

// indexedDbStore
declare function indexedDbStore(name: string): QueueStore;

// memoryStore
declare function memoryStore(events?: Map<string, WaitingEvent>): QueueStore;

// offlineBuffer
declare function offlineBuffer(options?: OfflineBufferOptions): QueueClass;

// offlineQueue
declare function offlineQueue(options?: OfflineQueueOptions): QueueClass;
