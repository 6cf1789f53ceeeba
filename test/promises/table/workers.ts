/** Promises of docs/workers.md. */
import { type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises of docs/workers.md. */
export const workers: readonly Promised[] = [
  {
    id: 'worker-end-time',
    said: {
      'docs/workers.md':
        'SIGTERM to the primary | All workers send their clients away [in waves](recovery.md#a-restart-that-nobody-notices), and end after 28 seconds at the latest.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['close'],
    check: {
      file: 'packages/naru/test/workers/primary',
      test: 'the primary kills the workers that do not end before the time is over (gentle: *)',
    },
    mutant: { in: 'naru/src/workers/primary.ts', find: 'const KILL_MS = 500;', put: 'const KILL_MS = -500_000;' },
  },
  {
    id: 'worker-udp-one',
    said: {
      'docs/workers.md':
        'A UDP endpoint belongs to one worker at a time, because a datagram does not say which worker has its session.',
    },
    wires: ['udp'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/workers/endpoint-locks',
      test: 'the locks that the primary gives go to one worker at a time, and to the newest that waits when it is released',
    },
    mutant: {
      in: 'naru/src/workers/endpoint-locks.ts',
      find: 'if (row.owner === undefined) this.#next(endpoint, row);',
      put: 'if (row.owner === undefined || row.waiting.size > 0) this.#next(endpoint, row);',
    },
  },
  {
    id: 'worker-udp-again',
    said: {
      'docs/workers.md':
        'If another program takes the port in between, `io.engine` emits `endpoint_error`, and the worker tries again each second.',
    },
    wires: ['udp'],
    homes: SHARED,
    operations: ['connect'],
    check: {
      file: 'packages/udp/test/server/udp',
      test: 'a UDP endpoint that another process has tries again each second while another program has the port, and reports that',
    },
    mutant: { in: 'udp/src/server/udp.ts', find: 'const AGAIN_MS = 1_000;', put: 'const AGAIN_MS = 10_000;' },
  },
  {
    id: 'worker-turns',
    said: {
      'docs/workers.md':
        'That worker gives it away through the primary, which gives connections to the workers in turn.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['start'],
    check: {
      file: 'packages/naru/test/workers/gifts',
      test: 'gives new connections to the workers in turn, and tells the giver when one has arrived',
    },
    mutant: {
      in: 'naru/src/workers/gifts.ts',
      find: 'takers.push(worker);',
      put: 'takers.unshift(worker);',
    },
  },
  {
    id: 'worker-busy-accepts',
    said: {
      'docs/workers.md':
        'A worker gives away one connection at a time. It keeps those that come until that one has arrived.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['start'],
    check: {
      file: 'packages/naru/test/workers/accepting',
      test: 'gives each connection away, and keeps those that come until it has arrived',
    },
    mutant: {
      in: 'naru/src/workers/accepting.ts',
      find: 'this.#isAlone || isGiving ||',
      put: 'this.#isAlone ||',
    },
  },
  {
    id: 'worker-untaken',
    said: {
      'docs/workers.md':
        'A connection that was given away and has not reached its worker goes to another one when that worker dies.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['kill'],
    check: {
      file: 'packages/naru/test/workers/gifts',
      test: 'gives a connection to another worker when the first one ends, and closes it when none is left',
    },
    mutant: {
      in: 'naru/src/workers/gifts.ts',
      find: 'gifts.values()) this.give(giver, port, connection);',
      put: 'gifts.values()) if (giver && port) connection.close();',
    },
  },
  {
    id: 'worker-memory-refused',
    said: {
      'docs/workers.md':
        'A server whose log is in memory cannot have workers. `cluster` rejects with an error that says so.',
    },
    wires: ['server'],
    homes: ['memory'],
    operations: ['start'],
    check: { file: 'packages/naru/test/workers/worker', test: 'a worker needs a log that other processes share' },
    mutant: {
      in: 'naru/src/workers/worker.ts',
      find: 'if (node === undefined || !io.opts.backplane?.store.isDurable) {',
      put: 'if (io.opts === undefined) {',
    },
  },
];
