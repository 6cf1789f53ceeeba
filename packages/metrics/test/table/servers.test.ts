import * as taps from 'naru/taps';
import { expect, it } from 'vitest';
import { CLUSTER, LOG, SERVER } from '../../src/table/servers.js';
import { fakeServer, numbersOf, record } from '../fakes.js';

const metrics = [...LOG, ...CLUSTER, ...SERVER];

const refused = { socket: 'a', namespace: '/', room: 'secret room', message: 'no' };

it.each([
  ['naru_log_appends_refused_total', taps.logRefused, { namespace: '/', records: 2, detail: 'x' }, { '': 1 }],
  ['naru_log_late_reads_total', taps.logReadLate, { namespace: '/', records: 2, offset: '1' }, { '': 1 }],
  ['naru_log_gaps_total', taps.logGap, { namespace: '/', after: '1' }, { '': 1 }],
  [
    'naru_recoveries_total',
    taps.recoveryContinued,
    { namespace: '/', after: '1', isElsewhere: true },
    { elsewhere: 1 },
  ],
  ['naru_recoveries_total', taps.recoveryContinued, { namespace: '/', after: '1', isElsewhere: false }, { here: 1 }],
  ['naru_recoveries_failed_total', taps.recoveryFailed, { namespace: '/', reason: 'gap' }, { gap: 1 }],
  ['naru_recoveries_failed_total', taps.recoveryFailed, { namespace: '/', reason: 'later' }, { other: 1 }],
  ['naru_sessions_taken_total', taps.recoveryTaken, { namespace: '/', socket: 'a' }, { '': 1 }],
  ['naru_backplane_changes_total', taps.homeChanged, { backplane: 'redis', state: 'away', detail: 'x' }, { away: 1 }],
  ['naru_nodes_came_total', taps.nodeCame, { node: 'a', other: 'b' }, { '': 1 }],
  ['naru_nodes_went_total', taps.nodeWent, { node: 'a', other: 'b', isLost: true }, { lost: 1 }],
  ['naru_nodes_went_total', taps.nodeWent, { node: 'a', other: 'b', isLost: false }, { left: 1 }],
  [
    'naru_permissions_refused_total',
    taps.permissionRefused,
    { ...refused, act: 'subscribe', code: 'FORBIDDEN' },
    { 'subscribe FORBIDDEN': 1 },
  ],
  [
    'naru_permissions_refused_total',
    taps.permissionRefused,
    { ...refused, act: 'steal', code: 'secret' },
    { 'other other': 1 },
  ],
  [
    'naru_limits_reached_total',
    taps.limitReached,
    { socket: 'a', namespace: '/', outcome: 'end', event: 'secret', retryAfterMs: 1 },
    { end: 1 },
  ],
  ['naru_drains_began_total', taps.drainBegan, { clients: 1, perSecond: 1 }, { '': 1 }],
  ['naru_drains_ended_total', taps.drainEnded, { clients: 1 }, { '': 1 }],
])('counts %s by its tap %o', (name, tap, facts, numbers) => {
  const metric = metrics.find((each) => each.name === name);
  const recorder = record(metrics);
  (tap as object as taps.Tap<object>).publish(facts);
  expect(metric && numbersOf(recorder.read(metric))).toEqual(numbers);
});

it('reads the rest from the servers', () => {
  const recorder = record(metrics, [fakeServer()]);
  const numbers = metrics
    .filter(({ source }) => source.type === 'reading')
    .map((metric) => [metric.name, numbersOf(recorder.read(metric))]);
  expect(Object.fromEntries(numbers)).toEqual({
    naru_log_appends_total: { '': 5 },
    naru_log_records_appended_total: { '': 6 },
    naru_log_appended_bytes_total: { '': 7 },
    naru_log_flights: { '': 2 },
    naru_log_events_waiting: { '': 4 },
    naru_log_records_heard_total: { '': 2 },
    naru_log_heard_bytes_total: { '': 3 },
    naru_log_reads_total: { '': 4 },
    naru_backplane_state: { up: 1 },
    naru_node_messages_sent_total: { '': 9 },
    naru_node_messages_heard_total: { '': 8 },
    naru_node_messages_lost_total: { '': 15 },
    naru_ready: {},
    naru_not_ready: { delay: 1 },
    naru_event_loop_delay_seconds: { '': 0.25 },
  });
});
