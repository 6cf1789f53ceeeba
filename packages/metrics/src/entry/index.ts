/** The entry `@naru/metrics`: the numbers of a server for Prometheus and OpenTelemetry. */
export { ConfigError } from 'naru/base';
export { type Metrics, metrics } from '../metrics.js';
export type {
  InstrumentOptions,
  MetricsMeter,
  ObservableInstrument,
  ObservableResult,
  TimeInstrument,
} from '../opentelemetry.js';
export type { MetricsOptions } from '../options.js';
export type { MetricsRegister } from '../prometheus.js';
export type { MeasuredServer } from '../reading.js';
export {
  gatherMetrics,
  type MeasuredWorker,
  shareMetrics,
  type WorkerChannel,
  type WorkerSource,
} from '../workers.js';
