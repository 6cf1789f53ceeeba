/** Promises about the calls between processes. */
import { BROKERS, EVERY_HOME, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about the calls between processes. */
export const calls: readonly Promised[] = [
  {
    id: 'process-watch',
    said: {
      'docs/backplanes.md':
        'Each process watches a file, and learns of the events of the others within about a millisecond.',
    },
    wires: RELIABLE,
    homes: ['folder'],
    operations: ['broadcast'],
    check: { file: 'packages/local/test/signal', test: 'reaches all listeners in every process, until they stop' },
    mutant: {
      in: 'local/src/signal.ts',
      find: 'for (const each of [...this.#listeners]) each(isOwn);',
      put: 'for (const each of [...this.#listeners].slice(1)) each(isOwn);',
    },
  },
  {
    id: 'process-hello',
    said: {
      'docs/backplanes.md':
        'A process ends a link whose other end does not say who it is within five seconds, speaks for the servers of another process, or claims too much memory.',
    },
    wires: ['server'],
    homes: ['folder'],
    operations: ['call'],
    check: {
      file: 'packages/local/test/links',
      test: 'ends a link on which nobody says who it is, after five seconds',
    },
    mutant: {
      in: 'local/src/accepted-link.ts',
      find: 'const HELLO_MS = 5_000;',
      put: 'const HELLO_MS = 50_000;',
    },
  },
  {
    id: 'process-socket-again',
    said: { 'docs/backplanes.md': 'A process whose socket was deleted opens another within a second.' },
    wires: ['server'],
    homes: ['folder'],
    operations: ['call'],
    check: { file: 'packages/local/test/links', test: 'opens its socket again when somebody has deleted it' },
    mutant: { in: 'local/src/links.ts', find: 'const LOOK_MS = 1_000;', put: 'const LOOK_MS = 100_000;' },
  },
  {
    id: 'process-five-seconds',
    said: { 'docs/server.md': '`fetchSockets` and `serverSideEmitWithAck` wait five seconds.' },
    wires: ['server'],
    homes: SHARED,
    operations: ['call'],
    check: {
      file: 'packages/naru/test/namespace/remote/remote-calls',
      test: 'RemoteCalls collect the answers to an event between servers, and name the nodes that give none within five seconds',
    },
    mutant: {
      in: 'naru/src/namespace/remote/remote.ts',
      find: 'REMOTE_WAIT_MS = 5_000',
      put: 'REMOTE_WAIT_MS = 50_000',
    },
  },
  {
    id: 'process-ends-missing',
    said: { 'docs/server.md': 'A process that ends is missing at once.' },
    wires: ['server'],
    homes: SHARED,
    operations: ['call', 'kill'],
    check: {
      file: 'packages/naru/test/namespace/remote/questions',
      test: 'Questions are over for a node that ends, which is named',
    },
    mutant: { in: 'naru/src/namespace/remote/questions.ts', find: '      asked.missing.push(node);', put: '' },
  },
  {
    id: 'process-cut-off',
    said: {
      'docs/server.md':
        'When it comes back, it names the processes that took it for lost as missing in what it had asked before.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['call', 'faults'],
    check: {
      file: 'test/scenario/late/calls',
      test: 'calls to servers on other machines name the servers that took the asking one for lost before it could count whom they had asked',
    },
    mutant: {
      in: 'naru/src/namespace/remote/questions.ts',
      find: 'return this.#lost.has(key) || !isHere || !isThere ? LOST : 0;',
      put: 'return 0;',
    },
  },
  {
    id: 'process-silent-broker',
    said: { 'docs/server.md': 'After a second, a process asks its own clients without the broker.' },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['call', 'faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that is away delays neither volatile events, local ones, answers nor questions for more than a second',
    },
    mutant: { in: 'naru/src/namespace/log/fences.ts', find: 'ORDER_WAIT_MS = 1_000', put: 'ORDER_WAIT_MS = 10_000' },
  },
  {
    id: 'process-volatile-settled',
    said: {
      'docs/server.md':
        '**Volatile events** reach a client of another process once the client has been connected there for a second.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['volatile'],
    check: {
      file: 'packages/naru/test/namespace/reach',
      test: 'the reach of a namespace sends volatile events to clients that have been at the other node for a second',
    },
    mutant: { in: 'naru/src/namespace/reach.ts', find: 'const SETTLED_MS = 1_000;', put: 'const SETTLED_MS = 0;' },
  },
  {
    id: 'process-local',
    said: { 'docs/server.md': '`io.local` limits each of them to this process, as in `io.local.fetchSockets()`.' },
    wires: ['server'],
    homes: SHARED,
    operations: ['call'],
    check: {
      file: 'packages/naru/test/namespace/remote/remote-calls',
      test: 'RemoteCalls reach others only if there are some, and without the flag local',
    },
    mutant: {
      in: 'naru/src/namespace/remote/remote-calls.ts',
      find: 'return flags.local !== true && (',
      put: 'return (',
    },
  },
  {
    id: 'process-acks-incomplete',
    said: {
      'docs/server.md':
        'If a client does not answer in time, its answer is missing from `answers`, and `error` is set.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['ack'],
    check: {
      file: 'packages/naru/test/namespace/socket/broadcast',
      test: 'BroadcastOperator calls back with an error and the answers so far at the end of the time',
    },
    mutant: {
      in: 'naru/src/namespace/socket/broadcast.ts',
      find: "finish(Object.assign(new UnavailableError('TIMEOUT', 'operation has timed out'), { missing }));",
      put: 'finish(null);',
    },
  },
  {
    id: 'process-later-version',
    said: {
      'docs/backplanes.md':
        'a record of the log | reads a gap, so clients get `naru:gap`; keeps the record until the log has too many bytes',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['update'],
    check: {
      file: 'packages/local/test/later-version',
      test: 'a record of a later version reads as a gap between the others, with a warning',
    },
    mutant: {
      in: 'naru/src/backplane/formats.ts',
      find: 'version >= 1 && version <= read;',
      put: 'version >= 1 && read > 0;',
    },
  },
  {
    id: 'process-later-answer',
    said: {
      'docs/backplanes.md':
        'an answer to an event with a key | does not run the listener; the client tries again until a process can answer',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['update', 'emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-shared',
      test: 'answers in a store does not run while the store has the text *, which may be of a later version',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: '  return { number, answer: undefined };\n}',
      put: '  return undefined;\n}',
    },
  },
  {
    id: 'process-full-disk',
    said: {
      'docs/backplanes.md':
        'On a full disk the server can open an existing folder. A new folder needs 256 KiB of space, or opening it fails.',
    },
    wires: ['server'],
    homes: ['folder'],
    operations: ['faults'],
    check: {
      file: 'packages/local/test/disk-space',
      test: 'refuses to create a folder without space for it, and opens an existing one',
    },
    mutant: {
      in: 'local/src/disk-space.ts',
      find: 'const NEW_BYTES = 256 * 1_024;',
      put: 'const NEW_BYTES = 0;',
    },
  },
  {
    id: 'process-copy',
    said: { 'docs/backplanes.md': 'The copy is complete and on disk, or it does not exist.' },
    wires: ['server'],
    homes: ['folder'],
    operations: ['copy'],
    check: { file: 'packages/local/test/copy', test: 'leaves nothing behind on a full disk, and the folder as it was' },
    mutant: {
      in: 'local/src/copy.ts',
      find: 'for (const own of [place, join(path, FILE_NAME)]) rmSync(own, { recursive: true, force: true });',
      put: '',
    },
  },
];
