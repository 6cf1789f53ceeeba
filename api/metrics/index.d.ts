// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ConfigError
export { ConfigError } from 'naru/base';

// InstrumentOptions
interface InstrumentOptions {
    description?: string;
    unit?: string;
    advice?: {
        explicitBucketBoundaries?: number[];
    };
}

// MeasuredServer
interface MeasuredServer {
    readonly engine: {
        readonly clientsCount: number;
        readonly clients: Readonly<Record<string, {
            readonly transport: {
                readonly name: string;
            };
        }>>;
        slow(limit?: number): SlowReport;
    };
    readonly backplane: {
        readonly state: BackplaneState;
        readonly counts: BackplaneCounts;
        readonly flights: readonly number[];
    } | undefined;
    readonly _nsps: ReadonlyMap<string, MeasuredNamespace>;
    health(): {
        readonly isReady: boolean;
        readonly reasons: readonly string[];
        readonly delayMs: number;
    };
}

// MeasuredWorker
interface MeasuredWorker {
    readonly id: number;
    send(message: object, sent: (error: Error | null) => void): unknown;
}

// Metrics
interface Metrics<Register extends MetricsRegister | undefined = MetricsRegister | undefined> {
    readonly register: Register;
    close(): void;
}

// MetricsMeter
interface MetricsMeter {
    createObservableCounter(name: string, options?: InstrumentOptions): ObservableInstrument;
    createObservableGauge(name: string, options?: InstrumentOptions): ObservableInstrument;
    createObservableUpDownCounter(name: string, options?: InstrumentOptions): ObservableInstrument;
    createHistogram(name: string, options?: InstrumentOptions): TimeInstrument;
}

// MetricsOptions
interface MetricsOptions extends OptionsOf<typeof metricsTable> {
}

// MetricsRegister
interface MetricsRegister {
    readonly contentType: string;
    metrics(): Promise<string>;
    getMetricsAsJSON(): Promise<object[]>;
    registerMetric(metric: object): void;
    removeSingleMetric(name: string): void;
    getSingleMetric(name: string): object | undefined;
}

// ObservableInstrument
interface ObservableInstrument {
    addCallback(read: (result: ObservableResult) => void): void;
    removeCallback(read: (result: ObservableResult) => void): void;
}

// ObservableResult
interface ObservableResult {
    observe(value: number, attributes?: Attributes): void;
}

// TimeInstrument
interface TimeInstrument {
    record(value: number): void;
}

// WorkerChannel
interface WorkerChannel {
    on(event: 'message', listener: (message: unknown) => void): unknown;
    send?(message: object): unknown;
}

// WorkerSource
interface WorkerSource {
    on(event: 'message', listener: (worker: MeasuredWorker, message: unknown) => void): unknown;
    on(event: 'exit', listener: (worker: MeasuredWorker) => void): unknown;
}

// gatherMetrics
declare function gatherMetrics(workers: WorkerSource, timers?: Timers): Pick<MetricsRegister, 'contentType' | 'metrics'>;

// metrics
declare function metrics(io: MeasuredServer | readonly MeasuredServer[], given?: MetricsOptions & ({
    readonly meter?: undefined;
} | {
    readonly register: MetricsRegister;
})): Metrics<MetricsRegister>;
declare function metrics(io: MeasuredServer | readonly MeasuredServer[], given: MetricsOptions): Metrics;

// shareMetrics
declare function shareMetrics(register: Pick<MetricsRegister, 'getMetricsAsJSON'>, channel?: WorkerChannel): void;
