/** Promises about delivery in unusual combinations. */
import { BROKERS, EVERY_HOME, LOGS, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about delivery in unusual combinations. */
export const moreDelivery: readonly Promised[] = [
  {
    id: 'delivery-at-least-once',
    said: {
      'docs/delivery.md':
        "Naru's or Socket.IO's client with `retries`, in any other combination | as emitted | none until the client gives up | at least once",
    },
    wires: ['polling', 'websocket'],
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: 'packages/naru/test/client/socket/retry-queue',
      test: 'sends again after an error, and gives up after the retries with that error',
    },
    mutant: {
      in: 'naru/src/client/socket/retry-queue.ts',
      find: 'event.tryCount > this.#retries',
      put: 'event.tryCount > 0',
    },
  },
  {
    id: 'once-removed',
    said: {
      'docs/delivery.md':
        'If an event is sent again after its answer was removed, it counts as new, and its listener runs again.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once',
      test: 'the memory of answers is limited in number, in age, and per socket',
    },
    mutant: {
      in: 'naru/src/namespace/once/answer-memory.ts',
      find: 'this.#entries.size <= countMax',
      put: 'this.#entries.size <= 2 * countMax',
    },
  },
  {
    id: 'gap-nothing-received',
    said: {
      'docs/recovery.md':
        'A client that has received no event of the old one gets no `naru:gap`, because it misses nothing that it could name.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery tells a client of an unknown session of a gap only if the client names an offset',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'seen === undefined && !ask.isOfOthers ? undefined : ',
      put: '',
    },
  },
  {
    id: 'recovery-silent-log',
    said: { 'docs/recovery.md': 'If the log has been silent for a second, the client is disconnected without them.' },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['disconnect', 'faults'],
    check: {
      file: 'test/scenario/late/hard-cases',
      test: 'emit and then disconnect closes the connection after a second without the home, and the client learns of the gap when it returns',
    },
    mutant: { in: 'naru/src/namespace/log/fences.ts', find: 'ORDER_WAIT_MS = 1_000', put: 'ORDER_WAIT_MS = 10_000' },
  },
  {
    id: 'recovery-no-new-session',
    said: { 'docs/clusters.md': 'It never gets a new session instead.' },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'faults'],
    check: {
      file: 'test/scenario/late/entering',
      test: 'a client that asks for its session while the home is away waits, and gets its session and its events when the home is back within ten seconds',
    },
    mutant: {
      in: 'naru/src/namespace/namespace-core.ts',
      find: 'isAsking ? RECOVERY_WAIT_MS : ORDER_WAIT_MS;',
      put: 'ORDER_WAIT_MS;',
    },
  },
  {
    id: 'recovery-offsets',
    said: {
      'docs/recovery.md':
        'Every event without an acknowledgement, volatile or not, ends with an offset, as in Socket.IO.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['broadcast'],
    check: {
      file: 'packages/naru/test/namespace/log/namespace-log',
      test: 'NamespaceLog returns the events that went in, with the offset as the last argument',
    },
    mutant: {
      in: 'naru/src/namespace/log/record-packets.ts',
      find: 'const text = isMarked ?',
      put: 'const text = isMarked && attachments.length > 9 ?',
    },
  },
  {
    id: 'recovery-later-version',
    said: { 'docs/backplanes.md': 'a session | does not recover it; a client that names an offset gets `naru:gap`' },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'update'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery with a store that outlives the process tells a client of a gap if a later version has continued its session',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (!stored) return undefined;',
      put: 'if (!stored) return here;',
    },
  },
  {
    id: 'cluster-minute',
    said: { 'docs/backplanes.md': 'Events that have waited for a minute are refused with the code `NOT_KEPT`.' },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['faults'],
    check: {
      file: 'packages/broker/test/calls',
      test: 'HomeCalls refuses after a minute what was never sent, and waits on for what the home may have',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'const WRITE_WAIT_MS = 60_000;',
      put: 'const WRITE_WAIT_MS = 600_000;',
    },
  },
  {
    id: 'presence-list-order',
    said: {
      'docs/presence.md':
        '`await list(limit?)` | lists the members in the order of their arrival, at most `limit` or `presence.membersMax`',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: { file: 'packages/naru/test/namespace/presence/roster', test: 'Roster lists at most the requested number' },
    mutant: {
      in: 'naru/src/namespace/presence/roster.ts',
      find: 'arrivals.slice(0, limit).map(',
      put: 'arrivals.map(',
    },
  },
  {
    id: 'presence-lease-option',
    said: {
      'docs/presence.md':
        '`lease` | number of milliseconds, 1000 or more | 15000 | Time after which a killed process counts as gone, with all clients that were connected to it.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'kill'],
    check: { file: 'packages/naru/test/namespace/presence/settings', test: 'the options of presence have defaults' },
    mutant: {
      in: 'naru/src/namespace/presence/settings.ts',
      find: 'milliseconds(15_000,',
      put: 'milliseconds(30_000,',
    },
  },
  {
    id: 'presence-poll-option',
    said: {
      'docs/presence.md':
        '`pollInterval` | number of milliseconds, 50 or more | 1000 | Longest time until other processes that share the store see a change.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence'],
    check: { file: 'packages/naru/test/namespace/presence/settings', test: 'the options of presence have defaults' },
    mutant: {
      in: 'naru/src/namespace/presence/settings.ts',
      find: 'milliseconds(1_000, { min: 50 })',
      put: 'milliseconds(2_000, { min: 50 })',
    },
  },
  {
    id: 'worker-sigint',
    said: { 'docs/workers.md': 'SIGINT to the primary | All workers close and end, within three seconds.' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['close'],
    check: {
      file: 'packages/naru/test/workers/primary',
      test: 'the primary kills the workers that do not end before the time is over (gentle: *)',
    },
    mutant: {
      in: 'naru/src/workers/primary.ts',
      find: '(isGentle ? drainTimeMsMax : closeTimeMsMax) - KILL_MS',
      put: 'drainTimeMsMax - KILL_MS',
    },
  },
  {
    id: 'worker-udp-next',
    said: { 'docs/workers.md': 'When the worker ends, another one opens the same port at once.' },
    wires: ['udp'],
    homes: SHARED,
    operations: ['kill'],
    check: {
      file: 'packages/naru/test/workers/endpoint-locks',
      test: 'the locks that the primary gives go to one worker at a time, and to the newest that waits when it is released',
    },
    mutant: {
      in: 'naru/src/workers/endpoint-locks.ts',
      find: '    row.owner = undefined;\n    this.#next(endpoint, row);',
      put: '    row.owner = undefined;',
    },
  },
  {
    id: 'lane-newest',
    said: { 'docs/udp.md': 'A second lane of a session replaces the first, which gets CLOSE.' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/udp/test/server/lane-grants',
      test: 'gives a session its newest lane, and removes it at the end',
    },
    mutant: { in: 'udp/src/server/lane-grants.ts', find: '        session.lane?.close();\n', put: '' },
  },
];
