/** Promises about the order of events. */
import { BROKERS, EVERY_HOME, LOGS, ORDERED, PLAIN, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about the order of events. */
export const order: readonly Promised[] = [
  {
    id: 'order-one',
    said: {
      'docs/recovery.md':
        'The events of a namespace have one order, which is the same for every client, on every wire and in every process.',
      'docs/backplanes.md': 'Their events have one order, which is the same for all clients.',
      'docs/migration.md': 'All clients on all servers see the events of a namespace in one order.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['broadcast'],
    check: {
      file: 'packages/naru/test/namespace/log/order/log-delivery',
      test: 'LogDelivery with * gives all processes one order, and each event once',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: "return isMissing && log.following ? 'read' : 'deliver flight';",
      put: "return 'deliver flight';",
    },
  },
  {
    id: 'order-one-on-many-machines',
    said: {
      'README.md':
        '**One server on many machines.** Servers share a [Redis or a NATS](docs/clusters.md): all clients see one order of events, and those of a server that dies go on at another one.',
      'docs/clusters.md':
        'a server sees its clients but not the broker | as when the broker is away; when it is back, there is one order for all',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['broadcast'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a server that sees its clients and not the home keeps one order, and gives a client that moved nothing more',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'const flight = log.fences.begin(events, appended);',
      put: 'const flight = log.fences.begin(events, appended);\n    this.#sending.items(events, []);',
    },
  },
  {
    id: 'order-without-log',
    said: {
      'docs/delivery.md': 'no log | as sent, to each socket | events while the client is away | none',
      'docs/server.md': 'Events from one sender to one socket arrive in order, each at most once.',
    },
    wires: ORDERED,
    homes: ['none'],
    operations: ['broadcast'],
    check: {
      file: 'packages/naru/test/namespace/namespace',
      test: 'Namespace reaches everybody, in order, also between messages to one socket',
    },
    mutant: {
      in: 'naru/src/session/outbox.ts',
      find: 'session.waiting ? session.waiting.append(packet) : this.#begin(packet);',
      put: 'session.waiting && packet.size % 2 === 0 ? session.waiting.append(packet) : this.#begin(packet);',
    },
  },
  {
    id: 'order-with-log',
    said: {
      'docs/delivery.md':
        'a log, and a client that comes back in time | one order for the namespace, in all processes | none; if the log is too short, the client is told | none',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['broadcast', 'recover'],
    check: {
      file: 'test/scenario/recovery',
      test: 'recovery over * loses nothing, repeats nothing and keeps the order, or reports a gap (seed *)',
    },
    mutant: {
      in: 'naru/src/namespace/membership/membership.ts',
      find: 'if (state) this.holdFrom(state.after);',
      put: '',
    },
  },
  {
    id: 'order-plain-wire',
    said: {
      'docs/delivery.md':
        'a log, and a wire without recovery of its own | one order for the namespace | events while the client is away, unless it asks for them | none',
    },
    wires: PLAIN,
    homes: LOGS,
    operations: ['broadcast'],
    check: {
      file: 'packages/naru/test/wires/events/event-stream-connection',
      test: 'an event stream carries the events of its rooms, to everybody and to itself, in order',
    },
    mutant: {
      in: 'naru/src/wires/plain-connection.ts',
      find: 'if (event) for (const encoded of this.encodeEvent(event)) this.conn.sendPacket(encoded);',
      put: 'if (event)\n        for (const encoded of [...this.encodeEvent(event), ...this.encodeEvent(event)]) this.conn.sendPacket(encoded);',
    },
  },
  {
    id: 'order-ack',
    said: {
      'docs/delivery.md': '`emit` with an acknowledgement | as sent | possible; `timeout` tells the server | none',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['ack'],
    check: {
      file: 'packages/naru/test/namespace/socket/socket',
      test: 'Socket rejects emitWithAck after timeout, and resolves it with the answer',
    },
    mutant: {
      in: 'naru/src/namespace/membership/acks.ts',
      find: "this.#take(id)?.listener.call(this.#socket, new UnavailableError('TIMEOUT', 'operation has timed out'));",
      put: 'this.#take(id);',
    },
  },
  {
    id: 'order-from-client',
    said: {
      'docs/delivery.md':
        'any client, `emit` | as sent, on one connection | if the connection breaks on the way | at most once',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'test/scenario/delivery',
      test: 'without recovery, over * delivers events at most once, whole and in order, both ways (seed *)',
    },
    mutant: {
      in: 'naru/src/namespace/connection.ts',
      find: 'if (member) member.onPacket(packet);\n    else if (packet.type',
      put: 'if (member) for (const each of [packet, packet]) member.onPacket(each);\n    else if (packet.type',
    },
  },
  {
    id: 'order-client-timeout',
    said: {
      'docs/delivery.md':
        'any client, `emit` with an acknowledgement and `timeout` | as sent, on one connection | the same, but the sender is told | at most once',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with an acknowledgement'],
    check: {
      file: 'packages/naru/test/client/socket/acks',
      test: 'ends the wait at a time limit, and withdraws an event that was not sent',
    },
    mutant: {
      in: 'naru/src/client/socket/acks.ts',
      find: 'socket.sendBuffer = socket.sendBuffer.filter((packet) => packet.id !== id);',
      put: '',
    },
  },
  {
    id: 'order-of-calls',
    said: {
      'docs/server.md':
        'Joins, leaves, disconnects and broadcasts with acknowledgements go through the log. They keep their order with events: in the example, all sockets of the lobby get `start`.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['call'],
    check: {
      file: 'packages/naru/test/namespace/reach',
      test: 'the reach of a namespace joins and leaves sockets of other nodes in order with events',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'this.#context.outbox.settle();\n    this.#commit([toldEvent(message)]);',
      put: 'this.#commit([toldEvent(message)]);',
    },
  },
  {
    id: 'order-emitter',
    said: {
      'docs/emitter.md':
        '**Order.** Events and changes of sockets of one namespace take effect in the order of the calls.',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['emit from another process'],
    check: {
      file: 'packages/naru/test/emitter/outlet',
      test: 'an outlet stores what is sent without a pause together, in the order of the calls',
    },
    mutant: {
      in: 'naru/src/emitter/outlet.ts',
      find: '.push({ record, size, resolve, reject });',
      put: '.unshift({ record, size, resolve, reject });',
    },
  },
  {
    id: 'order-emitter-stored',
    said: { 'docs/emitter.md': 'It resolves when the backplane has stored the event.' },
    wires: ['server'],
    homes: SHARED,
    operations: ['emit from another process'],
    check: {
      file: 'packages/naru/test/emitter/emitter',
      test: 'an emitter waits for a home that is away, and rejects when it has been away for a minute',
    },
    mutant: {
      in: 'naru/src/emitter/outlet.ts',
      find: 'await this.#store(namespace, { packet,',
      put: 'void this.#store(namespace, { packet,',
    },
  },
  {
    id: 'order-clock',
    said: {
      'docs/backplanes.md':
        '**The order of events** does not depend on the clock either. Offsets rise, whatever the time is.',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['broadcast'],
    check: {
      file: 'packages/local/test/records/holes',
      test: 'the beginning of a process never goes back with the clock, or to invalid numbers with an absurd clock',
    },
    mutant: {
      in: 'local/src/records/holes.ts',
      find: '? Math.max(byTime, newest) : newest;',
      put: '? byTime : newest;',
    },
  },
  {
    id: 'order-offsets',
    said: { 'docs/history.md': '**Offsets** are strings that sort in the order of the log.' },
    wires: ['server'],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/backplane/backplane',
      test: 'offsets sort as text in the order of their numbers',
    },
    mutant: {
      in: 'naru/src/backplane/backplane.ts',
      find: "high.toString(36).padStart(OFFSET_DIGITS - 4, '0')",
      put: 'high.toString(36)',
    },
  },
  {
    id: 'order-members',
    said: {
      'docs/server.md':
        '`socket.join(room)`, `socket.leave(room)` | changes the rooms of a socket, from the next broadcast on',
      'docs/troubleshooting.md': 'A broadcast goes to the members at that time.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['join', 'leave'],
    check: {
      file: 'packages/naru/test/namespace/namespace',
      test: 'Namespace does not send a socket events from before it joined or after it left',
    },
    mutant: {
      in: 'naru/src/namespace/rooms.ts',
      find: "members?.delete(member.id);\n    this.tell('leave-room'",
      put: "this.tell('leave-room'",
    },
  },
  {
    id: 'order-twice-selected',
    said: { 'docs/server.md': 'A socket in two selected rooms gets the event once.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['broadcast'],
    check: { file: 'packages/naru/test/namespace/rooms', test: 'Rooms visits each member of a target once' },
    mutant: { in: 'naru/src/namespace/rooms.ts', find: 'if (seen.has(member.id)) continue;\n', put: '' },
  },
  {
    id: 'order-unlogged',
    said: {
      'docs/recovery.md':
        'Volatile events, local events (`io.local`), events that ask for an acknowledgement, and acknowledgements are not in the log.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['emit'],
    check: {
      file: 'packages/naru/test/namespace/delivery',
      test: 'Delivery keeps local events out of the log, which other processes read, and in their place among the rest',
    },
    mutant: {
      in: 'naru/src/namespace/delivery.ts',
      find: ' && flags.local !== true && packet.type',
      put: ' && packet.type',
    },
  },
  {
    id: 'order-volatile-unlogged',
    said: {
      'docs/history.md': 'Volatile events and events that ask for an acknowledgement are not in the log at all.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['volatile'],
    check: {
      file: 'packages/naru/test/namespace/delivery',
      test: 'Delivery ends each event with an offset in recovery; a volatile one has the offset of the newest stored event',
    },
    mutant: { in: 'naru/src/namespace/delivery.ts', find: 'const isKept = !isVolatile &&', put: 'const isKept =' },
  },
  {
    id: 'order-permissions',
    said: { 'docs/server.md': 'The requests of one client take effect in the order in which it made them.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permission-questions',
      test: 'PermissionQuestions asks questions at once, and applies their answers in the order of the questions',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permission-questions.ts',
      find: 'request?.act; request = requests[line.doneCount]) {',
      put: 'request; request = requests[line.doneCount]) {\n      if (!request.act) { line.doneCount += 1; continue; }',
    },
  },
  {
    id: 'order-emit-before-close',
    said: {
      'docs/server.md': 'Events that you emitted earlier go out first, as far as each connection takes them at once.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['close'],
    check: {
      file: 'packages/naru/test/server/api/server',
      test: 'Server sends events of the same turn before it closes',
    },
    mutant: {
      in: 'naru/src/server/api/server.ts',
      find: 'outbox.flush();\n    const delivered =',
      put: 'this.#engine?.close();\n    const delivered =',
    },
  },
];
