// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// Cluster
interface Cluster {
    readonly isPrimary: boolean;
    readonly count: number;
    readonly report: unknown;
    reload(): Promise<void>;
    close(isGentle?: boolean): Promise<void>;
}

// ClusterOptions
interface ClusterOptions extends OptionsOf<typeof clusterTable> {
}

// ClusterReports
interface ClusterReports {
    onWorkerEnd?(line: string): void;
    onReload?(line: string): void;
    onError?(error: unknown): void;
}

// CodedError, a base class
declare class CodedError<Code extends string> extends Error {
    readonly code: Code;
    constructor(code: Code, message: string, cause?: unknown);
}

// ConfigError
declare class ConfigError extends CodedError<ConfigErrorCode> {
    readonly name = "ConfigError";
}

// StartWorker
type StartWorker = () => WorkerApp | WorkerServer | Promise<WorkerApp | WorkerServer>;

// UnavailableError
declare class UnavailableError extends CodedError<UnavailableErrorCode> {
    readonly name = "UnavailableError";
}

// WORKERS_MAX
declare const WORKERS_MAX = 512;

// WorkerApp
interface WorkerApp {
    readonly io: WorkerServer;
    close?(isGentle: boolean): Promise<void>;
    readonly report?: unknown;
}

// WorkerServer
type WorkerServer = Pick<Server, 'node' | 'opts' | 'engine' | 'endpoints' | 'httpServer' | 'ready' | 'drain' | 'close'>;

// closeTimeMsMax
declare const closeTimeMsMax = 3000;

// cluster
declare function cluster(given: ClusterOptions, start: StartWorker, { onWorkerEnd, onReload, onError }?: ClusterReports): Promise<Cluster>;

// endOnSignal
declare function endOnSignal(program: Program, close: (isGentle: boolean) => Promise<void>, report: (error: unknown) => void, signals?: readonly Signal[]): (isGentle: boolean) => void;

// isWorkerCount
declare function isWorkerCount(given: unknown): given is number;
