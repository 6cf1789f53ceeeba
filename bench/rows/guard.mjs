/** Rows about the guard: the cost of a token and a limit, and a flood. */
import { ack, fanout } from './rates.mjs';

/** @type {readonly Omit<import('../rows.mjs').Row, 'group' | 'targets'>[]} */
const PAIRED = [
  { ...fanout({ window: 16 }), id: 'guard-fanout-16' },
  { ...ack({ window: 1 }), id: 'guard-ack-1' },
];

/** @type {readonly import('../rows.mjs').Row[]} */
export const GUARD_ROWS = [
  ...PAIRED.map((row) => ({
    ...row,
    group: 'guard',
    title: `${row.title}, with a token and a limit of events, compared with no guard`,
    targets: ['naru-guard', 'naru'],
    compare: /** @type {const} */ (['naru-guard', 'naru']),
    inTurns: true,
    goal: 0.95,
  })),
  {
    id: 'guard-flood',
    group: 'guard',
    title:
      'A flood of 50 clients beside 50 quiet ones: on one node with limits of sockets, on two nodes on Redis with limits of persons, and without a guard',
    measure: 'program',
    app: 'flood',
    targets: ['naru-guard', 'naru-guard-redis', 'naru'],
    key: { key: 'latencyRatio', isMoreBetter: false },
    columns: {
      latencyRatio: 'p99 of the quiet ones in the flood, by that before',
      p99BeforeMs: 'p99 before, ms',
      p99Ms: 'p99 in the flood, ms',
      refusal: 'cost of a refused event, by that of a broadcast to 100',
      accepted: 'events accepted, by the limit',
      growthMiB: 'memory more after the flood, MiB',
    },
    aboutSeconds: 12,
    unit: 'times the latency before the flood',
  },
];
