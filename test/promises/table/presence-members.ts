/** Promises of docs/presence.md about members. */
import { EVERY_HOME, type Promised, RELIABLE, SHARED } from '../promised.js';

const document = 'docs/presence.md';
const presences = 'packages/naru/test/namespace/presence/presences';
const source = 'naru/src/namespace/presence/presences.ts';
const room = 'the presence of a room';
const lost = 'a lost connection';
/** Members, and what others see of them. */
export const presenceMembers: readonly Promised[] = [
  {
    id: 'presence-identity',
    said: { [document]: 'A person with three open tabs is one member with `connections: 3`.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/roster',
      test: 'Roster counts one person with three tabs once',
    },
    mutant: {
      in: 'naru/src/namespace/presence/roster.ts',
      find: 'connections: entries.length,',
      put: 'connections: 1,',
    },
  },
  {
    id: 'presence-socket',
    said: { [document]: 'If you give no `id`, each socket is a separate member.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: { file: presences, test: `${room} counts connections if nobody has an identity` },
    mutant: { in: source, find: 'before?.id ?? socket.id }', put: "before?.id ?? 'somebody' }" },
  },
  {
    id: 'presence-newest-state',
    said: {
      [document]:
        'When the connection that set it leaves, the member falls back to the newest state among the remaining connections.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/roster',
      test: 'Roster has the newest state, and falls back when its connection leaves',
    },
    mutant: { in: 'naru/src/namespace/presence/roster.ts', find: 'other.at > one.at ||', put: 'other.at < one.at ||' },
  },
  {
    id: 'presence-again',
    said: { [document]: 'A second `join` changes the fields that you name and keeps the others.' },
    wires: ['server'],
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: presences,
      test: `${room} keeps the identity and the state of a socket that is made present again without them`,
    },
    mutant: { in: source, find: ": (before?.state ?? 'null');", put: ": 'null';" },
  },
  {
    id: 'presence-events',
    said: {
      [document]:
        'Naru emits `join` when an identity enters that was not present before, `update` when its state changes, and `leave` when its last connection has gone.',
    },
    wires: ['server'],
    homes: EVERY_HOME,
    operations: ['presence'],
    check: { file: presences, test: `${room} consists of the members that the application creates for its sockets` },
    mutant: {
      in: 'naru/src/namespace/presence/roster.ts',
      find: "if (others.length === 0) changes.push({ type: 'join'",
      put: "if (others.length >= 0) changes.push({ type: 'join'",
    },
  },
  {
    id: 'presence-events-after-list',
    said: {
      [document]: 'So a second tab of a member does not emit `join`, even if it connects to another process.',
    },
    wires: ['server'],
    homes: SHARED,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/loading',
      test: 'a room whose list comes from a store (*) tells *',
    },
    mutant: {
      in: source,
      find: 'for (const change of place.isLoaded ? changes : []) {',
      put: 'for (const change of changes) {',
    },
  },
  {
    id: 'presence-ends',
    said: {
      [document]:
        "Presence ends when the socket leaves the room (`socket.leave('lobby')`), when its connection ends, or when its process ends.",
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence', 'leave'],
    check: { file: presences, test: `${room} ends with the room, and with the connection` },
    mutant: { in: source, find: 'if (held && !held.deadlineQueue) this.#end(held);', put: '' },
  },
  {
    id: 'presence-grace',
    said: {
      [document]:
        'For a grace period, the option `presence.grace`, it still counts as present, so nobody sees it leave.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence', 'disconnect'],
    check: { file: presences, test: `${lost} counts as present for its grace, and no longer` },
    mutant: {
      in: source,
      find: 'if (hasGrace && !held.isCeded) this.#grace.add(held);',
      put: 'if (hasGrace && held.isCeded) this.#grace.add(held);',
    },
  },
  {
    id: 'presence-grace-default',
    said: {
      [document]: 'With `connectionStateRecovery` it is 10 seconds, or `maxDisconnectionDuration` if that is shorter.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence', 'disconnect'],
    check: {
      file: 'packages/naru/test/namespace/presence/settings',
      test: 'the options of presence have a grace if sessions are recovered, which does not outlast them',
    },
    mutant: {
      in: 'naru/src/namespace/presence/settings.ts',
      find: 'Math.min(GRACE_MS, recoveryMs)',
      put: 'recoveryMs',
    },
  },
  {
    id: 'presence-recovered',
    said: {
      [document]:
        'A recovered session is present again in the same rooms, with the same state, before your `connection` listener runs.',
    },
    wires: RELIABLE,
    homes: ['memory', ...SHARED],
    operations: ['presence', 'recover'],
    check: { file: presences, test: `${lost} is present again when its session is recovered after a grace of *` },
    mutant: { in: source, find: 'const known = entry ?? before;', put: 'const known = entry;' },
  },
  {
    id: 'presence-recovered-late',
    said: { [document]: "The store's answer counts then, unless your program has set the presence since." },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'recover'],
    check: {
      file: 'packages/naru/test/namespace/presence/several-servers',
      test: 'servers with one store (*) keep the identity and the state of a client that * at another one',
    },
    mutant: {
      in: 'naru/src/namespace/presence/roster.ts',
      find: 'const isUnsaid = own.at === 0 &&',
      put: 'const isUnsaid = own.at < 0 &&',
    },
  },
  {
    id: 'presence-none-unread',
    said: {
      [document]: 'A client that comes back costs one read for each of its rooms, and none if it had no presence.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'recover'],
    check: {
      file: 'packages/naru/test/namespace/presence/several-servers',
      test: 'servers with one store (*) read the presence of a client that moves only if it has any (*)',
    },
    mutant: {
      in: source,
      find: '} else if (present?.length !== 0 || place?.roster.get(socket.id)) this',
      put: '} else this',
    },
  },
  {
    id: 'presence-reload',
    said: {
      [document]:
        'With a grace period, the reloaded page joins with the same `id` while the old connection still counts. Nobody sees a change.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence', 'connect'],
    check: { file: presences, test: `${lost} does not flicker when the page reloads` },
    mutant: { in: source, find: 'const hasGrace = isLost && ', put: 'const hasGrace = !isLost && ' },
  },
  {
    id: 'presence-deliberate',
    said: {
      [document]:
        'The grace period does not apply when the client calls `socket.disconnect()` or when you disconnect it. The member is gone at once.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence', 'disconnect'],
    check: { file: presences, test: `${lost} has no grace if the client disconnected by itself` },
    mutant: { in: source, find: 'const hasGrace = isLost && ', put: 'const hasGrace = ' },
  },
];
