/** Promises of docs/recovery.md about what clients say while a server drains. */
import { EVERY_HOME, type Promised, SHARED } from '../promised.js';

/** Promises of docs/recovery.md about what clients say while a server drains. */
export const drains: readonly Promised[] = [
  {
    id: 'drain-answers-first',
    said: {
      'docs/recovery.md': '**A client that waits for acknowledgements** is closed after it has them.',
    },
    wires: ['websocket', 'polling'],
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: 'a draining server answers first what a client has asked, and sends it away when it is silent then',
    },
    mutant: { in: 'naru/src/server/api/drain.ts', find: 'const ANSWERS_MS = 3_000;', put: 'const ANSWERS_MS = 0;' },
  },
  {
    id: 'drain-three-seconds',
    said: {
      'docs/recovery.md': 'Both have at most three seconds from the wave that they belong to.',
      'SECURITY.md':
        'time for the last acknowledgements of a client that is sent away | 3 s, and 1 s until it has heard of the end | its connection is closed',
    },
    wires: ['websocket', 'polling'],
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: 'a draining server waits three seconds for a listener that does not answer',
    },
    mutant: {
      in: 'naru/src/server/api/drain.ts',
      find: 'const ANSWERS_MS = 3_000;',
      put: 'const ANSWERS_MS = 30_000;',
    },
  },
  {
    id: 'drain-crossing',
    said: {
      'docs/recovery.md': '**An event that crosses the end on its way** is carried out once.',
    },
    wires: ['websocket', 'polling'],
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: 'a draining server carries out what a client says on * before it has heard of the end',
    },
    mutant: {
      in: 'naru/src/server/api/drain.ts',
      find: '  } else if (client.sendAway(retryAfterMs, isLate || nowMs >= askedAt + ANSWERS_MS)) state.toldAt = nowMs;',
      put: "  } else client.close('server shutting down');",
    },
  },
  {
    id: 'drain-crossing-moved',
    said: {
      'docs/recovery.md': 'This holds for a second, even if the client is back at another server.',
    },
    wires: ['websocket', 'polling'],
    homes: SHARED,
    operations: ['drain', 'move'],
    check: {
      file: 'test/scenario/late/polls',
      test: 'a poll at the wrong server brings the last words of a client whose session has gone on at another server meanwhile',
    },
    mutant: {
      in: 'naru/src/namespace/membership/membership.ts',
      find: '    if (isFar && this.client.conn.isLeaving) return;\n',
      put: '',
    },
  },
  {
    id: 'drain-stock-client',
    said: {
      'docs/recovery.md':
        "Socket.IO's | not at all, because it does not know the event | after its own delay: 0.5 to 1.5 seconds, more after each failure",
    },
    wires: ['websocket', 'polling'],
    homes: EVERY_HOME,
    operations: ['drain'],
    check: {
      file: 'packages/naru/test/server/api/drain',
      test: "a draining server tells Naru's clients when to come back, and other clients nothing",
    },
    mutant: {
      in: 'naru/src/namespace/connection.ts',
      find: 'if (member && this.isNaruClient)',
      put: 'if (member)',
    },
  },
];
