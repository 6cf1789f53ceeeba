import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { sessionBeat, sessionEnded } from 'naru/taps';
import { expect, it, onTestFinished } from 'vitest';
import { gauge, names, tally, times } from '../src/metric.js';
import { exportToOpenTelemetry } from '../src/opentelemetry.js';
import { fakeServer, record } from './fakes.js';

const ended = tally(names('naru_e_total', 'naru.e', '{e}', 'Ended.', { wire: new Set(['sse']) }), sessionEnded);
const open = gauge(names('naru_o', 'naru.o', '{o}', 'Open.'), ({ sessions }) => sessions);
const most = gauge(names('naru_m', 'naru.m', '{m}', 'Most.'), ({ sessions }) => sessions, 'max');
const beat = times(names('naru_b_seconds', 'naru.b', 's', 'Beat.'), sessionBeat, [0.1, 1]);
const all = [ended, open, most, beat];

it('gives all metrics to a meter, with their names, units and attributes', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  const end = exportToOpenTelemetry(record(all, [fakeServer()]), all, provider.getMeter('test'));
  sessionEnded.publish({ connection: 1, wire: 'sse', reason: 'x' });
  sessionBeat.publish({ connection: 1, ms: 500 });
  const read = async () => {
    exporter.reset();
    await provider.forceFlush();
    const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    return found.map(({ descriptor, dataPoints }) => ({
      ...{ name: descriptor.name, unit: descriptor.unit, help: descriptor.description },
      points: dataPoints.map(({ attributes, value }) => [attributes, value]),
    }));
  };
  expect(await read()).toMatchObject([
    { name: 'naru.e', unit: '{e}', help: 'Ended.', points: [[{ wire: 'sse' }, 1]] },
    { name: 'naru.o', unit: '{o}', points: [[{}, 2]] },
    { name: 'naru.m', unit: '{m}', points: [[{}, 2]] },
    {
      name: 'naru.b',
      unit: 's',
      points: [[{}, { count: 1, sum: 0.5, buckets: { boundaries: [0.1, 1], counts: [0, 1, 0] } }]],
    },
  ]);
  end();
  sessionEnded.publish({ connection: 1, wire: 'sse', reason: 'x' });
  // The meter keeps the last number.
  expect((await read())[0]).toMatchObject({ name: 'naru.e', points: [[{ wire: 'sse' }, 1]] });
});
