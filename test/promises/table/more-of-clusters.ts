/** Promises about servers that are killed, brokers that are full or restored, and clients that come back. */
import { BROKERS, EVERY_HOME, LOGS, type Promised, RELIABLE, SHARED } from '../promised.js';

/** Promises about servers that are killed, brokers that are full or restored, and clients that come back. */
export const moreOfClusters: readonly Promised[] = [
  {
    id: 'redis-namespace-key',
    said: {
      'docs/clusters.md': 'Beside its records, a namespace has one key, which takes at most 1 kB for two servers.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['emit'],
    check: {
      file: 'packages/redis/test/log/log-scripts',
      test: 'the log in Redis takes one key beside the records of a namespace, with at most 1 kB for two servers',
    },
    mutant: {
      in: 'redis/src/log/log-scripts.ts',
      find: "  redis.call('HSET', meta, 'run', ARGV[4], 'holes',",
      put: "  redis.call('RPUSH', log .. 's', previous)\n  redis.call('HSET', meta, 'run', ARGV[4], 'holes',",
    },
  },
  {
    id: 'order-of-local',
    said: {
      'docs/server.md':
        "`local` | keeps the event in this process and out of the log; the sockets that are in the room now get it, in order with the program's other events",
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit', 'broadcast with acknowledgement', 'join', 'leave'],
    check: {
      file: 'test/scenario/late/hard-cases',
      test: 'a local event behind an event that is on its way goes to the sockets that were in the room when the program emitted it',
    },
    mutant: {
      in: 'naru/src/namespace/namespace-core.ts',
      find: '      this.settle();\n      operation();',
      put: '      operation();',
    },
  },
  {
    id: 'cluster-killed-while-away',
    said: {
      'docs/clusters.md':
        "a server is killed while the broker is away | what it confirmed meanwhile is lost: events, and rooms that its clients joined or left. A POST and an event with a key are [not confirmed](delivery.md#what-an-answer-confirms) meanwhile, nor is anything else with `acknowledge: 'kept'`. A client that joins a room by an event does so again when it connects",
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['kill', 'faults'],
    check: {
      file: 'test/scenario/late/confirmed',
      test: 'a POST is not confirmed if its server is killed while the home is away',
    },
    mutant: {
      in: 'naru/src/wires/events/publish-connection.ts',
      find: 'let isKept = confirmations ? undefined : true;',
      put: 'let isKept: boolean | undefined = true;',
    },
  },
  {
    id: 'cluster-full',
    said: {
      'docs/clusters.md':
        'JetStream of NATS is full | new events are lost until old ones have gone: one `naru:gap`, and `log_error` on the server',
      'docs/backplanes.md':
        '**Room.** When JetStream has reached `max_file_store`, it refuses new events: the server reports `log_error`, and clients get one `naru:gap`.',
    },
    wires: RELIABLE,
    homes: ['nats'],
    operations: ['emit', 'faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that is away tells of an event that the home refuses over a link that stays, before any other event comes',
    },
    mutant: { in: 'naru/src/namespace/log/namespace-log.ts', find: 'this.lost.note(this.offset);', put: '' },
  },
  {
    id: 'cluster-nats-restarts',
    said: {
      'docs/clusters.md': 'NATS restarts, or a minority of its replicas is lost | as when the connection breaks',
    },
    wires: RELIABLE,
    homes: ['nats'],
    operations: ['kill', 'faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'broken connections to the home lose no event and repeat none when each tenth request breaks one',
    },
    mutant: { in: 'broker/src/calls.ts', find: '    this.#waiting = [...this.#open, ...this.#waiting];', put: '' },
  },
  {
    id: 'cluster-restored',
    said: {
      'docs/clusters.md':
        'Clients that had seen newer events [are told](recovery.md#a-folder-that-forgot) when they come back. All others continue.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['restore'],
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
    id: 'process-nodes-lease',
    said: {
      'docs/server.md': 'The list has a process that was killed for up to eight seconds more.',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['kill', 'calls'],
    check: {
      file: 'packages/naru/test/namespace/remote/nodes',
      test: 'the nodes of a backplane stay listed for as long as they run, and a killed one until its lease ends',
    },
    mutant: {
      in: 'naru/src/namespace/remote/nodes.ts',
      find: 'const LEASE_MS = 6_000;',
      put: 'const LEASE_MS = 12_000;',
    },
  },
  {
    id: 'process-call-size',
    said: {
      'docs/server.md': '**Bounds.** A call or answer has at most 64 MiB.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['calls'],
    check: {
      file: 'packages/broker/test/pieces',
      test: 'keeps no message above the limit, and no more than two of the longest',
    },
    mutant: {
      in: 'broker/src/pieces.ts',
      find: 'known.bytes + body.byteLength > TALK_BYTES_MAX',
      put: 'known.bytes < 0',
    },
  },
  {
    id: 'drain-retry-after',
    said: {
      'docs/recovery.md':
        '`retryAfterMs` | 500 | milliseconds after which the first client of a wave is asked to come back',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: "a draining server tells Naru's clients when to come back, and other clients nothing",
    },
    mutant: {
      in: 'naru/src/server/api/drain.ts',
      find: 'Math.round(retryAfterMs + (at * 1_000) / perSecond)',
      put: 'Math.round((at * 1_000) / perSecond)',
    },
  },
  {
    id: 'recovery-late-bytes',
    said: {
      'docs/recovery.md':
        'At most `lateBytesMax` (1 MiB) of data waits in memory for one client. Beyond that the client is *late*: the server sends it events from the log, as fast as its connection takes them.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['slow'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader',
      test: 'a client that reads more slowly than others write receives everything in order when it wakes, and meanwhile costs no more memory than the limit',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'const space = this.#lateBytesMax() - bufferedBytes;',
      put: 'const space = 1e9 - bufferedBytes;',
    },
  },
  {
    id: 'stomp-durable-room',
    said: {
      'docs/stomp.md':
        'When `durablesMax` is reached, a new durable subscription replaces some that have no subscriber and were never acknowledged.',
    },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['subscribe'],
    check: {
      file: 'packages/stomp/test/subscriptions/durables',
      test: 'Durables drops some without acknowledgements, and no other, to make room for a new one',
    },
    mutant: {
      in: 'stomp/src/subscriptions/durables.ts',
      find: '        if (this.#count >= durablesMax) this.#evict(entries);\n',
      put: '',
    },
  },
  {
    id: 'queue-retries-bound',
    said: {
      'docs/delivery.md': 'With `retries`, `bufferCountMax` bounds the events that are not acknowledged yet.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/naru/test/client/socket/socket',
      test: 'emitting bounds the events that are not acknowledged yet by bufferCountMax with retries',
    },
    mutant: {
      in: 'naru/src/client/socket/socket.ts',
      find: 'this.#checkRoom(this._queue.length);',
      put: 'this.#checkRoom(0);',
    },
  },
  {
    id: 'queue-tries-until-old',
    said: {
      'docs/delivery.md': 'Without `retries` it tries until an event is too old.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/naru/test/client/queue/offline-queue',
      test: 'drops events that are too old, even if they are being sent',
    },
    mutant: {
      in: 'naru/src/client/queue/offline-queue.ts',
      find: 'this.#options.timers.now() - this.#options.ageMax;',
      put: 'this.#options.timers.now() - 10 * this.#options.ageMax;',
    },
  },
];
