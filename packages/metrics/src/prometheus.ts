/** Puts the metrics into a register of `prom-client`, which reads them when it is asked for its text. */
import { ConfigError } from 'naru/base';
import type { Metric } from './metric.js';
import { loadPromClient, type PromClient } from './prom-client.js';
import type { Recorder } from './recorder.js';

/** The part of a `Registry` of `prom-client` that metrics need. */
export interface MetricsRegister {
  /** The type of the text, for the header `Content-Type`. */
  readonly contentType: string;
  /** Returns the text for Prometheus. */
  metrics(): Promise<string>;
  getMetricsAsJSON(): Promise<object[]>;
  registerMetric(metric: object): void;
  removeSingleMetric(name: string): void;
  getSingleMetric(name: string): object | undefined;
}

/** The first part of the names in the table. */
const PREFIX = /^naru_/;

/** A place in a register. */
export interface PrometheusPlace {
  readonly register: MetricsRegister;
  /** The first part of each name. */
  readonly prefix: string;
}

/**
 * Adds metrics to a register. Returns a function that removes them. Throws ConfigError if the register has one of them
 * already, or if `prom-client` is missing.
 */
export function exportToPrometheus(
  recorder: Recorder,
  metrics: readonly Metric[],
  { register, prefix }: PrometheusPlace,
): () => void {
  const prom = loadPromClient();
  const places = metrics.map((metric) => ({ metric, name: metric.name.replace(PREFIX, prefix) }));
  const taken = places.find(({ name }) => register.getSingleMetric(name) !== undefined);
  if (taken) {
    throw new ConfigError(
      'WRONG_STATE',
      `The register has the metric "${taken.name}" already. Give all servers of a process to one call of metrics, or close the earlier one.`,
    );
  }
  for (const { metric, name } of places) add(prom, recorder, metric, { name, register });
  return () => {
    for (const { name } of places) register.removeSingleMetric(name);
  };
}

function add(
  { Counter, Gauge, Histogram }: PromClient,
  recorder: Recorder,
  metric: Metric,
  { name, register }: { readonly name: string; readonly register: MetricsRegister },
): void {
  const { kind, help, labels, buckets, combine } = metric;
  // prom-client adds the numbers of workers as this says, see workers.ts.
  const shared = { name, help, labelNames: Object.keys(labels), registers: [register as never], aggregator: combine };
  if (kind === 'histogram') {
    const histogram = new Histogram({ ...shared, buckets: [...(buckets ?? [])] });
    recorder.observe(metric, (seconds) => histogram.observe(seconds));
  } else if (kind === 'counter') {
    new Counter({
      ...shared,
      collect() {
        this.reset();
        for (const sample of recorder.read(metric)) this.inc(sample.labels, sample.value);
      },
    });
  } else {
    new Gauge({
      ...shared,
      collect() {
        this.reset();
        for (const sample of recorder.read(metric)) this.set(sample.labels, sample.value);
      },
    });
  }
}
