/** Promises about sessions that continue, in unusual cases. */
import { BROKERS, LOGS, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about sessions that continue, in unusual cases. */
export const recoveryDetails: readonly Promised[] = [
  {
    id: 'recovery-moved-by-others',
    said: {
      'docs/recovery.md':
        'A session has the rooms that these calls gave it, even if the server of its client was killed before it had carried them out.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['call', 'kill'],
    check: {
      file: 'test/scenario/late/moved-sessions',
      test: 'a session whose server was killed is in a room that it was made to join, although the server had not written that',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/change-range.ts',
      find: "rooms[isJoin ? 'add' : 'delete'](room);",
      put: 'rooms.delete(room);',
    },
  },
  {
    id: 'recovery-put-out-by-others',
    said: {
      'docs/recovery.md': 'If such a call disconnected the client, the client gets a new session and `naru:gap`.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['call', 'kill'],
    check: {
      file: 'test/scenario/late/moved-sessions',
      test: 'a session whose server was killed is over if its client was disconnected, and its client is told',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/change-range.ts',
      find: "if (kind === 'disconnect') return undefined;",
      put: "if (kind === 'disconnect') continue;",
    },
  },
  {
    id: 'recovery-put-out-killed',
    said: { 'docs/recovery.md': 'The call counts even if the server is killed in that second.' },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['call', 'kill'],
    check: {
      file: 'test/scenario/late/put-out',
      test: 'a client that reads late when another server disconnects it cannot come back elsewhere if its server is killed while the client has time to read',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-writer.ts',
      find: ' || session.live?.isExpelled',
      put: '',
    },
  },
  {
    id: 'recovery-bad-data',
    said: { 'docs/recovery.md': 'The rooms are still recovered.' },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery with a store that outlives the process writes the rooms of a session whose data JSON cannot hold, and reports it',
    },
    mutant: { in: 'naru/src/namespace/recovery/written-session.ts', find: '    onError(error);\n', put: '' },
  },
  {
    id: 'recovery-refused',
    said: { 'docs/recovery.md': 'Its session is kept and can still be recovered.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery does not change a session when its client is refused',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: '      const { known, text } = found;\n',
      put: '      const { known, text } = found;\n      this.#context.onPutOut(ask.pid, text);\n',
    },
  },
  {
    id: 'recovery-late-rooms',
    said: { 'docs/recovery.md': 'Each later change of its rooms counts from its place on.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['join', 'leave', 'slow readers'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader-pages',
      test: 'SocketReader sends what was for each room while the reader was in it, through hundreds of changes',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'this.#marks.push({ after: this.#log.offset, room, isIn });',
      put: '',
    },
  },
  {
    id: 'recovery-first-client',
    said: {
      'docs/recovery.md': 'It waits for a second at most.',
      'docs/clusters.md': 'New clients get in after a second.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['connect', 'faults'],
    check: {
      file: 'test/scenario/late/entering',
      test: 'a new client gets in after a second as the first one of a server, and gets no earlier event',
    },
    mutant: {
      in: 'naru/src/namespace/namespace-core.ts',
      find: 'isAsking ? RECOVERY_WAIT_MS : ORDER_WAIT_MS;',
      put: 'RECOVERY_WAIT_MS;',
    },
  },
  {
    id: 'recovery-new-client',
    said: {
      'docs/recovery.md':
        'A new client gets the answer to CONNECT when its session is written, after a second at the latest.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['connect', 'faults'],
    check: {
      file: 'test/scenario/late/entering',
      test: 'a new client gets in at once while the home is away, and its session is written later',
    },
    mutant: {
      in: 'naru/src/namespace/namespace-core.ts',
      find: 'inTime(this.clock, written, ORDER_WAIT_MS)',
      put: 'inTime(this.clock, written, 60_000)',
    },
  },
  {
    id: 'recovery-event-source',
    said: {
      'docs/recovery.md': 'An `EventSource` with a `Last-Event-ID` gets an empty stream and connects again, too.',
    },
    wires: ['events'],
    homes: BROKERS,
    operations: ['recover', 'faults'],
    check: {
      file: 'test/scenario/late/entering',
      test: 'a client of plain events that names its Last-Event-ID while the home is away gets an empty stream after ten seconds, and its events when the home is back',
    },
    mutant: {
      in: 'naru/src/wires/events/events-connection.ts',
      find: 'inTime(this.context.clock, refreshed, RECOVERY_WAIT_MS)',
      put: 'inTime(this.context.clock, refreshed, 60_000)',
    },
  },
  {
    id: 'recovery-gone-client',
    said: { 'docs/recovery.md': 'A server takes no session from another one for a client that has gone meanwhile.' },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'faults'],
    check: {
      file: 'test/scenario/late/taken-sessions',
      test: 'a server that takes a session leaves it alone if its client has gone while the server could not reach the home',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (!(yield* waitFor(this.#isThere(ask)))) throw OUTDATED;',
      put: '',
    },
  },
  {
    id: 'recovery-last-events',
    said: {
      'docs/recovery.md':
        '**A client that the server disconnects** gets its last events first, also when the log is slow.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['disconnect'],
    check: {
      file: 'test/scenario/late-log',
      test: 'a log that answers late gives a client its last event before it is put out (the connection too: *)',
    },
    mutant: {
      in: 'naru/src/namespace/namespace-core.ts',
      find: '    if (this.fences) this.fences.run(carryOut, isPatient);',
      put: '    if (this.fences && isPatient) this.fences.run(carryOut, isPatient);',
    },
  },
  {
    id: 'recovery-told-again',
    said: {
      'docs/recovery.md':
        'If its connection breaks before it has an event of the new session, it gets `naru:gap` again.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['disconnect', 'recover'],
    check: {
      file: 'test/scenario/late/taken-sessions',
      test: 'a client that was disconnected by a server is told of the gap again if its first connection broke before it heard of it',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: 'missed: gap && (seen ?? ZERO_OFFSET)',
      put: 'missed: undefined',
    },
  },
  {
    id: 'recovery-late-volatile',
    said: { 'docs/recovery.md': 'The server drops volatile events for a late client.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['slow readers', 'volatile'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader',
      test: 'a client that is behind receives no volatile event, whose offset would skip unread ones, and questions in their place',
    },
    mutant: { in: 'naru/src/namespace/membership/reception.ts', find: 'lag && isVolatile', put: 'lag && false' },
  },
  {
    id: 'recovery-late-questions',
    said: { 'docs/recovery.md': 'Events with an acknowledgement keep their place.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['slow readers', 'ack'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader',
      test: 'a client that is behind receives no volatile event, whose offset would skip unread ones, and questions in their place',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'if (this.offset >= this.#until) return',
      put: 'if (mark || this.offset >= this.#until) return',
    },
  },
  {
    id: 'recovery-shared-reading',
    said: {
      'docs/recovery.md':
        'When many clients missed the same events, the server reads these events once for all of them.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/late/late-pages-shared',
      test: 'LatePages reads once for many readers at nearly the same place',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/late-pages.ts',
      find: 'this.#hold(page.records, erasures);',
      put: '',
    },
  },
];
