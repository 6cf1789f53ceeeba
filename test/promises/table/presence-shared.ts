/** Promises of docs/presence.md about processes that share a store, and about bounds. */
import { EVERY_HOME, type Promised, RELIABLE, SHARED } from '../promised.js';

const document = 'docs/presence.md';
const presences = 'packages/naru/test/namespace/presence/presences';
const shared = 'packages/naru/test/namespace/presence/shared-presence';
const source = 'naru/src/namespace/presence/presences.ts';
const room = 'the presence of a room';
const sharing = 'processes that share a store';
/** Processes that share a store. */
export const presenceShared: readonly Promised[] = [
  {
    id: 'presence-shared',
    said: {
      [document]:
        "Processes that share a store, such as the folder of `local('./data')` or a broker, show the same members.",
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence'],
    check: { file: shared, test: `${sharing} see each other’s changes at the next look, and read only the changes` },
    mutant: {
      in: 'naru/src/namespace/presence/shared-presence.ts',
      find: 'alive.every(([node, changes]) => this.#seen.get(node) === changes);',
      put: 'true;',
    },
  },
  {
    id: 'presence-at-once',
    said: {
      [document]:
        'A member comes, goes or changes its state. | at once; within `presence.pollInterval` if the backplane does not connect the processes',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/several-servers',
      test: 'servers with one store (*) see changes of the others at once if the backplane connects them, and otherwise at their next look',
    },
    mutant: {
      in: 'naru/src/namespace/presence/shared-presence.ts',
      find: 'if (this.#topics.has(topic)) this.#due.add(topic);',
      put: '',
    },
  },
  {
    id: 'presence-closed-process',
    said: { [document]: 'A process closes (`io.close()`). | within `pollInterval`, after `grace` if there is one' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'close'],
    check: { file: shared, test: `${sharing} say goodbye at once, or keep members for a while that may return` },
    mutant: {
      in: 'naru/src/namespace/presence/shared-presence.ts',
      find: 'if (lingerMs === 0) for (const own',
      put: 'if (lingerMs > 0) for (const own',
    },
  },
  {
    id: 'presence-lease',
    said: {
      [document]: 'A process is killed or hangs. | within `presence.lease`, 15 seconds by default, and `pollInterval`',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'kill'],
    check: {
      file: shared,
      test: `${sharing} drop a killed process at the end of its lease, with everything that it left in the store`,
    },
    mutant: {
      in: 'naru/src/namespace/presence/shared-presence.ts',
      find: '`, leaseMs),',
      put: '`, 2 * leaseMs),',
    },
  },
  {
    id: 'presence-moved',
    said: {
      [document]: 'A client comes back to another process before that. | at once in that process; nobody sees it leave',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'move'],
    check: {
      file: 'packages/naru/test/namespace/presence/several-servers',
      test: 'servers with one store (*) hand a client over that returns to another, and nobody sees it leave',
    },
    mutant: { in: 'naru/src/namespace/presence/shared-presence.ts', find: 'if (lingerMs === 0) for', put: 'for' },
  },
  {
    id: 'presence-paused',
    said: { [document]: 'When it continues, its members are back.' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'pause'],
    check: { file: shared, test: `${sharing} take back a process that was paused for longer than its lease` },
    mutant: {
      in: 'naru/src/namespace/presence/shared-presence.ts',
      find: 'if (writtenAt < askedAt) this.write(topic, entry);',
      put: ';',
    },
  },
  {
    id: 'presence-started',
    said: {
      [document]: '**A process that starts** sees the clients of all living processes, and no clients of dead ones.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence', 'start'],
    check: { file: shared, test: `${sharing} notice a process that died before they first looked at it` },
    mutant: {
      in: 'naru/src/namespace/presence/shared-presence.ts',
      find: ': this.#alive.has(entry.node)) {',
      put: ': true) {',
    },
  },
  {
    id: 'presence-lost-hint',
    said: {
      [document]:
        'A process that has missed such a message looks at all of its rooms, and reads those that have changed.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence'],
    check: { file: shared, test: `${sharing} find the changes of a lost hint at the next look` },
    mutant: {
      in: 'naru/src/namespace/presence/shared-presence.ts',
      find: ' && this.#seen.get(node) === changes - 1) this',
      put: ') this',
    },
  },
  {
    id: 'presence-own-without-home',
    said: {
      [document]:
        'If the log is in memory, each process has its own presence. It then writes nothing to a store and does not poll.',
    },
    wires: RELIABLE,
    homes: ['none', 'memory'],
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/server/api/namespace-context',
      test: 'the context of namespaces shares presence only over a store that other processes can read',
    },
    mutant: {
      in: 'naru/src/server/api/namespace-context.ts',
      find: 'const sharedPresence = store?.isDurable\n',
      put: 'const sharedPresence = store\n',
    },
  },
  {
    id: 'presence-three-signs',
    said: {
      [document]: 'Naru polls at least three times in each lease, even if `pollInterval` is longer.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/settings',
      test: 'the options of presence have three signs of life per lease',
    },
    mutant: {
      in: 'naru/src/namespace/presence/settings.ts',
      find: 'Math.min(pollInterval, lease / 3)',
      put: 'Math.min(pollInterval, lease / 2)',
    },
  },
  {
    id: 'presence-connections-max',
    said: {
      [document]:
        '`connectionsMax` | positive whole number | 10000 | Connections that may be present in a room. One more throws.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: { file: presences, test: `${room} has limits that throw, and leave nothing behind` },
    mutant: {
      in: source,
      find: 'roster.connectionCount < this.#context.settings.connectionsMax',
      put: 'roster.connectionCount <= this.#context.settings.connectionsMax',
    },
  },
  {
    id: 'presence-members-max',
    said: {
      [document]:
        '`membersMax` | positive whole number | 1000 | Members that a client is told of at once, the earliest first. The count includes the others.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/presence-query',
      test: 'a client that reads the presence of a room receives a limited list of members, and their number',
    },
    mutant: {
      in: source,
      find: 'members: roster.list(limit), count: roster.count };',
      put: 'members: roster.list(limit), count: roster.list(limit).length };',
    },
  },
  {
    id: 'presence-state-max',
    said: {
      [document]:
        '`stateBytesMax` | positive whole number of bytes | 4096 | Bytes of the JSON of one state. A larger one throws.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: { file: presences, test: `${room} has limits that throw, and leave nothing behind` },
    mutant: {
      in: 'naru/src/namespace/presence/state.ts',
      find: 'if (Buffer.byteLength(text) > bytesMax)',
      put: 'if (text.length > 2 * bytesMax)',
    },
  },
];
