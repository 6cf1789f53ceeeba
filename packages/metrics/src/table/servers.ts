/** The metrics about logs, nodes and the server itself. */
import {
  drainBegan,
  drainEnded,
  homeChanged,
  limitReached,
  logAnswered,
  logGap,
  logReadLate,
  logRefused,
  nodeCame,
  nodeWent,
  permissionRefused,
  recoveryContinued,
  recoveryFailed,
  recoveryTaken,
} from 'naru/taps';
import { ACTS, LIMIT_OUTCOMES, RECOVERY_FAILURES, REFUSAL_CODES, STATES, UNREADY } from '../labels.js';
import { counter, gauge, gaugeBy, type Metric, names, tally, times } from '../metric.js';

/** Logs and recovery. */
export const LOG: readonly Metric[] = [
  counter(
    names('naru_log_appends_total', 'naru.log.append', '{request}', 'Requests that append to a log.'),
    ({ traffic }) => traffic.appends,
  ),
  counter(
    names(
      'naru_log_records_appended_total',
      'naru.log.record.appended',
      '{record}',
      'Records of appends, also of those that the log refused.',
    ),
    ({ traffic }) => traffic.recordsAppended,
  ),
  counter(
    names('naru_log_appended_bytes_total', 'naru.log.record.appended.size', 'By', 'Size of these records.'),
    ({ traffic }) => traffic.bytesAppended,
  ),
  gauge(
    names('naru_log_flights', 'naru.log.flight', '{request}', 'Appends that are on their way into a log.'),
    ({ flights }) => flights,
  ),
  gauge(
    names(
      'naru_log_events_waiting',
      'naru.log.event.waiting',
      '{event}',
      'Events that are on their way into a log, and that clients get when it has them.',
    ),
    ({ eventsInFlight }) => eventsInFlight,
  ),
  times(
    names('naru_log_append_seconds', 'naru.log.append.duration', 's', 'Time until the home of the log has records.'),
    logAnswered,
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  ),
  tally(
    names('naru_log_appends_refused_total', 'naru.log.append.refused', '{request}', 'Appends that the home refused.'),
    logRefused,
  ),
  counter(
    names('naru_log_records_heard_total', 'naru.log.record.heard', '{record}', 'Records of other nodes.'),
    ({ traffic }) => traffic.recordsHeard,
  ),
  counter(
    names('naru_log_heard_bytes_total', 'naru.log.record.heard.size', 'By', 'Size of the records of other nodes.'),
    ({ traffic }) => traffic.bytesHeard,
  ),
  counter(
    names('naru_log_reads_total', 'naru.log.read', '{request}', 'Requests that read a log.'),
    ({ traffic }) => traffic.reads,
  ),
  tally(
    names('naru_log_late_reads_total', 'naru.log.read.late', '{request}', 'Readings for sockets that are late.'),
    logReadLate,
  ),
  tally(
    names('naru_log_gaps_total', 'naru.log.gap', '{gap}', 'Times that a client was told of missing events.'),
    logGap,
  ),
  tally(
    names('naru_recoveries_total', 'naru.recovery', '{session}', 'Clients that went on with their session.', {
      place: new Set(['here', 'elsewhere']),
    }),
    recoveryContinued,
    ({ isElsewhere }) => ({ place: isElsewhere ? 'elsewhere' : 'here' }),
  ),
  tally(
    names(
      'naru_recoveries_failed_total',
      'naru.recovery.failed',
      '{session}',
      'Clients that asked for their session and did not get it.',
      { reason: RECOVERY_FAILURES },
    ),
    recoveryFailed,
  ),
  tally(
    names('naru_sessions_taken_total', 'naru.recovery.taken', '{session}', 'Sessions that another process took.'),
    recoveryTaken,
  ),
];

/** The home of the logs and other nodes. */
export const CLUSTER: readonly Metric[] = [
  gaugeBy(
    names('naru_backplane_state', 'naru.backplane.state', '{server}', 'Servers whose home of the log is in a state.', {
      state: STATES,
    }),
    ({ states }) => states,
  ),
  tally(
    names(
      'naru_backplane_changes_total',
      'naru.backplane.change',
      '{change}',
      'Times that a backplane came into a state.',
      {
        state: STATES,
      },
    ),
    homeChanged,
  ),
  counter(
    names('naru_node_messages_sent_total', 'naru.node.message.sent', '{message}', 'Messages to other nodes.'),
    ({ traffic }) => traffic.messagesSent,
  ),
  counter(
    names('naru_node_messages_heard_total', 'naru.node.message.heard', '{message}', 'Messages of other nodes.'),
    ({ traffic }) => traffic.messagesHeard,
  ),
  counter(
    names(
      'naru_node_messages_lost_total',
      'naru.node.message.lost',
      '{message}',
      'Messages between nodes that were given up or not taken.',
    ),
    ({ traffic }) => traffic.messagesLost,
  ),
  tally(names('naru_nodes_came_total', 'naru.node.came', '{node}', 'Other nodes that came.'), nodeCame),
  tally(
    names('naru_nodes_went_total', 'naru.node.went', '{node}', 'Other nodes that went.', {
      how: new Set(['left', 'lost']),
    }),
    nodeWent,
    ({ isLost }) => ({ how: isLost ? 'lost' : 'left' }),
  ),
];

/** The server itself, permissions and limits. */
export const SERVER: readonly Metric[] = [
  gauge(
    names('naru_ready', 'naru.server.ready', '{server}', 'Servers that are ready for new clients.'),
    ({ ready }) => ready,
  ),
  gaugeBy(
    names('naru_not_ready', 'naru.server.not_ready', '{server}', 'Servers that are not ready.', { reason: UNREADY }),
    ({ unready }) => unready,
  ),
  gauge(
    names(
      'naru_event_loop_delay_seconds',
      'naru.event_loop.delay',
      's',
      'Delay of the event loop, as the average of a second.',
    ),
    ({ delayMs }) => delayMs / 1_000,
    'max',
  ),
  tally(
    names('naru_permissions_refused_total', 'naru.permission.refused', '{request}', 'Refused requests about rooms.', {
      act: ACTS,
      code: REFUSAL_CODES,
    }),
    permissionRefused,
  ),
  tally(
    names(
      'naru_limits_reached_total',
      'naru.limit.reached',
      '{limit}',
      'Times that a limit of the guard was reached.',
      {
        outcome: LIMIT_OUTCOMES,
      },
    ),
    limitReached,
  ),
  tally(
    names('naru_drains_began_total', 'naru.drain.began', '{drain}', 'Times that a server began to drain.'),
    drainBegan,
  ),
  tally(
    names('naru_drains_ended_total', 'naru.drain.ended', '{drain}', 'Times that a server had sent all clients away.'),
    drainEnded,
  ),
];
