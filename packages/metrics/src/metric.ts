/** The kinds of metrics in the table. */
import type { Tap } from 'naru/taps';
import { bounded, type Labels } from './labels.js';
import type { MeasuredServer, Reading } from './reading.js';

/** One number of a metric, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How a metric gets its numbers. */
export type Source =
  /** Counts what taps tell. `begin` returns what was there before. */
  | { readonly type: 'tally'; readonly tallies: readonly Tally[]; begin?(server: MeasuredServer): readonly Change[] }
  /** Reads the servers. */
  | { readonly type: 'reading'; read(reading: Reading): readonly Sample[] }
  /** Notes a time in seconds for each fact of a tap. */
  | { readonly type: 'times'; readonly tap: Tap<object>; secondsOf(facts: object): number };

/** A number to add to the series with these labels. Their values may be anything. */
export interface Change {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly by: number;
}

/** A tap, and what its facts add to a series. */
export interface Tally {
  readonly tap: Tap<object>;
  changes(facts: object): readonly Change[];
}

/** The names and the meaning of a metric. */
export interface MetricNames {
  /** The name in Prometheus, whose first part the option `prefix` replaces. */
  readonly name: string;
  /** The name in OpenTelemetry. */
  readonly otel: string;
  /** The unit in OpenTelemetry, as UCUM writes it. */
  readonly unit: string;
  readonly help: string;
  /** The labels with their values. */
  readonly labels?: Labels;
}

/** A metric of the table. */
export interface Metric extends Required<MetricNames> {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly source: Source;
  /** How the gauges of several workers become one number. Counters and histograms are added. */
  readonly combine: 'sum' | 'max' | 'min';
  /** The upper ends of the buckets of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

/** Reads the labels of a metric out of the facts of a tap. */
type LabelsOf<Facts extends object> = (facts: Facts) => Readonly<Record<string, unknown>>;

const ONE = { combine: 'sum', labels: {} } as const;

/** Returns the names of a metric. */
export function names(
  name: string,
  otel: string,
  unit: string,
  help: string,
  labels: Labels = {},
): Required<MetricNames> {
  return { name, otel, unit, help, labels };
}

/** Declares a counter of what a tap tells. Labels are facts of the same name, unless `labelsOf` says otherwise. */
export function tally<Facts extends object>(names: MetricNames, tap: Tap<Facts>, labelsOf?: LabelsOf<Facts>): Metric {
  const read = (labelsOf ?? ((facts) => facts)) as LabelsOf<object>;
  const tallies = [{ tap: tap as object as Tap<object>, changes: (facts: object) => [{ labels: read(facts), by: 1 }] }];
  return { ...ONE, ...names, kind: 'counter', source: { type: 'tally', tallies } };
}

/** Declares a number that rises and falls with what taps tell, from what `begin` returns for each server. */
export function level(
  names: MetricNames,
  begin: (server: MeasuredServer) => readonly Change[],
  tallies: readonly Tally[],
): Metric {
  return { ...ONE, ...names, kind: 'gauge', source: { type: 'tally', tallies, begin } };
}

/** Returns a part of a level: what the facts of a tap change. */
export function change<Facts extends object>(tap: Tap<Facts>, changes: (facts: Facts) => readonly Change[]): Tally {
  return { tap: tap as object as Tap<object>, changes: changes as Tally['changes'] };
}

/** Declares a counter that servers keep themselves. */
export function counter(names: MetricNames, read: (reading: Reading) => number): Metric {
  return { ...ONE, ...names, kind: 'counter', source: readingOf(read) };
}

/** Declares a gauge. */
export function gauge(
  names: MetricNames,
  read: (reading: Reading) => number,
  combine: Metric['combine'] = 'sum',
): Metric {
  return { ...ONE, ...names, kind: 'gauge', combine, source: readingOf(read) };
}

/** Declares a gauge with one series for each value of its one label. */
export function gaugeBy(names: MetricNames, read: (reading: Reading) => ReadonlyMap<string, number>): Metric {
  const [[label, values] = ['', new Set<string>()]] = Object.entries(names.labels ?? {});
  const samples = (reading: Reading): Sample[] => {
    const counts = new Map([...values].map((value) => [value, 0]));
    for (const [value, count] of read(reading)) {
      const name = bounded(values, value);
      counts.set(name, (counts.get(name) ?? 0) + count);
    }
    return [...counts].map(([value, count]) => ({ labels: { [label]: value }, value: count }));
  };
  return { ...ONE, ...names, kind: 'gauge', source: { type: 'reading', read: samples } };
}

/** Declares a histogram of times that a tap tells in milliseconds. */
export function times<Facts extends { readonly ms: number }>(
  names: MetricNames,
  tap: Tap<Facts>,
  buckets: readonly number[],
): Metric {
  const secondsOf = (facts: object): number => (facts as Facts).ms / 1_000;
  const source: Source = { type: 'times', tap: tap as object as Tap<object>, secondsOf };
  return { ...ONE, ...names, kind: 'histogram', source, buckets };
}

function readingOf(read: (reading: Reading) => number): Source {
  return { type: 'reading', read: (reading) => [{ labels: {}, value: read(reading) }] };
}
