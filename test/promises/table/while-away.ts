/** The promises of events that do not wait for a log that is silent. */
import { BROKERS, type Promised, RELIABLE } from '../promised.js';

const document = 'docs/clusters.md';
const file = 'test/scenario/late/while-away';
const eachOnce = {
  file,
  test: 'events that do not wait, * reach the clients of their server at once, and those of others when the home is back, each once',
};
const kind = { wires: RELIABLE, homes: BROKERS };
const sending = 'naru/src/namespace/log/order/sending.ts';

export const whileAway: readonly Promised[] = [
  {
    id: 'local-at-once',
    said: {
      [document]:
        'The broker has been silent for a second | events wait | own clients get what has waited, and then each event at once',
    },
    ...kind,
    operations: ['broadcast', 'faults'],
    check: eachOnce,
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'if (log.isLocalWhileAway && events.length > 0)',
      put: 'if (log.isLocalWhileAway && events.length > 1)',
    },
  },
  {
    id: 'local-kept',
    said: {
      [document]:
        'The broker is back | all clients get the events | the clients of other servers get them, and the log has them',
    },
    ...kind,
    operations: ['broadcast', 'faults'],
    check: eachOnce,
    mutant: {
      in: sending,
      find: 'if (!left) this.items(flight.events, offsets, from);',
      put: 'this.items(flight.events, offsets, from);',
    },
  },
  {
    id: 'local-places',
    said: {
      [document]:
        'Connections of STOMP with a [durable subscription](stomp.md#durable-subscriptions), and clients that read late | get events at their places | the same',
    },
    wires: ['stomp'],
    homes: BROKERS,
    operations: ['subscribe', 'faults'],
    check: {
      file,
      test: 'events that do not wait reach plain subscriptions of STOMP at once, and durable ones at their places',
    },
    mutant: { in: sending, find: ' || recipient.client.isAtPlace', put: '' },
  },
  {
    id: 'local-rooms',
    said: {
      [document]:
        'A room that a client joins or leaves meanwhile | counts from its place among the events | counts at once',
    },
    ...kind,
    operations: ['broadcast', 'join', 'leave', 'faults'],
    check: { file, test: 'events that do not wait reach the members of a room as the program sees them, each once' },
    mutant: { in: sending, find: 'rooms.seen.recipientsOf(target) : []', put: 'rooms.recipientsOf(target) : []' },
  },
  {
    id: 'local-again',
    said: {
      [document]:
        'A client that comes back, falls behind or enters with history before the log has such an event | gets each event once | may get the event again',
    },
    ...kind,
    operations: ['recover', 'faults'],
    check: { file, test: 'events that do not wait come once to a client that reads late, after what it has to read' },
    mutant: { in: sending, find: 'recipient.lag instanceof SocketReader || recipient', put: 'recipient' },
  },
  {
    id: 'local-not-kept',
    said: {
      [document]:
        'The broker stays away for a minute, or 16 MiB wait | events are lost to all, and one `naru:gap` tells them | own clients have the events; `naru:gap` tells everybody',
    },
    ...kind,
    operations: ['broadcast', 'faults'],
    check: {
      file,
      test: 'events that do not wait that the home refuses over a link that stays have reached their own clients, and everybody is told',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'runSoon(() => attempt(',
      put: "runSoon(() => flight.answer !== 'refused' && attempt(",
    },
  },
];
