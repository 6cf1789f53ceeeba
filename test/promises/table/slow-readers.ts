/** Promises of docs/slow-readers.md. */
import { EVERY_HOME, LOGS, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises of docs/slow-readers.md. */
export const slowReaders: readonly Promised[] = [
  {
    id: 'slow-drop-oldest',
    said: {
      'docs/slow-readers.md': '`drop-oldest` | The oldest waiting events are dropped until it fits. | logs, feeds',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/backlog',
      test: 'a backlog drops the oldest events above its budget, and reports their number before the next',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: 'this.#drop(share.oldest, share.policy);\n',
      put: 'this.#drop(share.newest as Entry, share.policy);\n',
    },
  },
  {
    id: 'slow-newest-per-key',
    said: {
      'docs/slow-readers.md':
        '`newest-per-key` | It replaces the waiting event with the same key. | positions, prices, scores',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/backlog',
      test: 'a backlog keeps the newest event of each key, after earlier ones',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: '      this.#remove(older);\n      bequeath(older, 0, undefined);',
      put: '      bequeath(older, 0, undefined);',
    },
  },
  {
    id: 'slow-disconnect',
    said: {
      'docs/slow-readers.md':
        '`disconnect` | The session ends with `transport error`, and the client reconnects. | clients that should start again',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'test/scenario/slow-readers',
      test: 'a client that reads slowly is disconnected above its budget, and recovers what it missed',
    },
    mutant: {
      in: 'naru/src/namespace/membership/reception.ts',
      find: "if (policy.name === 'disconnect') slowReaders.doom(member, policy.bytesMax);\n      else",
      put: '',
    },
  },
  {
    id: 'slow-hold',
    said: {
      'docs/slow-readers.md':
        '`hold` | It waits; `emit` returns `false`, and `await socket.drained()` says when to go on. | exports, uploads',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'test/scenario/slow-readers',
      test: 'a client that reads slowly delays only the sender that waits for it',
    },
    mutant: {
      in: 'naru/src/namespace/membership/reception.ts',
      find: '    slowReaders.hold(member);\n    return false;',
      put: '    slowReaders.hold(member);\n    return true;',
    },
  },
  {
    id: 'slow-catch-up',
    said: {
      'docs/slow-readers.md':
        '`catch-up` | The client reads it from the [log](recovery.md) later, so nothing is lost. | chat, orders',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader',
      test: 'a client that reads more slowly than others write receives everything in order when it wakes, and meanwhile costs no more memory than the limit',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: '        this.#page = Math.min(this.#page, 2 * count);\n        return false;',
      put: '        this.offset = record.offset;\n        return false;',
    },
  },
  {
    id: 'slow-first-room',
    said: { 'docs/slow-readers.md': 'If an event goes to several rooms, the first room with a policy decides.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-policies/namespace-policies',
      test: 'the policies of a namespace are those of the first room with one, of the namespace, of the server, in this order',
    },
    mutant: {
      in: 'naru/src/namespace/slow-policies/namespace-policies.ts',
      find: 'const policy = this.#rooms.get(room);\n      if (policy) return policy;',
      put: 'const policy = this.#rooms.get(room);\n      if (policy) return this.#own;',
    },
  },
  {
    id: 'slow-session-end',
    said: { 'docs/slow-readers.md': 'A session always ends when more than `bufferedBytesMax` waits for it.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'test/scenario/bounds',
      test: 'a client over * that does not read is dropped at bufferedBytesMax, unnoticed by all others',
    },
    mutant: {
      in: 'naru/src/session/session.ts',
      find: 'list.cost > this.#context.bufferedBytesMax && list.previous',
      put: 'list.cost > 2 ** 40 && list.previous',
    },
  },
  {
    id: 'slow-own-budget',
    said: { 'docs/slow-readers.md': 'A room that keeps much pushes nothing out of another room.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/backlog',
      test: "a backlog has a budget for each policy, so that rooms do not push out each other's events",
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: 'let share = this.#shares.get(policy);',
      put: 'let share = [...this.#shares.values()][0];',
    },
  },
  {
    id: 'slow-whole-events',
    said: { 'docs/slow-readers.md': '**Events are dropped whole,** with all of their attachments.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/backlog',
      test: 'a backlog keeps or drops an event with all of its attachments',
    },
    mutant: {
      in: 'naru/src/namespace/event/event-notes.ts',
      find: 'if (note) end = at + note.count;',
      put: 'if (note) end = at + 1;',
    },
  },
  {
    id: 'slow-newest-stays',
    said: { 'docs/slow-readers.md': 'The newest event of a policy always stays, however large it is.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/backlog',
      test: 'a backlog never drops packets that must arrive, or the newest event, however large',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: ' && share.oldest && share.oldest !== share.newest) {',
      put: ' && share.oldest) {',
    },
  },
  {
    id: 'slow-never-dropped',
    said: {
      'docs/slow-readers.md':
        "**Never dropped:** events that ask for an acknowledgement, the library's own messages, and events of other policies.",
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers', 'ack'],
    check: {
      file: 'packages/naru/test/namespace/membership/reception',
      test: 'a socket whose events may be dropped loses only events: questions and answers keep their place, and volatile events go',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: 'const share = note && policy && isDroppable(note, policy) ? this.#shareOf(policy) : undefined;',
      put: 'const share = policy ? this.#shareOf(policy) : undefined;',
    },
  },
  {
    id: 'slow-half-for-bursts',
    said: {
      'docs/slow-readers.md':
        'With policies that drop events, half of the budget is for what goes out in one turn of the event loop.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-policies/policy',
      test: 'a policy reserves half of its budget for a backlog if events may be dropped',
    },
    mutant: {
      in: 'naru/src/namespace/slow-policies/policy.ts',
      find: 'isDropping ? bytesMax / 2 : bytesMax;',
      put: 'bytesMax;',
    },
  },
  {
    id: 'slow-key-end-of-queue',
    said: {
      'docs/slow-readers.md':
        'The newest event goes to the end of the queue, so a client sees events in the order in which you sent them, with some left out.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/backlog',
      test: 'a backlog keeps the newest event of each key, after earlier ones',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: '      this.#remove(older);\n      bequeath(older, 0, undefined);',
      put: '      this.#remove(entry);\n      bequeath(older, 0, undefined);',
    },
  },
  {
    id: 'slow-key-same',
    said: {
      'docs/slow-readers.md':
        'An event replaces only a waiting event with the same key, the same name and the same rooms.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/event/event-notes',
      test: 'notes on packets make equal keys only for events of the same name and rooms',
    },
    mutant: {
      in: 'naru/src/namespace/event/event-notes.ts',
      find: '[String(name), [...rooms].sort(), key]',
      put: '[key]',
    },
  },
  {
    id: 'slow-told-before-next',
    said: { 'docs/slow-readers.md': 'The client gets this event before the next event that was not dropped:' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/backlog',
      test: 'a backlog drops the oldest events above its budget, and reports their number before the next',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: 'heir.gone += gone.gone + count;',
      put: 'heir.gone += 0;',
    },
  },
  {
    id: 'slow-told-continues',
    said: { 'docs/slow-readers.md': 'When a client that was told reconnects, it continues after that offset.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['slow readers', 'recover'],
    check: {
      file: 'packages/naru/test/namespace/membership/reception',
      test: 'a recoverable socket with dropped events is notified with the newest of their offsets, and continues after it',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: 'heir.goneOffset ??= offset ?? gone.goneOffset;',
      put: '',
    },
  },
  {
    id: 'slow-untold-recovers',
    said: {
      'docs/slow-readers.md':
        'If the connection broke before the client was told, it gets the dropped events from the log.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['slow readers', 'recover'],
    check: {
      file: 'packages/naru/test/namespace/membership/reception',
      test: 'a recoverable socket with dropped events receives them from the log if it returns before the notice',
    },
    mutant: {
      in: 'naru/src/namespace/delivery.ts',
      find: 'const isKept = !isVolatile &&',
      put: 'const isKept = isVolatile &&',
    },
  },
  {
    id: 'slow-never-twice',
    said: { 'docs/slow-readers.md': 'A client never sees an event twice, and never misses one silently.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['slow readers', 'recover'],
    check: {
      file: 'test/scenario/slow-chaos',
      test: 'a client over * with rooms of several policies * receives everything in order except reported gaps, stalled and cut off (seed *)',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/backlog.ts',
      find: 'heir.gone += gone.gone + count;',
      put: 'heir.gone += count;',
    },
  },
  {
    id: 'slow-drained-ten-seconds',
    said: { 'docs/slow-readers.md': '`drained` of a room waits for 10,000 milliseconds if you set no `timeoutMs`.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/slow-readers',
      test: 'waiting for many sockets delays the sender for at most its own limit, 10 seconds by default',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/slow-readers.ts',
      find: 'const TIMEOUT_MS = 10_000;',
      put: 'const TIMEOUT_MS = 20_000;',
    },
  },
  {
    id: 'slow-drained-gone',
    said: {
      'docs/slow-readers.md': 'They do not reject when a client leaves, because the producer did nothing wrong.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/slow-policies/drain-waits',
      test: 'waiting for a socket ends when the socket leaves',
    },
    mutant: {
      in: 'naru/src/namespace/slow-policies/drain-waits.ts',
      find: "if (waits) for (const wait of [...waits]) wait.end('gone');",
      put: '',
    },
  },
  {
    id: 'slow-report-five-seconds',
    said: { 'docs/slow-readers.md': 'If a process does not answer within five seconds, the call rejects.' },
    wires: ['server'],
    homes: SHARED,
    operations: ['call'],
    check: {
      file: 'packages/naru/test/namespace/remote/server-calls',
      test: 'ServerCalls name the nodes that do not answer, with the report of the others',
    },
    mutant: {
      in: 'naru/src/namespace/remote/remote.ts',
      find: 'REMOTE_WAIT_MS = 5_000',
      put: 'REMOTE_WAIT_MS = 60_000',
    },
  },
  {
    id: 'slow-volatile-first',
    said: {
      'docs/server.md':
        'The server drops a volatile event for a client whose connection is still busy with earlier data.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow readers', 'volatile'],
    check: {
      file: 'packages/naru/test/namespace/socket/socket',
      test: 'Socket drops volatile events while something waits, and sends them otherwise',
    },
    mutant: {
      in: 'naru/src/session/outbox.ts',
      find: 'return !waiting || (session.occasion',
      put: 'return true || (session.occasion',
    },
  },
];
