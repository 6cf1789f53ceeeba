/** Promises of docs/clusters.md and docs/backplanes.md about brokers that fail. */
import { BROKERS, LOGS, ORDERED, type Promised, RELIABLE } from '../promised.js';

/** The promises of docs/clusters.md and docs/backplanes.md about brokers that fail. */
export const clusters: readonly Promised[] = [
  {
    id: 'cluster-link-breaks',
    said: {
      'docs/clusters.md':
        'the connection of a server to the broker breaks | nothing lost, nothing twice; events come later',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'broken connections to the home lose no event and repeat none, at whatever moment they break',
    },
    mutant: { in: 'broker/src/calls.ts', find: '    this.#waiting = [...this.#open, ...this.#waiting];', put: '' },
  },
  {
    id: 'cluster-away',
    said: {
      'docs/clusters.md':
        'the broker is away for less than a minute | as above: events wait in the servers, unless [they need not](#events-that-do-not-wait). A client that changes servers meanwhile may see a later event of its own first',
      'docs/migration.md': '**While Redis is away,** events wait in the servers for up to a minute.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that is away for * seconds delays events, and loses none',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'const WRITE_WAIT_MS = 60_000;',
      put: 'const WRITE_WAIT_MS = 5_000;',
    },
  },
  {
    id: 'cluster-away-long',
    said: {
      'docs/clusters.md':
        'the broker is away for longer, or more than 16 MiB of events wait in a server | the events that waited for a minute, and those that find no room, are lost: one `naru:gap`, and `log_error` on the server',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that is away for longer than a minute costs the oldest events, of which log_error and one naru:gap tell',
    },
    mutant: { in: 'naru/src/namespace/log/namespace-log.ts', find: 'this.lost.note(this.offset);', put: '' },
  },
  {
    id: 'cluster-away-bytes',
    said: {
      'docs/clusters.md': 'events that wait in a server while the broker is away | 16 MiB, for a minute | the same',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that is away refuses what is too much to wait, and tells of that, too',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'const WAITING_BYTES_MAX = 16 * 1024 * 1024;',
      put: 'const WAITING_BYTES_MAX = 1024 * 1024 * 1024;',
    },
  },
  {
    id: 'cluster-lost-tail',
    said: {
      'docs/clusters.md':
        'Redis restarts, and `appendfsync everysec` lost the last second | clients that were ahead are told, by `naru:gap` or a new session; the others continue',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that has lost its newest records has everybody told once: those who have seen them, those who have not, and those who come back',
    },
    mutant: {
      in: 'broker/src/log/lost-tails.ts',
      find: "if (await calls.call('knows', [namespace, offset])) return false;",
      put: 'if (calls) return false;',
    },
  },
  {
    id: 'cluster-replica',
    said: {
      'docs/clusters.md':
        'a Redis replica without the newest events takes over | the same; events that nobody had confirmed come again',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/hard-cases',
      test: 'a replica that takes over between the append and the answer gets the batch again and keeps it once',
    },
    mutant: { in: 'broker/src/calls.ts', find: '    this.#waiting = [...this.#open, ...this.#waiting];', put: '' },
  },
  {
    id: 'cluster-killed-server',
    said: {
      'docs/clusters.md':
        'a server is killed | its clients go on at another server and miss nothing that was stored; events of its last milliseconds may not have been',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['kill'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a server that dies leaves its clients their sessions and events, which they get elsewhere',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-writer.ts',
      find: 'if (session.isOver || log.beginning || session.live?.isExpelled) return;',
      put: 'if (!session.isOver || log.beginning) return;',
    },
  },
  {
    id: 'cluster-stands-still',
    said: {
      'docs/clusters.md': 'a server stands still | its clients reconnect elsewhere; no other server waits for it',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['pause'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a server that stands still for 15 seconds delays its own events only, and its clients get everything in the one order',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'const flight = log.fences.begin(events, appended);',
      put: 'const flight = log.fences.begin(events, appended);\n    this.#sending.items(events, []);',
    },
  },
  {
    id: 'cluster-clocks',
    said: { 'docs/clusters.md': "the clocks of servers differ | nothing; the broker's clock decides about leases" },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'servers whose clocks are an hour off keep one order, sessions and recovery',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-writer.ts',
      find: 'live ? LIVES * keptMs : keptMs]',
      put: 'live ? LIVES * keptMs : keptMs - this.#context.clock.now()]',
    },
  },
  {
    id: 'cluster-volatile',
    said: {
      'docs/clusters.md':
        'While the broker is away, volatile events between servers are lost, and those of a server to its own clients arrive.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['volatile', 'faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that is away delays neither volatile events, local ones, answers nor questions for more than a second',
    },
    mutant: {
      in: 'naru/src/namespace/delivery.ts',
      find: 'if (fences.isClosed && !isVolatile) {',
      put: 'if (fences.isClosed) {',
    },
  },
  {
    id: 'cluster-state-asked',
    said: { 'docs/backplanes.md': 'No permission is needed, and the answer says nothing else.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['call'],
    check: {
      file: 'packages/naru/test/server/api/backplane',
      test: 'io.backplane has the state of the home, tells when it changes, and lets clients ask',
    },
    mutant: { in: 'naru/src/server/api/backplane.ts', find: "STATE = 'naru:backplane'", put: "STATE = 'naru:home'" },
  },
  {
    id: 'cluster-hears-own',
    said: {
      'docs/clusters.md': '**A server hears only its namespaces.** It follows a namespace while it has sockets there.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['broadcast'],
    check: {
      file: 'test/scenario/late/interest',
      test: '100 namespaces with sockets on one of three nodes each are heard for ten seconds after their sockets have left, and not after that',
    },
    mutant: {
      in: 'naru/src/namespace/log/namespace-log.ts',
      find: '    if (!this.following || this.#linger !== undefined) return;',
      put: '    if (this.following) return;',
    },
  },
  {
    id: 'cluster-hears-ten-seconds',
    said: {
      'docs/backplanes.md': 'After the last socket has left, the server goes on to hear the namespace for ten seconds.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['disconnect'],
    check: {
      file: 'test/scenario/late/interest',
      test: '100 namespaces with sockets on one of three nodes each are heard for ten seconds after their sockets have left, and not after that',
    },
    mutant: {
      in: 'naru/src/namespace/log/log-home.ts',
      find: 'lingerMs: 10_000,',
      put: 'lingerMs: 20_000,',
    },
  },
  {
    id: 'cluster-own-room-carried',
    said: {
      'docs/backplanes.md':
        "On Redis and NATS, a message to the own room of a socket, such as `io.to(socket.id).emit('said')`, is stored in the log and carried to the server of that socket. The other servers of the namespace do not hear it.",
    },
    wires: RELIABLE,
    homes: ['redis', 'nats'],
    operations: ['broadcast'],
    check: {
      file: 'test/scenario/late/own-rooms',
      test: 'messages to single sockets are not carried to a node that has none of the receivers, which misses nothing',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: "if (isFirst && this.#hasAll(batch)) return 'deliver batch';",
      put: '',
    },
  },
  {
    id: 'cluster-own-room-moves',
    said: { 'docs/backplanes.md': 'A session that goes on at another server takes its messages along.' },
    wires: RELIABLE,
    homes: ['redis', 'nats'],
    operations: ['broadcast', 'recovery'],
    check: {
      file: 'test/scenario/late/own-rooms',
      test: 'messages to single sockets reach a session that goes on at another node, each once and in order',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/interest.ts',
      find: 'if (!following || !this.isNew(room)) return undefined;',
      put: 'return undefined;',
    },
  },
  {
    id: 'cluster-own-room-joined',
    said: {
      'docs/backplanes.md':
        'A socket may join the own room of a socket of another server. It gets the messages that are sent from then on.',
    },
    wires: RELIABLE,
    homes: ['redis', 'nats'],
    operations: ['join', 'broadcast'],
    check: {
      file: 'test/scenario/late/own-rooms',
      test: 'messages to single sockets reach a socket of another node that has joined the room, and not those that were sent before',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'if (rooms.some((room) => this.#interest.isNew(room))) this.reachEnd();',
      put: '',
    },
  },
  {
    id: 'cluster-known-at-once',
    said: {
      'docs/backplanes.md': '**A server that starts or closes** is known to all others within a few milliseconds.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['start', 'close'],
    check: {
      file: 'packages/broker/test/remote-talk',
      test: 'the nodes that talk over a home know each other at once, however their starts overlap',
    },
    mutant: { in: 'broker/src/talk-members.ts', find: "if (isNew || this.hasCarriers) say('here', nodes);", put: '' },
  },
  {
    id: 'cluster-nobody-hears',
    said: {
      'docs/backplanes.md':
        'Until then, the broker says that nobody hears a question to it, so a call fails at once and names the server in `missing`.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['call', 'kill'],
    check: {
      file: 'test/scenario/late/calls',
      test: 'calls to servers on other machines name a killed server at once, and leave it out when its lease has ended',
    },
    mutant: { in: 'broker/src/said-queue.ts', find: 'if (!isHeard) message.onUnheard?.();', put: '' },
  },
  {
    id: 'cluster-call-waits',
    said: { 'docs/backplanes.md': 'A call of that server waits for the next connection, for five seconds at most.' },
    wires: ['server'],
    homes: BROKERS,
    operations: ['call', 'faults'],
    check: {
      file: 'packages/broker/test/remote-talk',
      test: 'messages over a home wait for an uplink, except broadcasts, and for five seconds at most',
    },
    mutant: { in: 'broker/src/said-queue.ts', find: 'const WAIT_MS = 5_000;', put: 'const WAIT_MS = 15_000;' },
  },
  {
    id: 'cluster-call-timeout',
    said: {
      'docs/backplanes.md':
        '**While the broker is away,** calls fail after their timeout with the code `TIMEOUT` and all other servers in `missing`.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['call', 'faults'],
    check: {
      file: 'test/scenario/late/calls',
      test: 'calls to servers on other machines name all others after their timeout while the home is away, and reach them again when it is back',
    },
    mutant: {
      in: 'naru/src/namespace/remote/remote.ts',
      find: 'REMOTE_WAIT_MS = 5_000',
      put: 'REMOTE_WAIT_MS = 600_000',
    },
  },
  {
    id: 'cluster-change-after-silence',
    said: {
      'docs/backplanes.md':
        'They also take effect on a server that the broker did not answer for a while, each at its place among the events.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['move', 'faults'],
    check: {
      file: 'packages/naru/test/namespace/log/order/order-told',
      test: 'LogDelivery with a log that tells what others append reads again before its own flight when the home has not answered in time, so it hears every message',
    },
    mutant: {
      in: 'naru/src/namespace/log/order/log-delivery.ts',
      find: 'const TRIES_MAX = 6;',
      put: 'const TRIES_MAX = 1;',
    },
  },
  {
    id: 'cluster-found-again',
    said: { 'docs/backplanes.md': 'The servers find each other again when the broker is back.' },
    wires: ['server'],
    homes: BROKERS,
    operations: ['call', 'faults'],
    check: {
      file: 'packages/broker/test/remote-talk',
      test: 'the nodes that talk over a home find each other again after a partition that was longer than the lease',
    },
    mutant: {
      in: 'broker/src/talk-members.ts',
      find: '    this.#schedule();\n    this.#renew();',
      put: '    this.#schedule();',
    },
  },
  {
    id: 'cluster-large-message',
    said: {
      'docs/backplanes.md':
        '**Large messages,** for example thousands of sockets in the answer to `fetchSockets`, travel in pieces of at most 512 KiB.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['call'],
    check: {
      file: 'packages/broker/test/remote-talk',
      test: 'messages over a home arrive in order and whole, however large they are',
    },
    mutant: {
      in: 'broker/src/pieces.ts',
      find: 'Buffer.concat([...known.bodies, body]) };',
      put: 'Buffer.concat(known.bodies) };',
    },
  },
];
