/** Rows about metrics: what a server with metrics, which are read every second, costs. */
import { LARGE_ROWS } from './large.mjs';

/** The most that metrics may cost. */
const GOAL = 0.98;
/** An interval of 5 % would not show whether the goal is met. */
const PRECISION = 0.01;
const PAIR = ['naru-metrics', 'naru'];

/**
 * Returns the rows. `fanout` makes a row of a fan-out, and `quiet` has the options of a server that is measured in
 * between its pings.
 * @param {(options: { window: number }) => import('../rows.mjs').Row} fanout
 * @param {Record<string, unknown>} quiet
 * @returns {readonly import('../rows.mjs').Row[]}
 */
export function metricsRows(fanout, quiet) {
  const echoes = LARGE_ROWS.filter(({ id }) => id === 'large-echo-text-1k');
  /** @type {readonly (Omit<import('../rows.mjs').Row, 'group' | 'id'> & { name: string })[]} */
  const rows = [
    { ...fanout({ window: 1 }), name: 'fanout-1', targets: PAIR },
    { ...fanout({ window: 16 }), name: 'fanout-16', targets: PAIR },
    {
      ...fanout({ window: 16 }),
      name: 'fanout-16-log',
      title: 'Fan-out to 1,000 sockets in a room, 16 in flight, with recovery, in memory',
      targets: ['naru-log-metrics', 'naru-log'],
    },
    {
      name: 'ack-1',
      title: 'Acknowledgement round trips, 50 clients, 1 in flight each',
      measure: 'throughput',
      app: 'ack',
      load: 'ack',
      loadOptions: { clients: 50, window: 1 },
      serverOptions: quiet,
      targets: PAIR,
      unit: 'acks',
    },
    ...echoes.map((row) => ({ ...row, name: 'echo', targets: PAIR })),
  ];
  return rows.map(({ name, ...row }) => ({
    ...row,
    id: `metrics-${name}`,
    group: 'metrics',
    title: `${row.title}, with metrics that are read every second, compared with no metrics`,
    compare: /** @type {[string, string]} */ (row.targets),
    beside: [],
    goal: GOAL,
    precision: PRECISION,
  }));
}
