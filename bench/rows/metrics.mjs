/** Rows about metrics: what a server with metrics, which are read every second, costs. */
import { LARGE_ROWS } from './large.mjs';
import { ack, fanout } from './rates.mjs';

/** The most that metrics may cost. */
const GOAL = 0.98;
/** An interval of 5 % would not show whether the goal is met. */
const PRECISION = 0.01;
/** V8 compiles the loop over the sockets of an event anew for some seconds, and later with metrics than without. */
const WARMUP_SECONDS = 8;
/** Two turns of the same server differ by 10 %. So many of them show a difference of 1 %. */
const RATE_SECONDS = 20;
const PAIR = ['naru-metrics', 'naru'];

const ECHOES = LARGE_ROWS.filter(({ id }) => id === 'large-echo-text-1k');

/** @type {readonly (Omit<import('../rows.mjs').Row, 'group' | 'id'> & { name: string })[]} */
const PAIRED = [
  { ...fanout({ window: 1 }), name: 'fanout-1', targets: PAIR },
  { ...fanout({ window: 16 }), name: 'fanout-16', targets: PAIR },
  {
    ...fanout({ window: 16 }),
    name: 'fanout-16-log',
    title: 'Fan-out to 1,000 sockets in a room, 16 in flight, with recovery, in memory',
    targets: ['naru-log-metrics', 'naru-log'],
  },
  { ...ack({ window: 1 }), name: 'ack-1', targets: PAIR },
  ...ECHOES.map((row) => ({ ...row, name: 'echo', targets: PAIR })),
];

/** @type {readonly import('../rows.mjs').Row[]} */
export const METRICS_ROWS = PAIRED.map(({ name, ...row }) => ({
  ...row,
  id: `metrics-${name}`,
  group: 'metrics',
  title: `${row.title}, with metrics that are read every second, compared with no metrics`,
  compare: /** @type {[string, string]} */ (row.targets),
  beside: [],
  isSwitched: true,
  warmupSeconds: WARMUP_SECONDS,
  rateSeconds: RATE_SECONDS,
  goal: GOAL,
  precision: PRECISION,
}));
