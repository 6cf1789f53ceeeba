/** Promises of docs/presence.md about what clients see and may do. */
import { EVERY_HOME, ORDERED, type Promised, RELIABLE, SHARED } from '../promised.js';

const document = 'docs/presence.md';
const presences = 'packages/naru/test/namespace/presence/presences';
const source = 'naru/src/namespace/presence/presences.ts';
/** Announcements, and requests of clients. */
export const presenceForClients: readonly Promised[] = [
  {
    id: 'presence-announced-to-room',
    said: {
      [document]:
        'With `announce: true`, a process sends these events to all its sockets in the room, whether or not they are present themselves:',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/announce',
      test: 'a presence announcement goes only to the members of the room, encoded once for all, after earlier messages',
    },
    mutant: {
      in: 'naru/src/namespace/presence/announce.ts',
      find: 'for (const member of namespace.recipients.recipientsOf(target)) member.sendEncoded(packets, false);',
      put: '',
    },
  },
  {
    id: 'presence-announced-while-listening',
    said: {
      [document]: 'If your clients watch rooms without being present, register a listener in every process:',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/announce',
      test: 'a presence announcement reaches sockets at a process where nobody is present while the program listens there',
    },
    mutant: {
      in: source,
      find: 'this.#open(room, options).on(event, listener);',
      put: 'this.#open(room, {}).on(event, listener);',
    },
  },
  {
    id: 'presence-list-to-newcomer',
    said: { [document]: 'Naru sends the list only to a client that becomes present or is recovered.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: presences,
      test: 'announced presence notifies the members of the room, and gives the list to newcomers',
    },
    mutant: {
      in: source,
      find: "this.#context.tellOne(socket, 'naru:presence:list', [place.room, list]);",
      put: "this.#context.tell(place.room, 'naru:presence:list', [place.room, list]);",
    },
  },
  {
    id: 'presence-not-logged',
    said: { [document]: 'They are not in the log.' },
    wires: RELIABLE,
    homes: ['memory', ...SHARED],
    operations: ['presence', 'history'],
    check: { file: presences, test: 'announced presence is not in the log' },
    mutant: {
      in: 'naru/src/namespace/presence/announce.ts',
      find: '      // Earlier events go out first.\n',
      put: '      (namespace as never as { delivery: { broadcast(packet: unknown, to: unknown): void } }).delivery.broadcast(packetOf(event, args), target);\n',
    },
  },
  {
    id: 'presence-asked',
    said: { [document]: 'By default, clients see nothing of presence.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: { file: presences, test: 'announced presence is not announced unless the application wants it' },
    mutant: {
      in: source,
      find: 'if (announce !== undefined) place.isAnnounced = announce;',
      put: 'place.isAnnounced = announce ?? true;',
    },
  },
  {
    id: 'presence-request',
    said: { [document]: 'If you allow `presence`, clients can ask for the list:' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/presence-query',
      test: 'a client that reads the presence of a room may do so if the application allows it',
    },
    mutant: { in: 'naru/src/namespace/permissions/permissions.ts', find: 'isOpen && verdict));', put: 'verdict));' },
  },
  {
    id: 'presence-own-state',
    said: {
      [document]:
        'If you allow `ownPresence`, a client that you made present can change its own state or end its presence. It cannot change its identity.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/presence-query',
      test: 'a client that changes its own presence may do so if the application allows it, and only where the application made it present',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'this.#decide(socket, this.#rules.ownPresence,',
      put: 'this.#decide(socket, this.#rules.ownPresence ?? true,',
    },
  },
  {
    id: 'presence-own-leave',
    said: { [document]: 'After it has ended its presence, it stays in the room.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/client/room/presence',
      test: 'presence for * can be ended by the client if allowed, which stays in the room',
    },
    mutant: {
      in: 'naru/src/namespace/presence/presence-query.ts',
      find: "wish.type === 'leave' ? presences.leave(room, socket)",
      put: "wish.type === 'leave' ? (socket.leave(room), true)",
    },
  },
  {
    id: 'presence-not-present',
    said: { [document]: '`NOT_PRESENT` | The client is not present in the room.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/presence-query',
      test: 'a client that changes its own presence may do so if the application allows it, and only where the application made it present',
    },
    mutant: {
      in: 'naru/src/namespace/presence/presence-query.ts',
      find: 'answered(isPresent ? undefined :',
      put: 'answered(!isPresent ? undefined :',
    },
  },
  {
    id: 'presence-bad-state',
    said: { [document]: '`BAD_STATE` | The state is too large.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/client/room/presence',
      test: 'presence for * refuses a state that is too large',
    },
    mutant: {
      in: 'naru/src/namespace/presence/presence-query.ts',
      find: "code: 'BAD_STATE'",
      put: "code: 'NOT_PRESENT'",
    },
  },
  {
    id: 'presence-failed',
    said: { [document]: '`FAILED` | The store could not be read, or your permission function failed.' },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/namespace/presence/presence-query',
      test: 'a client that reads the presence of a room learns that the list cannot be read',
    },
    mutant: {
      in: 'naru/src/namespace/presence/presence-query.ts',
      find: "code: 'FAILED', message: 'the presence",
      put: "code: 'FORBIDDEN', message: 'the presence",
    },
  },
  {
    id: 'presence-module-reconnect',
    said: {
      [document]:
        'After it has reconnected, `join`, `update` and `leave` report the changes in the meantime, and `sync` follows.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['presence', 'connect'],
    check: {
      file: 'packages/naru/test/client/room/presence',
      test: 'presence for * is corrected after a reconnect, and reports the missed changes',
    },
    mutant: {
      in: 'naru/src/client/room/presence.ts',
      find: 'if (!next.has(id) && member.since <= lastListed) this',
      put: 'if (next.size < 0) this',
    },
  },
  {
    id: 'presence-module-outdated',
    said: { [document]: 'A list that is older than an announcement does not undo it.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['presence'],
    check: {
      file: 'packages/naru/test/client/room/presence',
      test: 'an outdated list does not undo the announcements since its request',
    },
    mutant: {
      in: 'naru/src/client/room/presence.ts',
      find: 'this.#take(answer, this.#since);',
      put: 'this.#take(answer);',
    },
  },
];
