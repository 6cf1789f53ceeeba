/** The metrics about clients and their events. */
import {
  counters,
  handshakeForeign,
  handshakeRefused,
  sessionBeat,
  sessionEnded,
  sessionNotUpgraded,
  sessionOpened,
  sessionUpgraded,
  slowBegan,
  slowEnded,
  socketJoined,
  socketLeft,
  socketRefused,
} from 'naru/taps';
import { HANDSHAKE_REFUSALS, POLICIES, SESSION_ENDS, SOCKET_ENDS, WIRES } from '../labels.js';
import { type Change, change, counter, gauge, level, type Metric, names, tally, times } from '../metric.js';
import type { MeasuredServer } from '../reading.js';

/** Returns the sessions that are open already. A server whose engine is made takes no more options. */
function wiresOf(server: MeasuredServer): Change[] {
  if (counters.sessions === 0) return [];
  return Object.values(server.engine.clients).map(({ transport }) => ({ labels: { wire: transport.name }, by: 1 }));
}

/** Sessions and handshakes. */
export const SESSIONS: readonly Metric[] = [
  level(names('naru_sessions', 'naru.sessions', '{session}', 'Open sessions.', { wire: WIRES }), wiresOf, [
    change(sessionOpened, ({ wire }) => [{ labels: { wire }, by: 1 }]),
    change(sessionUpgraded, ({ from, to }) => [
      { labels: { wire: from }, by: -1 },
      { labels: { wire: to }, by: 1 },
    ]),
    change(sessionEnded, ({ wire }) => [{ labels: { wire }, by: -1 }]),
  ]),
  tally(
    names('naru_sessions_opened_total', 'naru.session.opened', '{session}', 'Sessions that clients opened.', {
      wire: WIRES,
    }),
    sessionOpened,
  ),
  tally(
    names('naru_sessions_ended_total', 'naru.session.ended', '{session}', 'Sessions that ended.', {
      wire: WIRES,
      reason: SESSION_ENDS,
    }),
    sessionEnded,
  ),
  tally(
    names('naru_upgrades_total', 'naru.session.upgraded', '{session}', 'Sessions that moved to another transport.', {
      from: WIRES,
      to: WIRES,
    }),
    sessionUpgraded,
  ),
  tally(
    names('naru_upgrades_failed_total', 'naru.session.not_upgraded', '{session}', 'Sessions that could not move.', {
      wire: WIRES,
    }),
    sessionNotUpgraded,
  ),
  times(
    names('naru_round_trip_seconds', 'naru.session.round_trip', 's', 'Time from a ping to its pong.'),
    sessionBeat,
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
  ),
  tally(
    names('naru_handshakes_refused_total', 'naru.handshake.refused', '{request}', 'Requests that got no session.', {
      reason: HANDSHAKE_REFUSALS,
    }),
    handshakeRefused,
  ),
  tally(
    names(
      'naru_handshakes_foreign_total',
      'naru.handshake.foreign',
      '{request}',
      'Requests of pages whose origin `cors` does not allow.',
    ),
    handshakeForeign,
  ),
];

/** Sockets, namespaces and rooms. */
export const SOCKETS: readonly Metric[] = [
  gauge(names('naru_sockets', 'naru.sockets', '{socket}', 'Sockets in all namespaces.'), ({ sockets }) => sockets),
  tally(
    names('naru_sockets_joined_total', 'naru.socket.joined', '{socket}', 'Sockets that joined a namespace.', {
      session: new Set(['new', 'recovered']),
    }),
    socketJoined,
    ({ isRecovered }) => ({ session: isRecovered ? 'recovered' : 'new' }),
  ),
  tally(
    names('naru_sockets_left_total', 'naru.socket.left', '{socket}', 'Sockets that left a namespace.', {
      reason: SOCKET_ENDS,
    }),
    socketLeft,
  ),
  tally(
    names('naru_sockets_refused_total', 'naru.socket.refused', '{socket}', 'Clients that may not join a namespace.'),
    socketRefused,
  ),
  gauge(
    names('naru_namespaces', 'naru.namespaces', '{namespace}', 'Namespaces of the servers.'),
    ({ namespaces }) => namespaces,
  ),
  gauge(
    names('naru_rooms', 'naru.rooms', '{room}', 'Rooms with sockets, the own room of each socket included.'),
    ({ rooms }) => rooms,
  ),
];

/** Events, acknowledgements and bytes. */
export const EVENTS: readonly Metric[] = [
  counter(
    names('naru_messages_received_total', 'naru.message.received', '{message}', 'Messages of clients.'),
    ({ counters }) => counters.messagesIn,
  ),
  counter(
    names(
      'naru_received_bytes_total',
      'naru.message.received.size',
      'By',
      'Size of the messages of clients. Text counts by characters.',
    ),
    ({ counters }) => counters.bytesIn,
  ),
  counter(
    names('naru_packets_sent_total', 'naru.packet.sent', '{packet}', 'Packets to clients after the handshake.'),
    ({ counters }) => counters.packetsOut,
  ),
  counter(
    names(
      'naru_sent_bytes_total',
      'naru.packet.sent.size',
      'By',
      'Size of these packets, before framing and compression. Text counts by characters.',
    ),
    ({ counters }) => counters.bytesOut,
  ),
  counter(
    names('naru_events_received_total', 'naru.event.received', '{event}', 'Events of clients.'),
    ({ counters }) => counters.eventsIn,
  ),
  counter(
    names(
      'naru_events_sent_total',
      'naru.event.sent',
      '{event}',
      'Events that programs and publishing clients sent. One to many sockets counts once.',
    ),
    ({ counters }) => counters.eventsOut,
  ),
  counter(
    names(
      'naru_acknowledgements_received_total',
      'naru.acknowledgement.received',
      '{acknowledgement}',
      'Acknowledgements of clients.',
    ),
    ({ counters }) => counters.acknowledgementsIn,
  ),
  counter(
    names(
      'naru_acknowledgements_sent_total',
      'naru.acknowledgement.sent',
      '{acknowledgement}',
      'Acknowledgements to clients.',
    ),
    ({ counters }) => counters.acknowledgementsOut,
  ),
  counter(
    names(
      'naru_volatile_events_dropped_total',
      'naru.event.volatile.dropped',
      '{event}',
      'Volatile events that were dropped for one client each.',
    ),
    ({ counters }) => counters.volatileDropped,
  ),
];

/** Slow readers. */
export const SLOW: readonly Metric[] = [
  gauge(
    names('naru_slow_readers', 'naru.slow_readers', '{socket}', 'Sockets whose client reads slowly now.'),
    ({ slow }) => slow.count,
  ),
  gauge(
    names('naru_slow_readers_waiting_bytes', 'naru.slow_reader.waiting', 'By', 'Bytes that wait for slow readers.'),
    ({ slow }) => slow.bytes,
  ),
  gauge(
    names(
      'naru_slowest_reader_waiting_bytes',
      'naru.slow_reader.waiting.max',
      'By',
      'Bytes that wait for the slowest reader.',
    ),
    ({ slow }) => slow.bytesMost,
    'max',
  ),
  tally(
    names('naru_slow_readers_began_total', 'naru.slow_reader.began', '{socket}', 'Sockets that became slow.', {
      policy: POLICIES,
    }),
    slowBegan,
  ),
  tally(
    names('naru_slow_readers_ended_total', 'naru.slow_reader.ended', '{socket}', 'Sockets that are slow no more.'),
    slowEnded,
  ),
  counter(
    names(
      'naru_slow_readers_disconnected_total',
      'naru.slow_reader.disconnected',
      '{socket}',
      'Sockets that were disconnected because too much waited for them.',
    ),
    ({ slow }) => slow.totals.disconnected,
  ),
  counter(
    names(
      'naru_slow_events_dropped_total',
      'naru.slow_reader.event.dropped',
      '{event}',
      'Events that policies dropped for one slow reader each.',
    ),
    ({ slow }) => slow.totals.droppedEvents,
  ),
  counter(
    names(
      'naru_slow_dropped_bytes_total',
      'naru.slow_reader.event.dropped.size',
      'By',
      'Size of the events that policies dropped.',
    ),
    ({ slow }) => slow.totals.droppedBytes,
  ),
  counter(
    names(
      'naru_slow_events_replaced_total',
      'naru.slow_reader.event.replaced',
      '{event}',
      'Events that a newer event with the same key replaced.',
    ),
    ({ slow }) => slow.totals.conflatedEvents,
  ),
];
