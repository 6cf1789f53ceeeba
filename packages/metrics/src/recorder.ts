/** Keeps the numbers of the metrics that taps make, and answers with the numbers of any metric. */
import type { Tap, TapListener } from 'naru/taps';
import { bounded, knownSeries, type Labels } from './labels.js';
import type { Change, Metric, Sample } from './metric.js';
import type { MeasuredServer, Reader } from './reading.js';

/** The numbers of all metrics. Both exporters read the same one. */
export class Recorder {
  readonly #reader: Reader;
  readonly #series = new Map<Metric, Series>();
  /** Ends each subscription. */
  readonly #ends: (() => void)[] = [];

  constructor(reader: Reader, metrics: readonly Metric[], servers: readonly MeasuredServer[]) {
    this.#reader = reader;
    for (const metric of metrics) {
      const { source } = metric;
      if (source.type !== 'tally') continue;
      const series = new Series(metric.labels);
      this.#series.set(metric, series);
      for (const server of servers) series.change(source.begin?.(server) ?? []);
      for (const { tap, changes } of source.tallies) this.#subscribe(tap, (facts) => series.change(changes(facts)));
    }
  }

  /** Returns the numbers of a metric. A histogram has none here. */
  read(metric: Metric): readonly Sample[] {
    const { source } = metric;
    return source.type === 'reading' ? source.read(this.#reader.read()) : (this.#series.get(metric)?.samples() ?? []);
  }

  /** Calls `note` with each time of a histogram, in seconds. */
  observe({ source }: Metric, note: (seconds: number) => void): void {
    if (source.type === 'times') this.#subscribe(source.tap, (facts) => note(source.secondsOf(facts)));
  }

  /** Listens to no tap any more. */
  close(): void {
    for (const end of this.#ends) end();
    this.#ends.length = 0;
    this.#reader.close();
  }

  #subscribe(tap: Tap<object>, listener: TapListener<object>): void {
    tap.subscribe(listener);
    this.#ends.push(() => tap.unsubscribe(listener));
  }
}

/** The series of one metric. Invariant: the labels have no values but those of their sets and `other`. */
class Series {
  readonly #labels: readonly (readonly [name: string, values: ReadonlySet<string>])[];
  readonly #samples = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();

  constructor(labels: Labels) {
    this.#labels = Object.entries(labels);
    // A series that begins at 0 shows its first rise in `rate()`.
    for (const known of knownSeries(labels)) this.change([{ labels: known, by: 0 }]);
  }

  change(changes: readonly Change[]): void {
    for (const { labels, by } of changes) {
      const pairs = this.#labels.map(([name, values]) => [name, bounded(values, labels[name])] as const);
      const key = pairs.map(([, value]) => value).join('\n');
      const sample = this.#samples.get(key);
      // A session that opened on a server without metrics may end here.
      if (sample) sample.value = Math.max(0, sample.value + by);
      else this.#samples.set(key, { labels: Object.fromEntries(pairs), value: Math.max(0, by) });
    }
  }

  samples(): Sample[] {
    return [...this.#samples.values()].map(({ labels, value }) => ({ labels, value }));
  }
}
