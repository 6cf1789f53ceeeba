/** Promises of docs/recovery.md and docs/history.md about rooms, several connections and homes that fail. */
import { BROKERS, LOGS, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

/** Promises of docs/recovery.md and docs/history.md about rooms, several connections and homes that fail. */
export const recoveryOfRooms: readonly Promised[] = [
  {
    id: 'recovery-rooms-left',
    said: {
      'docs/recovery.md':
        'A client gets what was sent to a room before it left the room, however often its connection breaks on the way.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover', 'leave'],
    check: {
      file: 'test/scenario/broken-off',
      test: 'a client whose connection breaks off gets all of it, however often the connection breaks off while the client reads what it missed',
    },
    mutant: { in: 'naru/src/namespace/recovery/kept-session.ts', find: '    this.#moves.push(change);\n', put: '' },
  },
  {
    id: 'recovery-moved-meanwhile',
    said: {
      'docs/recovery.md':
        'A client that is on its way to another server gets the changes that are made meanwhile, each at its place.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'join', 'leave', 'disconnect'],
    check: {
      file: 'test/scenario/late/changed-meanwhile',
      test: 'a client that comes back to another server is in a room that it is made to join meanwhile, from that place on',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/change-range.ts',
      find: '    this.#changes.push(change);\n',
      put: '',
    },
  },
  {
    id: 'recovery-moved-open',
    said: {
      'docs/recovery.md':
        'A client comes back to its own server while changes of its rooms are still on their way into the log. Each change takes effect at its own place.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'join', 'leave'],
    check: {
      file: 'test/scenario/late/changed-meanwhile',
      test: 'a client that comes back to its server while changes are on their way into the log * from the place of the change on',
    },
    mutant: {
      in: 'naru/src/namespace/namespace-core.ts',
      find: '    if (state) this.recipients.inherit(member);\n',
      put: '',
    },
  },
  {
    id: 'recovery-moved-late',
    said: {
      'docs/recovery.md': 'The change counts from there on.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'join', 'leave'],
    check: {
      file: 'test/scenario/takeover',
      test: 'gives a client the rooms that its former server changes before it has heard where the client is',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/recovery.ts',
      find: "    if (joined.length > 0) this.#context.act(target, ['join', joined, takes]);\n",
      put: '',
    },
  },
  {
    id: 'recovery-moved-late-gone',
    said: {
      'docs/recovery.md': 'It has the change wherever it comes back.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'join', 'leave', 'kill'],
    check: {
      file: 'test/scenario/late/changed-meanwhile',
      test: 'a client that goes to another server while its own one cannot reach the home has a room that it has * changed while nobody has it, and comes back to *',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/change-range.ts',
      find: 'state.isGone && !isLate && ',
      put: 'state.isGone && ',
    },
  },
  {
    id: 'recovery-moved-since',
    said: {
      'docs/recovery.md':
        'The change does not count if the client has joined or left that room since then, at its new server.',
    },
    wires: ORDERED,
    homes: SHARED,
    operations: ['recover', 'join', 'leave', 'kill'],
    check: {
      file: 'test/scenario/late/changed-meanwhile',
      test: 'a client that goes to another server while its own one cannot reach the home is *, also at a third one',
    },
    mutant: {
      in: 'naru/src/namespace/reach.ts',
      find: ' || recovery?.hasChosen(member.pid, room, takes)',
      put: '',
    },
  },
  {
    id: 'recovery-moved-killed',
    said: {
      'docs/recovery.md':
        'If the server is killed between two changes, the client gets what it missed by the rooms in which it goes on.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'join', 'leave', 'kill'],
    check: {
      file: 'test/scenario/late/killed-between',
      test: 'a client whose server makes two changes of a room, loses it and is killed has the events that it missed by the rooms in which it goes on, after *',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/kept-session.ts',
      find: '...this.source.findOpen?.(),',
      put: '...this.live?.findOpen(),',
    },
  },
  {
    id: 'recovery-moved-again',
    said: {
      'docs/recovery.md': 'A third server finds the same rooms, even if the second one could not write anything more.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'join', 'leave'],
    check: {
      file: 'test/scenario/late/twice-moved',
      test: 'a client that goes on at a third server, because the second one could not write its session is as the log has it in a room that it had just *',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'this.#writer.claim(text, claimed)',
      put: 'this.#writer.claim(text, { ...state, roomsAt: log.offset })',
    },
  },
  {
    id: 'recovery-rooms-changes',
    said: {
      'docs/recovery.md':
        'At most 256 changes are kept. Beyond that, a room that was left and joined again counts as never left.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover', 'leave'],
    check: {
      file: 'test/scenario/broken-off',
      test: 'a client whose connection breaks off misses nothing if it has left the same room very often',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/kept-session.ts',
      find: 'if (again >= 0) this.#moves.splice(again, 1);\n    else if (oldest?.isIn === false) this',
      put: 'if (again < -1) this.#moves.splice(again, 1);\n    else if (oldest?.isIn === false) this',
    },
  },
  {
    id: 'recovery-rooms-gap',
    said: {
      'docs/recovery.md': 'A client that has left even more rooms, and may miss events of them, gets `naru:gap`.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover', 'leave'],
    check: {
      file: 'test/scenario/broken-off',
      test: 'a client whose connection breaks off is told of a gap if it has left very many rooms since, and only if something was sent meanwhile',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/kept-session.ts',
      find: '    else if (oldest?.isIn === false) this.#forgotten = oldest.after;\n',
      put: '',
    },
  },
  {
    id: 'recovery-after-connect',
    said: {
      'docs/recovery.md': '**Missed events arrive after the answer to CONNECT.**',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader',
      test: 'isOneUnit is true only if a turn is one response',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: "return transport.name === 'polling' && !upgrading;",
      put: "return transport.name !== 'sse' && !upgrading;",
    },
  },
  {
    id: 'recovery-late-changes',
    said: {
      'docs/recovery.md':
        'If there are more than 10,000 such changes, the rooms after them decide over all that the client has not read.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['join', 'slow'],
    check: {
      file: 'packages/naru/test/namespace/log/reader/socket-reader-pages',
      test: 'SocketReader reads everything by the rooms of that time after 10,000 changes',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'export const CHANGES_MAX = 10_000;',
      put: 'export const CHANGES_MAX = 20_000;',
    },
  },
  {
    id: 'recovery-home-again',
    said: {
      'docs/recovery.md': 'The server asks it once more after half a second.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover', 'faults'],
    check: {
      file: 'test/scenario/failing-reads',
      test: 'a client that comes back meanwhile gets its session when the home can read again within a second',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (tries === 2) {',
      put: 'if (tries === 1) {',
    },
  },
  {
    id: 'recovery-home-sent-away',
    said: {
      'docs/recovery.md':
        'If that fails, too, the server sends a client away that can come back, and the client tries again. It is not told of a gap.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover', 'faults'],
    check: {
      file: 'test/scenario/failing-reads',
      test: 'a client that reads late loses its connection after a second, and gets its session with the rest later',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: 'if (isAway && this.#member.pid !== undefined) this.#member.client.conn.close(true);\n    else tellGap',
      put: 'tellGap',
    },
  },
  {
    id: 'recovery-newest-connection',
    said: {
      'docs/recovery.md':
        '**Several connections of one client.** The newest one gets the session, whatever order the servers learn of them. An older one does not.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/session-search',
      test: 'the connections that ask for a session do not get it while a later one waits for it',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: '    if (newest > ask) throw OUTDATED;\n',
      put: '',
    },
  },
  {
    id: 'recovery-has-to-answer',
    said: {
      'docs/recovery.md':
        'A client that has waited for a session for more than a second has to answer a ping before a server takes the session from another one.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/recovery/session-search',
      test: 'the connections that ask for a session have to show that they are there *: *',
    },
    mutant: {
      in: 'naru/src/namespace/recovery/session-search.ts',
      find: 'if (clock.now() < sureUntil) return true;',
      put: 'if (sureUntil > 0) return true;',
    },
  },
  {
    id: 'recovery-late-put-out',
    said: {
      'docs/recovery.md':
        'If another server disconnects it, it has a second to read them. After that it gets `naru:gap` and is disconnected.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['disconnect', 'slow'],
    check: {
      file: 'test/scenario/late/put-out',
      test: 'a client that reads late when another server disconnects it is told of a gap, and disconnected, if it does not read for a second',
    },
    mutant: {
      in: 'naru/src/namespace/membership/reception.ts',
      find: 'clock.setTimeout(onTimer, ORDER_WAIT_MS, undefined)',
      put: 'clock.setTimeout(onTimer, 60 * ORDER_WAIT_MS, undefined)',
    },
  },
  {
    id: 'history-after-200',
    said: {
      'docs/history.md': 'After each 200 records, other readers of the log get a turn.',
    },
    wires: ['server'],
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: 'history lets others have their turn after each 200 records',
    },
    mutant: { in: 'naru/src/namespace/history/history.ts', find: 'const PAGE = 200;', put: 'const PAGE = 100_000;' },
  },
  {
    id: 'history-page-place',
    said: {
      'docs/history.md':
        'The page ends at one place in the log, where the client joins. That place is after everything that stood in the log at the request.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['enter'],
    check: {
      file: 'test/scenario/late/entering-rooms',
      test: 'a client whose server has another process beside it gets a page with everything that the other one has appended',
    },
    mutant: { in: 'naru/src/namespace/history/entering.ts', find: '  namespace.delivery.reachEnd();\n', put: '' },
  },
  {
    id: 'history-late-reader',
    said: {
      'docs/history.md': 'A client that reads late first gets what it missed in its other rooms, and then the page.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['enter', 'slow'],
    check: {
      file: 'packages/naru/test/namespace/history/entering',
      test: 'a client that enters with history that reads late gets what it missed, then the page, and then each later event once',
    },
    mutant: {
      in: 'naru/src/namespace/membership/reception.ts',
      find: 'member.lag.addBehind({ after: log.offset, pause });',
      put: 'void pause.begin();',
    },
  },
  {
    id: 'history-one-after-the-other',
    said: {
      'docs/history.md': 'Several requests at once are answered one after the other.',
    },
    wires: RELIABLE,
    homes: BROKERS,
    operations: ['enter'],
    check: {
      file: 'test/scenario/late/entering-rooms',
      test: 'a client whose log is on another machine (seed *) gets two pages and no newer event before them when it enters two rooms at once',
    },
    mutant: {
      in: 'naru/src/namespace/history/entering.ts',
      find: 'log.fences.run(() => {\n    upTo',
      put: 'queueMicrotask(() => {\n    upTo',
    },
  },
];
