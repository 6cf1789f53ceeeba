/** Gives the metrics to a meter of `@opentelemetry/api`, which reads them when its reader collects. */
import type { Metric } from './metric.js';
import type { Recorder } from './recorder.js';

/** The attributes of a number. */
type Attributes = Readonly<Record<string, string>>;

/** An instrument of OpenTelemetry whose numbers are read. */
export interface ObservableInstrument {
  addCallback(read: (result: ObservableResult) => void): void;
  removeCallback(read: (result: ObservableResult) => void): void;
}

/** Takes the numbers of an instrument. */
export interface ObservableResult {
  observe(value: number, attributes?: Attributes): void;
}

/** An instrument of OpenTelemetry that takes each time. */
export interface TimeInstrument {
  record(value: number): void;
}

/** The description of an instrument. */
export interface InstrumentOptions {
  description?: string;
  unit?: string;
  advice?: { explicitBucketBoundaries?: number[] };
}

/** The part of a `Meter` of `@opentelemetry/api` that metrics need. */
export interface MetricsMeter {
  createObservableCounter(name: string, options?: InstrumentOptions): ObservableInstrument;
  createObservableGauge(name: string, options?: InstrumentOptions): ObservableInstrument;
  createObservableUpDownCounter(name: string, options?: InstrumentOptions): ObservableInstrument;
  createHistogram(name: string, options?: InstrumentOptions): TimeInstrument;
}

/** Adds metrics to a meter. Returns a function that ends the reading. A meter never forgets an instrument. */
export function exportToOpenTelemetry(recorder: Recorder, metrics: readonly Metric[], meter: MetricsMeter): () => void {
  const ends: (() => void)[] = [];
  for (const metric of metrics) {
    if (metric.kind === 'histogram') {
      const advice = { explicitBucketBoundaries: [...(metric.buckets ?? [])] };
      const histogram = meter.createHistogram(metric.otel, { ...describe(metric), advice });
      recorder.observe(metric, (seconds) => histogram.record(seconds));
      continue;
    }
    const instrument = create(meter, metric);
    const read = (result: ObservableResult): void => {
      for (const { labels, value } of recorder.read(metric)) result.observe(value, labels);
    };
    instrument.addCallback(read);
    ends.push(() => instrument.removeCallback(read));
  }
  return () => {
    for (const end of ends) end();
  };
}

function describe({ help, unit }: Metric): InstrumentOptions {
  return { description: help, unit };
}

/** Numbers that make sense as a sum over servers are counters that rise and fall. */
function create(meter: MetricsMeter, metric: Metric): ObservableInstrument {
  const { kind, combine, otel } = metric;
  if (kind === 'counter') return meter.createObservableCounter(otel, describe(metric));
  return combine === 'sum'
    ? meter.createObservableUpDownCounter(otel, describe(metric))
    : meter.createObservableGauge(otel, describe(metric));
}
