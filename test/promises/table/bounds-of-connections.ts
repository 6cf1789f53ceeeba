/** Promises about plain WebSockets, and about bounds of clients, listeners and files. */
import { BROKERS, EVERY_HOME, EVERY_WIRE, LOGS, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** Promises about plain WebSockets, and about bounds of clients, listeners and files. */
export const boundsOfConnections: readonly Promised[] = [
  {
    id: 'websocket-order',
    said: {
      'docs/websocket.md': '**Guarantees.** Messages arrive whole, in order and at most once.',
    },
    wires: ['websocket'],
    homes: ['none'],
    operations: ['send'],
    check: {
      file: 'packages/naru/test/transport/websocket/connection',
      test: 'WebSocketConnection * delivers nothing after pause and everything after resume, in order',
    },
    mutant: {
      in: 'naru/src/transport/websocket/connection.ts',
      find: 'if (at < chunk.byteLength && !decoder.isEnded) {',
      put: 'if (at > chunk.byteLength && !decoder.isEnded) {',
    },
  },
  {
    id: 'websocket-after-close',
    said: {
      'docs/websocket.md': 'After you call `close()`, no more messages are delivered.',
    },
    wires: ['websocket'],
    homes: ['none'],
    operations: ['close'],
    check: {
      file: 'packages/naru/test/transport/websocket/api/public-connection',
      test: 'Connection delivers nothing to for await after its own *',
    },
    mutant: {
      in: 'naru/src/transport/websocket/api/message-queue.ts',
      find: '  clear(): void {\n    this.#messages.length = 0;',
      put: '  clear(): void {',
    },
  },
  {
    id: 'websocket-dropped-after-close',
    said: {
      'docs/websocket.md': 'messages still arrive between `close()` and the event `close` | they are dropped',
    },
    wires: ['websocket'],
    homes: ['none'],
    operations: ['close'],
    check: {
      file: 'packages/naru/test/transport/websocket/connection',
      test: 'WebSocketConnection * closes with a handshake, and drops messages after its close frame',
    },
    mutant: {
      in: 'naru/src/transport/websocket/connection.ts',
      find: 'return this.isShut && (this.#flags & LISTENING) === 0;',
      put: 'return this.isShut && (this.#flags & LISTENING) < 0;',
    },
  },
  {
    id: 'websocket-throwing-listener',
    said: {
      'docs/websocket.md':
        'A listener that throws does not harm the connection: if the process survives, the next message is delivered.',
    },
    wires: ['websocket'],
    homes: ['none'],
    operations: ['send'],
    check: {
      file: 'packages/naru/test/transport/websocket/connection',
      test: 'WebSocketConnection * continues with the next message after a handler has thrown',
    },
    mutant: {
      in: 'naru/src/transport/websocket/connection.ts',
      find: '      if (isThrown && this.#rest !== undefined) this.settings.clock.defer(WebSocketConnection.#readLater, this);\n',
      put: '',
    },
  },
  {
    id: 'websocket-loop',
    said: {
      'docs/websocket.md': 'At 64 waiting messages it stops reading, and further messages wait at the peer:',
    },
    wires: ['websocket'],
    homes: ['none'],
    operations: ['slow'],
    check: {
      file: 'packages/naru/test/transport/websocket/api/message-queue',
      test: 'MessageQueue pauses the connection when many wait, and resumes it when few do',
    },
    mutant: {
      in: 'naru/src/transport/websocket/api/message-queue.ts',
      find: 'const MESSAGES_HIGH = 64;',
      put: 'const MESSAGES_HIGH = 640;',
    },
  },
  {
    id: 'websocket-buffer',
    said: {
      'docs/websocket.md': 'A `send` while more than `bufferedBytesMax` bytes wait destroys the connection.',
    },
    wires: ['websocket'],
    homes: ['none'],
    operations: ['slow'],
    check: {
      file: 'packages/naru/test/transport/websocket/connection',
      test: 'WebSocketConnection * destroys a connection whose peer does not read when more than the limit waits',
    },
    mutant: {
      in: 'naru/src/transport/websocket/sender.ts',
      find: 'if (this.bufferedBytes <= this.settings.bufferedBytesMax) return false;',
      put: 'if (this.bufferedBytes >= 0) return false;',
    },
  },
  {
    id: 'websocket-close-time',
    said: {
      'docs/websocket.md':
        '`closeTimeoutMs` | number of milliseconds, 0 or more | 30000 | Time for the peer to finish the close handshake. Then the socket is destroyed.',
    },
    wires: ['websocket'],
    homes: ['none'],
    operations: ['close'],
    check: {
      file: 'packages/naru/test/transport/websocket/connection',
      test: 'WebSocketConnection * destroys the socket when the peer does not answer the close in time',
    },
    mutant: {
      in: 'naru/src/transport/websocket/connection.ts',
      find: 'if (closeTimeoutMs === Number.POSITIVE_INFINITY) return;',
      put: 'if (closeTimeoutMs !== undefined) return;',
    },
  },
  {
    id: 'media-streams-max',
    said: {
      'docs/media.md':
        'Counts are those of one process, and a client may be in at most 64 streams at a time. One more goes on with its next key.',
      'SECURITY.md':
        'streams of marked events of one client in a namespace | 64 | the oldest one goes on with its next key',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/newest-groups',
      test: 'a client that gets events by groups is in 64 streams at once, and goes on in the oldest one with its next key',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/newest-groups.ts',
      find: 'const STREAMS_MAX = 64;',
      put: 'const STREAMS_MAX = 640;',
    },
  },
  {
    id: 'slow-newest-group',
    said: {
      'docs/slow-readers.md':
        '`newest-group` | The client misses whole groups of marked events, up to the next one that it can take. | video, screens, sensor streams',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow'],
    check: {
      file: 'packages/naru/test/namespace/slow-readers/newest-groups',
      test: 'a client that gets events by groups goes on with the next key after its line stood still',
    },
    mutant: {
      in: 'naru/src/namespace/slow-readers/newest-groups.ts',
      find: "if (mark === 'delta' || stream.state === 'open') return stream.state === 'open';",
      put: "if (mark === 'delta') return true;",
    },
  },
  {
    id: 'server-close-waits',
    said: {
      'docs/server.md':
        'With a log in Redis or NATS, `io.close()` waits until the log has the events that you emitted, for five seconds at most.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['close', 'faults'],
    check: {
      file: 'test/scenario/late/faults',
      test: 'a home that is away lets a server end five seconds after `close` was called, whatever waits for the home',
    },
    mutant: {
      in: 'naru/src/server/api/drain.ts',
      find: 'const CLOSE_WAIT_MS = 5_000;',
      put: 'const CLOSE_WAIT_MS = 50_000;',
    },
  },
  {
    id: 'server-close-slow',
    said: {
      'docs/server.md':
        'Then call `backplane.close()`, which waits for the other requests as long as the broker answers.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['close', 'faults'],
    check: {
      file: 'packages/broker/test/calls',
      test: 'HomeCalls waits at its end for a home that is slow, as long as it answers, and for the requests that follow from its answers',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'await within(clock, idle, left);',
      put: 'if (await within(clock, idle, left).then(() => true)) break;',
    },
  },
  {
    id: 'server-close-error',
    said: {
      'docs/server.md':
        'One `log_error` then counts the requests that had no answer, and the writes among them, which may be lost.',
    },
    wires: ['server'],
    homes: BROKERS,
    operations: ['close', 'faults'],
    check: {
      file: 'packages/broker/test/calls',
      test: 'HomeCalls waits for answers when it is closed, for five seconds, and then tells of all by one error',
    },
    mutant: {
      in: 'broker/src/calls.ts',
      find: 'const error = unansweredError(unanswered);',
      put: 'const error = unansweredError([]);',
    },
  },
  {
    id: 'local-truncated',
    said: {
      'docs/backplanes.md':
        'If the file is truncated or does not belong to LMDB, opening the folder fails with an error.',
    },
    wires: ['server'],
    homes: ['folder'],
    operations: ['start'],
    check: {
      file: 'packages/local/test/database',
      test: 'the database refuses a file that was cut off anywhere, and opens one of which only the last pages were never written',
    },
    mutant: { in: 'local/src/database.ts', find: 'const UNWRITTEN_MAX = 64n;', put: 'const UNWRITTEN_MAX = 0n;' },
  },
  {
    id: 'local-empty-file',
    said: {
      'docs/backplanes.md': 'An empty file counts as a new one.',
    },
    wires: ['server'],
    homes: ['folder'],
    operations: ['start'],
    check: {
      file: 'packages/local/test/database',
      test: 'the database refuses a file that is not a log, or has lost its beginning, with an error instead of a crash',
    },
    mutant: { in: 'local/src/database.ts', find: '    if (size === 0) return undefined;\n', put: '' },
  },
  {
    id: 'once-never-answered',
    said: {
      'docs/delivery.md':
        'The listener never answers. | The client gives up with an error. The listener does not run again before `ageMax`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['once'],
    check: {
      file: 'packages/naru/test/namespace/once/once',
      test: 'an event with a key does not run a listener that never answers again before `ageMax`',
    },
    mutant: {
      in: 'naru/src/namespace/once/answer-memory.ts',
      find: 'const oldestAt = this.#clock.now() - ageMax;',
      put: 'const oldestAt = this.#clock.now() - ageMax / 4;',
    },
  },
  {
    id: 'once-stored-bytes-option',
    said: {
      'docs/delivery.md':
        '`storedBytesMax` | positive whole number of bytes | 268435456 | Bytes of these answers and their keys. Beyond that, the oldest are dropped.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['once'],
    check: {
      file: 'packages/naru/test/namespace/once/once-store',
      test: 'checks its size at the first answer and after each quarter of the limit, and never twice at once',
    },
    mutant: {
      in: 'naru/src/namespace/once/once-store.ts',
      find: 'bytesMax: storedBytesMax * (1 - LOOK_EVERY_PART),',
      put: 'bytesMax: Number.POSITIVE_INFINITY,',
    },
  },
  {
    id: 'answer-dropped-oldest',
    said: {
      'docs/options.md':
        '`acksMax` | positive whole number | 10000 | Acknowledgements that one socket may owe. Beyond that, the oldest is dropped.',
      'SECURITY.md':
        '`acksMax` | positive whole number | 10000 | Acknowledgements that one socket may owe. Beyond that, the oldest is dropped.',
    },
    wires: EVERY_WIRE,
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/naru/test/namespace/membership/acks',
      test: 'Acks drops the oldest above the limit, and notifies it if it takes errors',
    },
    mutant: {
      in: 'naru/src/namespace/membership/acks.ts',
      find: '    if (this.#waiting.size >= this.#countMax) this.#dropOldest();\n',
      put: '',
    },
  },
  {
    id: 'slow-bytes-max-option',
    said: {
      'docs/options.md':
        '`bufferedBytesMax` | positive whole number of bytes | 67108864 | Bytes that may wait for a client that does not read. Beyond that, its session ends with `transport error`.',
      'SECURITY.md':
        '`bufferedBytesMax` | positive whole number of bytes | 67108864 | Bytes that may wait for a client that does not read. Beyond that, its session ends with `transport error`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['slow'],
    check: {
      file: 'test/scenario/bounds',
      test: 'a client over * that does not read is dropped at bufferedBytesMax, unnoticed by all others',
    },
    mutant: {
      in: 'naru/src/session/session.ts',
      find: '} else if (list && list.cost > this.#context.bufferedBytesMax && list.previous) {',
      put: '} else if (list && list.cost < 0 && list.previous) {',
    },
  },
  {
    id: 'recovery-kept-sessions-max',
    said: {
      'docs/options.md':
        '`keptSessionsMax` | positive whole number | 100000 | Sessions that a namespace keeps after their connection is lost. Beyond that, the earliest are dropped.',
      'SECURITY.md':
        '`keptSessionsMax` | positive whole number | 100000 | Sessions that a namespace keeps after their connection is lost. Beyond that, the earliest are dropped.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery keeps a limited number of sessions, and drops those that left first',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: 'const oldest = this.#expiry.count > this.settings.keptSessionsMax ? this.#expiry.first : undefined;',
      put: 'const oldest = this.#expiry.count < 0 ? this.#expiry.first : undefined;',
    },
  },
  {
    id: 'cluster-versions-apart',
    said: {
      'docs/clusters.md':
        'A server that starts beside one whose version is too far away warns with `NARU_VERSIONS_APART` and both versions.',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['start'],
    check: {
      file: 'packages/naru/test/namespace/remote/nodes',
      test: 'the nodes of a backplane of version * beside one of * warn of versions that are too far apart: *',
    },
    mutant: {
      in: 'naru/src/namespace/remote/nodes.ts',
      find: '    if (!far) return;\n',
      put: '    if (far) return;\n',
    },
  },
];
