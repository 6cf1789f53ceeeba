/** Promises of docs/history.md about requests of clients. */
import { LOGS, ORDERED, PLAIN, type Promised, RELIABLE } from '../promised.js';

const document = 'docs/history.md';
/** Requests of clients for history: the answers, the turns and the bounds. */
export const historyRequests: readonly Promised[] = [
  {
    id: 'history-except',
    said: {
      [document]:
        'If an event was sent with `except` for a room that the client is in, the client does not see it in the history either.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-query',
      test: 'clients that request history do not receive events that excepted one of their rooms, except their own',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: ' && !except.some((room) => outside.has(room))',
      put: ' && outside !== except',
    },
  },
  {
    id: 'history-enter',
    said: {
      [document]:
        'The client gets the earlier events and then the new ones, in the order of the log. None is repeated or missing, even if events are sent at that moment.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['enter with history'],
    check: {
      file: 'test/scenario/late/entering-history',
      test: 'on *, a client that enters with history gets the page first and nothing twice, with traffic from two nodes',
    },
    mutant: { in: 'naru/src/namespace/history/entering.ts', find: '{ ...wish, upTo })', put: '{ ...wish })' },
  },
  {
    id: 'history-enter-error',
    said: { [document]: 'If the answer to `naru:subscribe` is an `error`, the client does not enter the room.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['enter with history'],
    check: {
      file: 'packages/naru/test/namespace/history/entering',
      test: 'a client that enters with history leaves again if the log could not be read, and receives nothing of the room',
    },
    mutant: { in: 'naru/src/namespace/history/entering.ts', find: 'return !entry.isKept;', put: 'return false;' },
  },
  {
    id: 'history-enter-stays',
    said: { [document]: 'A client that was in the room before stays there.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['enter with history'],
    check: {
      file: 'packages/naru/test/namespace/history/entering',
      test: 'a client that enters with history stays in the room without permission to read when the application * meanwhile',
    },
    mutant: { in: 'naru/src/namespace/history/entering.ts', find: 'entry.isKept ||= !entry.isEntering;', put: '' },
  },
  {
    id: 'history-enter-many',
    said: {
      [document]:
        'Their clients still enter, and `naru:gap` tells them what they did not get: `[{"after":"00000000000","before":"..."}]`.',
    },
    wires: PLAIN,
    homes: LOGS,
    operations: ['enter with history'],
    check: {
      file: 'packages/naru/test/wires/events/event-stream-connection',
      test: 'an event stream with history learns what it lacks when too many readings wait, and receives later events',
    },
    mutant: {
      in: 'naru/src/namespace/history/history-query.ts',
      find: 'before: log?.offset ?? null };',
      put: 'before: null };',
    },
  },
  {
    id: 'history-not-kept',
    said: { [document]: '`NOT_KEPT` | The namespace has no log.' },
    wires: RELIABLE,
    homes: ['none'],
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-query',
      test: 'clients that request history learn that nothing is stored',
    },
    mutant: {
      in: 'naru/src/namespace/history/history-query.ts',
      find: "code: 'NOT_KEPT', message",
      put: "code: 'FAILED', message",
    },
  },
  {
    id: 'history-bad-query',
    said: { [document]: '`BAD_QUERY` | The query is not valid.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-query',
      test: 'clients that request history learn the error in *',
    },
    mutant: {
      in: 'naru/src/namespace/history/history-query.ts',
      find: '(limit as number) >= 1)) return undefined;',
      put: '(limit as number) >= 0)) return undefined;',
    },
  },
  {
    id: 'history-too-many',
    said: {
      [document]:
        '`TOO_MANY` | The client has more than four requests open, or a thousand requests wait in the namespace.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-query',
      test: 'clients that request history may have a few readings open at once',
    },
    mutant: {
      in: 'naru/src/namespace/history/history-query.ts',
      find: 'const OPEN_MAX = 4;',
      put: 'const OPEN_MAX = 5;',
    },
  },
  {
    id: 'history-two-at-a-time',
    said: {
      [document]:
        'A namespace reads two pages at a time, so many requests take longer but do not slow down other traffic.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: 'history reads for clients in turn, two at once, and limits the waiting ones',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'const READING_MAX = 2;',
      put: 'const READING_MAX = 3;',
    },
  },
  {
    id: 'history-networks',
    said: { [document]: 'Networks take turns.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-queue',
      test: 'readings of networks alternate, however many one of them has',
    },
    mutant: {
      in: 'naru/src/namespace/history/history-queue.ts',
      find: 'this.#waiting.add(waiting, network);',
      put: "this.#waiting.add(waiting, '');",
    },
  },
  {
    id: 'history-full-queue',
    said: {
      [document]:
        'When a thousand requests wait and another comes, a request of the network with the most waiting ones is refused.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: 'history reads for clients in turn, two at once, and limits the waiting ones',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'const WAITING_MAX = 1_000;',
      put: 'const WAITING_MAX = 1_001;',
    },
  },
  {
    id: 'history-own-refused',
    said: { [document]: 'So a network that sends too many requests gets only its own refused.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-queue',
      test: 'a full queue of readings replaces one of the largest network for a smaller one, and for none of the same size',
    },
    mutant: {
      in: 'naru/src/namespace/history/history-queue.ts',
      find: 'this.#waiting.evictFor(network) : undefined',
      put: 'this.#waiting.first() : undefined',
    },
  },
  {
    id: 'history-request-timeout',
    said: { [document]: '`TIMEOUT` | No answer came within `timeoutMs`, 10 seconds by default.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/client/room/history',
      test: 'a request waits ten seconds for its answer by default',
    },
    mutant: { in: 'naru/src/client/room/request.ts', find: 'ANSWER_MS = 10_000', put: 'ANSWER_MS = 20_000' },
  },
  {
    id: 'history-request-disconnected',
    said: { [document]: '`DISCONNECTED` | The connection was lost.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/client/room/request',
      test: 'a request by * ends with DISCONNECTED when the connection is lost before the answer',
    },
    mutant: { in: 'naru/src/client/room/request.ts', find: "'DISCONNECTED'", put: "'TIMEOUT'" },
  },
];
