import * as taps from 'naru/taps';
import { expect, it } from 'vitest';
import { EVENTS, SESSIONS, SLOW, SOCKETS } from '../../src/table/clients.js';
import { fakeServer, numbersOf, record, setSessions } from '../fakes.js';

const metrics = [...SESSIONS, ...SOCKETS, ...EVENTS, ...SLOW];
const socket = { connection: 1, socket: 'a', namespace: '/' };

/** Publishes facts as a tap has them, and returns the numbers of a metric. */
function numbersAfter(name: string, tap: taps.Tap<never>, facts: object): unknown {
  const metric = metrics.find((each) => each.name === name);
  const recorder = record(metrics);
  tap.publish(facts as never);
  return metric && numbersOf(recorder.read(metric));
}

it.each([
  ['naru_sessions', taps.sessionOpened, { wire: 'polling' }, { polling: 1 }],
  ['naru_sessions', taps.sessionUpgraded, { from: 'polling', to: 'websocket' }, { websocket: 1 }],
  ['naru_sessions_opened_total', taps.sessionOpened, { wire: 'tcp' }, { tcp: 1 }],
  [
    'naru_sessions_ended_total',
    taps.sessionEnded,
    { wire: 'udp', reason: 'ping timeout', code: 'x', detail: 'of a client' },
    { 'udp ping timeout': 1 },
  ],
  ['naru_upgrades_total', taps.sessionUpgraded, { from: 'polling', to: 'sse' }, { 'polling sse': 1 }],
  ['naru_upgrades_failed_total', taps.sessionNotUpgraded, { wire: 'polling' }, { polling: 1 }],
  [
    'naru_handshakes_refused_total',
    taps.handshakeRefused,
    { reason: 'crowded', detail: 'x', status: 1 },
    { crowded: 1 },
  ],
  ['naru_handshakes_refused_total', taps.handshakeRefused, { reason: '<script>', status: 1 }, { other: 1 }],
  ['naru_handshakes_foreign_total', taps.handshakeForeign, { origin: 'http://x' }, { '': 1 }],
  ['naru_sockets_joined_total', taps.socketJoined, { ...socket, isRecovered: false }, { new: 1 }],
  ['naru_sockets_joined_total', taps.socketJoined, { ...socket, isRecovered: true }, { recovered: 1 }],
  ['naru_sockets_left_total', taps.socketLeft, { ...socket, reason: 'transport close' }, { 'transport close': 1 }],
  ['naru_sockets_left_total', taps.socketLeft, { ...socket, reason: 'of the program' }, { other: 1 }],
  ['naru_sockets_refused_total', taps.socketRefused, { ...socket, message: 'no' }, { '': 1 }],
  ['naru_slow_readers_began_total', taps.slowBegan, { ...socket, policy: 'hold', bytes: 1 }, { hold: 1 }],
  ['naru_slow_readers_ended_total', taps.slowEnded, socket, { '': 1 }],
])('counts %s by its tap %o', (name, tap, facts, numbers) => {
  expect(numbersAfter(name, tap as object as taps.Tap<never>, facts)).toEqual(numbers);
});

it('reads the rest from the counters and from the servers', () => {
  setSessions(2);
  const recorder = record(metrics, [fakeServer()]);
  const read = (name: string) => {
    const metric = metrics.find((each) => each.name === name);
    return metric && recorder.read(metric).map(({ value }) => value);
  };
  const { counters } = taps;
  expect(read('naru_events_received_total')).toEqual([counters.eventsIn]);
  expect(read('naru_sent_bytes_total')).toEqual([counters.bytesOut]);
  expect(read('naru_sockets')).toEqual([2]);
  expect(read('naru_rooms')).toEqual([3]);
  expect(read('naru_namespaces')).toEqual([2]);
  expect(read('naru_slow_readers')).toEqual([2]);
  expect(read('naru_slow_readers_waiting_bytes')).toEqual([42]);
  expect(read('naru_slowest_reader_waiting_bytes')).toEqual([30]);
  expect(read('naru_slow_readers_disconnected_total')).toEqual([4]);
  expect(read('naru_slow_events_dropped_total')).toEqual([5]);
  expect(read('naru_slow_dropped_bytes_total')).toEqual([6]);
  expect(read('naru_slow_events_replaced_total')).toEqual([7]);
});

it.each([
  [2, { sse: 1, other: 1 }],
  [0, {}],
])('begins with the open sessions if the process has had %i', (sessions, numbers) => {
  setSessions(sessions);
  const [open] = SESSIONS;
  expect(open && numbersOf(record(metrics, [fakeServer()]).read(open))).toEqual(numbers);
});
