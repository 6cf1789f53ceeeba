/** Promises of docs/delivery.md about the answers that a server remembers. */
import { BROKERS, EVERY_HOME, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

const document = 'docs/delivery.md';
const once = 'packages/naru/test/namespace/once/once';
const key = 'an event with a key';
const memory = 'the memory of answers';
/** The answers that a server remembers, their place and their age. */
export const onceMemory: readonly Promised[] = [
  {
    id: 'once-claim',
    said: {
      [document]:
        'A process claims the key in the store before it runs the listener, so that no other process runs it.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-shared',
      test: 'answers in a store runs in one of two processes that get the same event at the same moment',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'if (!swapped && found && found.number >= entry.number && !isFree) return found;',
      put: '',
    },
  },
  {
    id: 'once-age',
    said: {
      [document]: 'The answer is older than `ageMax`, or was removed. | The next attempt runs the listener again.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: `${memory} is limited in number, in age, and per socket` },
    mutant: { in: 'naru/src/namespace/once/answer-memory.ts', find: 'if (at > oldestAt && ', put: 'if (at > 0 && ' },
  },
  {
    id: 'once-per-socket',
    said: {
      [document]:
        'One socket has at most 1,000 entries, in memory and in the store, so a single socket cannot push out the entries of all others.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: `${memory} leaves room for others: a socket with many keys pushes out its own` },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'KEYS_PER_SOCKET_MAX = 1_000',
      put: 'KEYS_PER_SOCKET_MAX = 1_000_000',
    },
  },
  {
    id: 'once-eight-attempts',
    said: { [document]: 'At most eight attempts of one event wait for its answer.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: `${key} answers the newest eight of the attempts that wait` },
    mutant: { in: 'naru/src/namespace/once/once.ts', find: 'const WAITING_MAX = 8;', put: 'const WAITING_MAX = 9;' },
  },
  {
    id: 'once-trim',
    said: {
      [document]: 'A process checks the store at its first answer, and each time it has written a quarter of a bound.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-store',
      test: 'checks its size at the first answer and after each quarter of the limit, and never twice at once',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'const LOOK_EVERY_PART = 1 / 4;',
      put: 'const LOOK_EVERY_PART = 1 / 2;',
    },
  },
  {
    id: 'once-trim-to',
    said: { [document]: 'It then removes the oldest answers above three quarters of the bound.' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-store',
      test: 'checks its size at the first answer and after each quarter of the limit, and never twice at once',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'countMax: storedCountMax * (1 - LOOK_EVERY_PART),',
      put: 'countMax: storedCountMax,',
    },
  },
  {
    id: 'once-not-encodable',
    said: {
      [document]:
        'If the answer cannot be written as JSON, the acknowledgement throws `NOT_ENCODABLE` in the listener, which may then give another answer.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: `${key} lets the listener give another answer when the first cannot be sent` },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: '      const text = encodeAnswer(attempt, args);',
      put: "      entry.given = '[]';\n      const text = encodeAnswer(attempt, args);",
    },
  },
  {
    id: 'once-session-taken',
    said: {
      [document]:
        "The listener changes the rooms, and another server takes the client's session at that moment. | The next attempt runs the listener again, at that server.",
    },
    wires: ORDERED,
    homes: ['folder', 'redis', 'nats'],
    operations: ['emit with a key', 'join', 'move'],
    check: {
      file: 'test/scenario/late/taken-sessions',
      test: 'a server that takes a session runs a listener again whose room was refused by the home, because the session was taken before',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'isOurs = isStillOurs;',
      put: '',
    },
  },
  {
    id: 'once-store-fails',
    said: {
      [document]:
        'The store cannot be read or written. | `io.engine` emits `log_error`, and the server goes on in memory.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-shared',
      test: 'answers in a store reports answers that a store cannot keep, and the event continues',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'if (!this.#isClosed) this.#options.onError(error);',
      put: '',
    },
  },
  {
    id: 'once-takeover',
    said: {
      [document]:
        'The process hangs for 3 seconds, or dies. | Another process takes over after 3 seconds, if the client asks there.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key', 'kill'],
    check: {
      file: 'test/scenario/wrong-clock',
      test: 'a listener for an event with a key runs once and in another process three seconds after its own has died',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'const DEAD_AFTER = 12;',
      put: 'const DEAD_AFTER = 24;',
    },
  },
  {
    id: 'once-late-claim',
    said: { [document]: 'A listener that waited for its claim does not run.' },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['emit with a key', 'faults'],
    check: {
      file: 'packages/naru/test/namespace/once/once-shared',
      test: 'answers in a store runs no listener for a claim that another process has taken over before its answer came: after * ms *',
    },
    mutant: { in: 'naru/src/namespace/once/once-store.ts', find: 'if (isOld && !isAgain) ', put: 'if (isAgain) ' },
  },
  {
    id: 'once-renewal',
    said: { [document]: 'A process renews its claim every second.' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-store',
      test: 'renews a claim each second',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'const RENEW_EVERY = 4;',
      put: 'const RENEW_EVERY = 8;',
    },
  },
  {
    id: 'once-clock',
    said: {
      [document]:
        'Another process takes over when it has seen no renewal for 3 seconds, whatever the [clock](backplanes.md#clocks) says.',
      'docs/backplanes.md':
        '**Events with a key** do not depend on the clock: a process that runs a listener renews its claim each second.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key'],
    check: {
      file: 'test/scenario/wrong-clock',
      test: 'a listener for an event with a key runs once although the clocks are set by * ms meanwhile',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'return Math.max(this.#options.ageMax, CLAIM_MIN_MS);',
      put: 'return 3_000;',
    },
  },
  {
    id: 'once-retries-used-up',
    said: {
      [document]:
        '`retries` are used up. | The promise rejects, whether or not the listener ran. The next event goes out.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: 'packages/naru/test/client/socket/retry-queue',
      test: 'sends again after an error, and gives up after the retries with that error',
    },
    mutant: {
      in: 'naru/src/client/socket/retry-queue.ts',
      find: 'event.tryCount > this.#retries',
      put: 'event.tryCount > this.#retries + 1',
    },
  },
];
