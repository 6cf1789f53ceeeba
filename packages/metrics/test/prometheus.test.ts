import { sessionBeat, sessionEnded } from 'naru/taps';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { gauge, names, tally, times } from '../src/metric.js';
import { exportToPrometheus } from '../src/prometheus.js';
import { seriesIn } from './exposition.js';
import { fakeServer, record } from './fakes.js';

const ended = tally(names('naru_ended_total', 'e', '1', 'Ended.', { wire: new Set(['sse']) }), sessionEnded);
const open = gauge(names('naru_open', 'o', '1', 'Open.'), ({ sessions }) => sessions, 'max');
const beat = times(names('naru_beat_seconds', 'b', 's', 'Beat.'), sessionBeat, [0.1, 1]);

function exported(prefix = 'naru_') {
  const register = new Registry();
  const remove = exportToPrometheus(record([ended, open, beat], [fakeServer()]), [ended, open, beat], {
    register,
    prefix,
  });
  return { register, remove };
}

it('writes counters, gauges and histograms, each time with the numbers of that time', async () => {
  const { register } = exported();
  sessionEnded.publish({ connection: 1, wire: 'sse', reason: 'x' });
  for (const ms of [50, 500, 5_000]) sessionBeat.publish({ connection: 1, ms });
  await register.metrics();
  sessionEnded.publish({ connection: 1, wire: 'dove', reason: 'x' });
  expect(Object.fromEntries(seriesIn(await register.metrics()))).toEqual({
    'naru_ended_total{wire="sse"}': 1,
    'naru_ended_total{wire="other"}': 1,
    naru_open: 2,
    'naru_beat_seconds_bucket{le="0.1"}': 1,
    'naru_beat_seconds_bucket{le="1"}': 2,
    'naru_beat_seconds_bucket{le="+Inf"}': 3,
    naru_beat_seconds_sum: 5.55,
    naru_beat_seconds_count: 3,
  });
  expect(await register.metrics()).toContain('# HELP naru_open Open.\n# TYPE naru_open gauge\n');
});

it('has the prefix of the options', async () => {
  expect([...seriesIn(await exported('chat_').register.metrics()).keys()]).toContain('chat_open');
});

it('says how the numbers of workers are added', async () => {
  const { register } = exported();
  const found = (await register.getMetricsAsJSON()) as { name: string; aggregator: string }[];
  expect(found.map(({ name, aggregator }) => [name, aggregator])).toEqual([
    ['naru_ended_total', 'sum'],
    ['naru_open', 'max'],
    ['naru_beat_seconds', 'sum'],
  ]);
});

it('refuses a register that has a metric already, and adds none then', () => {
  const { register, remove } = exported();
  const again = () => exportToPrometheus(record([beat, open]), [beat, open], { register, prefix: 'naru_' });
  expect(again).toThrow(/the metric "naru_beat_seconds" already.*one call of metrics/);
  remove();
  expect(register.getMetricsAsArray()).toEqual([]);
  again();
  expect(register.getMetricsAsArray()).toHaveLength(2);
});
