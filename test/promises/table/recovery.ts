/** Promises about sessions that continue. */
import { BROKERS, LOGS, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** The promises about sessions that continue. */
export const recovery: readonly Promised[] = [
  {
    id: 'recovery-missed',
    said: {
      'docs/recovery.md':
        'With recovery, a client that comes back after a broken connection gets every event it missed, in order and once.',
      'README.md': 'With recovery on, a client that reconnects gets every event it missed, in order and once.',
      'docs/server.md': 'It also gets every event it missed, once and in order.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'test/scenario/recovery',
      test: 'recovery over * loses nothing, repeats nothing and keeps the order, or reports a gap (seed *)',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'const offset = seen ?? startedAfter;',
      put: 'const offset = seen === undefined ? startedAfter : log.earlier(seen, -1);',
    },
  },
  {
    id: 'recovery-broken',
    said: { 'docs/recovery.md': 'The connection broke, at any byte. | It continues. Nothing is lost or repeated.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'test/scenario/client',
      test: 'a client over * recovers missed events once each, however often its connection breaks',
    },
    mutant: {
      in: 'naru/src/namespace/membership/membership.ts',
      find: 'if (state) this.holdFrom(state.after);',
      put: '',
    },
  },
  {
    id: 'recovery-quiet',
    said: { 'docs/recovery.md': 'No event was sent for longer than events are kept. | It continues.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery reaches back to exactly the event before the oldest stored one',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (hasGap) return gapFrom(after, first);',
      put: 'if (hasGap || first) return gapFrom(after, first);',
    },
  },
  {
    id: 'recovery-again',
    said: { 'docs/recovery.md': 'The connection broke again and again. | It continues.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery recovers a session again and again',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: '    this.sessions.set(pid, session);',
      put: '    if (!state) this.sessions.set(pid, session);',
    },
  },
  {
    id: 'recovery-killed',
    said: {
      'docs/recovery.md':
        'The server was killed (`kill -9`) or restarted. | It continues, with a log in a folder or a broker.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'kill'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery with a store that outlives the process restores a session in another process after a kill',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-writer.ts',
      find: 'if (session.isOver || log.beginning || session.live?.isExpelled) return;',
      put: 'if (!session.isOver || log.beginning) return;',
    },
  },
  {
    id: 'recovery-elsewhere',
    said: {
      'docs/recovery.md':
        'The client reaches another process with the same backplane, on any machine. | It continues there, and the first process drops its socket.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'move'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery with a store that outlives the process tells a process in one record of all sessions that were taken over at once',
    },
    mutant: { in: 'naru/src/namespace/recovery/recovery.ts', find: '    session.live?.supersede(true);', put: '' },
  },
  {
    id: 'recovery-stood-still',
    said: {
      'docs/recovery.md':
        'A process stood still, and its client went to another process on the same machine. | It continues there. The first process changes nothing of it.',
    },
    wires: ORDERED,
    homes: ['folder'],
    operations: ['recover', 'move'],
    check: {
      file: 'packages/naru/test/namespace/recovery/session-writer',
      test: 'SessionWriter of a home on this machine does not write a session that another process has taken while this one stood still',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-writer.ts',
      find: 'if (stored !== undefined) answer = yield*',
      put: 'if (stored !== undefined && 1 > 2) answer = yield*',
    },
  },
  {
    id: 'recovery-came-last',
    said: {
      'docs/recovery.md':
        'The client came to two processes one shortly after the other, because the first connection was dead. | It continues where it came last, with the rooms that it joined there.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'move', 'join'],
    check: {
      file: 'test/scenario/same-session',
      test: 'is where its client came last, although its former process tells the others of it *',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-writer.ts',
      find: '(session.start.takes ?? 0) < Number(rest[at + 1])',
      put: '(session.start.takes ?? 0) !== Number(rest[at + 1])',
    },
  },
  {
    id: 'recovery-slow-reader',
    said: {
      'docs/recovery.md':
        'The client reads more slowly than others write. | It reads from the log when it can. Nobody else is affected.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['slow readers'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader',
      test: 'a client that reads more slowly than others write receives everything in order when it wakes, and meanwhile costs no more memory than the limit',
    },
    mutant: {
      in: 'naru/src/namespace/membership/reception.ts',
      find: '      this.readFrom(member, previous);\n    } else {',
      put: '      member.client.sink.sendPackets(packets, false);\n    } else {',
    },
  },
  {
    id: 'recovery-waits',
    said: {
      'docs/recovery.md':
        'The log is on another machine and cannot be reached. | It waits for ten seconds. Then the server sends it away, and the client tries again.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'faults'],
    check: {
      file: 'test/scenario/late/entering',
      test: 'a client that asks for its session while the home is away is sent back after ten seconds without a new session, and gets its own when the home is back',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/kept-session.ts',
      find: 'RECOVERY_WAIT_MS = 10_000',
      put: 'RECOVERY_WAIT_MS = 20_000',
    },
  },
  {
    id: 'recovery-too-late',
    said: {
      'docs/recovery.md':
        'The log no longer has everything that the client missed. | `recovered === false`, and the event `naru:gap`.',
      'docs/server.md':
        'If the server no longer has all of these events, it recovers nothing, and `recovered` is `false` on both sides.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery refuses when the log no longer reaches back, so that nothing is silently missing',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (hasGap) return gapFrom(after, first);',
      put: '',
    },
  },
  {
    id: 'recovery-forgotten',
    said: {
      'docs/recovery.md': 'The server no longer knows the session. | `recovered === false`, and a new session.',
      'README.md': 'A client that was away too long starts a new session, and `socket.recovered` tells it so.',
      'SECURITY.md':
        '`maxDisconnectionDuration` | positive number of milliseconds | 120000 | Time for which sessions and events are kept.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery forgets sessions and events that are too old',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: '#expiry = new Deadlines(log.clock, keptMs,',
      put: '#expiry = new Deadlines(log.clock, 1_000 * keptMs,',
    },
  },
  {
    id: 'recovery-same-session',
    said: {
      'docs/recovery.md': 'A session that continues has the same id, the same rooms and the same `socket.data`.',
      'docs/server.md':
        'A client that comes back within `maxDisconnectionDuration` gets its `id`, its rooms and its `data` back.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/namespace',
      test: 'Namespace recovers a session with its id, rooms, data and missed events',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'chosen, data, present, forgotten, isElsewhere,',
      put: 'chosen, data: undefined, present, forgotten, isElsewhere,',
    },
  },
  {
    id: 'recovery-written',
    said: {
      'docs/recovery.md':
        'The server writes a session when its client connects and when its rooms change, so before the connection is lost.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['join', 'kill'],
    check: {
      file: 'packages/naru/test/namespace/registry',
      test: 'NamespaceRegistry writes a session with its rooms before the client learns of them',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-writer.ts',
      find: 'else if (!this.#isScheduled)',
      put: 'else if (1 > 2)',
    },
  },
  {
    id: 'recovery-data-written',
    said: {
      'docs/recovery.md':
        'If only `socket.data` changes, the server writes it with the next such change, or after `maxDisconnectionDuration` at the latest.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/recovery',
      test: 'Recovery with a store that outlives the process keeps a long session by writing it again',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: '#renewals = new Deadlines(log.clock, keptMs,',
      put: '#renewals = new Deadlines(log.clock, 100 * keptMs,',
    },
  },
];
