import { EventEmitter } from 'node:events';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { gatherMetrics, type MeasuredWorker, shareMetrics } from '../src/workers.js';
import { seriesIn } from './exposition.js';

/** A primary with workers in this process. */
function primary() {
  const workers = new EventEmitter();
  const clock = new FakeClock();
  const gathered = gatherMetrics(workers, clock);
  const numbers = async () => Object.fromEntries(seriesIn(await gathered.metrics()));
  let count = 0;
  const start = () => {
    count += 1;
    const register = new Registry();
    const registers = [register];
    const channel = Object.assign(new EventEmitter(), {
      send: (message: object) => workers.emit('message', worker, message),
    });
    const worker: MeasuredWorker & { isMute: boolean } = {
      id: count,
      isMute: false,
      send: (message) => worker.isMute || channel.emit('message', message),
    };
    const parts = {
      events: new Counter({ name: 'events_total', help: 'Events.', registers }),
      open: new Gauge({ name: 'open', help: 'Open.', registers, labelNames: ['wire'] }),
      delay: new Gauge({ name: 'delay', help: 'Delay.', registers, aggregator: 'max' }),
      time: new Histogram({ name: 'time', help: 'Time.', registers, buckets: [1] }),
    };
    shareMetrics(register, channel);
    return { ...parts, worker, channel, end: () => workers.emit('exit', worker) };
  };
  return { gathered, numbers, start, clock, workers };
}

it('adds the numbers of all workers', async () => {
  const { numbers, start, gathered } = primary();
  const [one, two] = [start(), start()];
  one.events.inc(3);
  two.events.inc(4);
  one.open.set({ wire: 'sse' }, 2);
  two.open.set({ wire: 'tcp' }, 1);
  one.delay.set(7);
  two.delay.set(5);
  one.time.observe(0.5);
  two.time.observe(2);
  expect(await numbers()).toEqual({
    events_total: 7,
    'open{wire="sse"}': 2,
    'open{wire="tcp"}': 1,
    delay: 7,
    'time_bucket{le="1"}': 1,
    'time_bucket{le="+Inf"}': 2,
    time_sum: 2.5,
    time_count: 2,
  });
  expect(gathered.contentType).toMatch(/^text\/plain; version=0.0.4/);
});

it('keeps the counters of workers that have ended, and not their gauges', async () => {
  const { numbers, start } = primary();
  const one = start();
  one.events.inc(3);
  one.open.set({ wire: 'sse' }, 2);
  one.time.observe(0.5);
  await numbers();
  one.end();
  expect(await numbers()).toEqual({
    events_total: 3,
    'time_bucket{le="1"}': 1,
    'time_bucket{le="+Inf"}': 1,
    time_sum: 0.5,
    time_count: 1,
  });
  const two = start();
  two.events.inc(1);
  expect(await numbers()).toMatchObject({ events_total: 4 });
  two.end();
  expect(await numbers()).toMatchObject({ events_total: 4, time_count: 1 });
});

it('goes on with the last numbers of a worker that does not answer, and does not wait for one that ends', async () => {
  const { numbers, start, clock } = primary();
  const [one, two] = [start(), start()];
  one.events.inc(3);
  two.events.inc(1);
  await numbers();
  two.events.inc(1);
  one.worker.isMute = true;
  const late = numbers();
  await clock.advance(2_000);
  expect(await late).toMatchObject({ events_total: 5 });
  const ending = numbers();
  one.end();
  expect(await ending).toMatchObject({ events_total: 5 });
});

it('has no number without workers, and takes no other messages', async () => {
  const { numbers, start, workers } = primary();
  expect(await numbers()).toEqual({});
  const { worker, channel } = start();
  for (const message of [undefined, null, 'x', { naru: 'ready' }]) {
    workers.emit('message', worker, message);
    channel.emit('message', message);
  }
  expect(await numbers()).toMatchObject({ events_total: 0 });
});
