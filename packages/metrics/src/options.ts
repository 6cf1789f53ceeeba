/** The options of `metrics`. */
import { type OptionsOf, objectWith, options, text } from 'naru/base';
import type { MetricsMeter } from './opentelemetry.js';
import type { MetricsRegister } from './prometheus.js';

/** The table of the options of `metrics`. */
export const metricsTable = options('metrics', {
  /**
   * A `Registry` of `prom-client`. Without it and without `meter`, metrics go into the default register of
   * `prom-client`.
   */
  register: objectWith<MetricsRegister>('a Registry of prom-client', [
    'registerMetric',
    'removeSingleMetric',
    'getSingleMetric',
  ]),
  /** A `Meter` of `@opentelemetry/api`. Set the provider first: a meter from before that reads nothing. */
  meter: objectWith<MetricsMeter>('a Meter of @opentelemetry/api', [
    'createObservableCounter',
    'createObservableGauge',
    'createObservableUpDownCounter',
    'createHistogram',
  ]),
  /** The first part of the names in Prometheus. The dashboard and the alerts expect the default. @default "naru_" */
  prefix: text('naru_', 'letters, digits, "_" and ":", such as "naru_"', /^[a-zA-Z_:][\w:]*$/),
});

/** The options of `metrics`. */
export interface MetricsOptions extends OptionsOf<typeof metricsTable> {}
