/** Promises about permissions. */
import { EVERY_HOME, LOGS, ORDERED, type Promised, RELIABLE } from '../promised.js';

/** The promises about permissions. */
export const permissions: readonly Promised[] = [
  {
    id: 'permission-closed',
    said: {
      'docs/server.md': 'By default, a client cannot enter a room or publish to it by itself.',
      'docs/client.md': 'The default is to allow nothing.',
      'SECURITY.md': 'Clients cannot join rooms by themselves unless `io.allow` lets them.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: { file: 'packages/naru/test/namespace/permissions/permissions', test: 'Permissions are closed by default' },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'else this.#questions.queue(socket, () => decide(rule === true), held);',
      put: 'else this.#questions.queue(socket, () => decide(rule !== false));',
    },
  },
  {
    id: 'permission-true',
    said: {
      'docs/server.md':
        '`true` | The client enters, or the server sends the event unchanged to the whole room, the sender included.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permissions',
      test: 'Permissions admit everybody if a rule is true',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'return socket.connected ? this.#scope.refuse(act, socket, room, event) : GONE;',
      put: 'return GONE;',
    },
  },
  {
    id: 'permission-error',
    said: { 'docs/server.md': 'an `Error` | The client is refused with your message, in its own protocol.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permissions',
      test: 'Permissions pass on the text of an application error',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: "code: 'FORBIDDEN', message: verdict.message };",
      put: "code: 'FORBIDDEN', message: '' };",
    },
  },
  {
    id: 'permission-function',
    said: {
      'docs/server.md': 'a function, from `publish` only | The server calls the function instead of sending the event.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['publish'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permissions',
      test: 'Permissions leave the sending to an application that returns a function, which is called once and only then',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'else if (!refusal) this.#scope.send(',
      put: 'if (!refusal) this.#scope.send(',
    },
  },
  {
    id: 'permission-waiting',
    said: { 'docs/server.md': 'If 10,000 requests of a client are already waiting, a further one gets `TOO_MANY`.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe', 'publish'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permissions',
      test: 'Permissions refuse a client that waits for too many answers, and still let it leave',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'if (this.#questions.isFull(socket)) answered(TOO_MANY);',
      put: 'if (this.#questions.isFull(socket)) answered(FAILED);',
    },
  },
  {
    id: 'permission-own-room',
    said: {
      'docs/server.md': 'No other client can enter it, read its history or see its members, whatever the rules say.',
      'docs/history.md': 'No other client can read or enter that room, whatever you allow.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe', 'history', 'presence'],
    check: {
      file: 'test/scenario/own-rooms',
      test: 'keeps every client out of the own room of a client that is away, whatever the rules',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'return room !== socket.id && this.#scope.isSocketId(room);',
      put: 'return false;',
    },
  },
  {
    id: 'permission-own-room-elsewhere',
    said: {
      'docs/server.md':
        'This also holds while the socket is in another process, and while its client is away and may be recovered.',
      'docs/history.md': 'This holds while the socket is connected, while its client is away, and after it has left.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe', 'history', 'presence'],
    check: {
      file: 'test/scenario/own-rooms',
      test: 'keeps every client out of the own room of a client of another process',
    },
    mutant: {
      in: 'naru/src/base/node/socket-ids.ts',
      find: 'if (name.length !== ID_SIZE) return false;',
      put: 'return false;',
    },
  },
  {
    id: 'permission-own-room-publish',
    said: { 'docs/server.md': 'Only a `publish` rule that is a function may let another client write to that socket.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['publish'],
    check: {
      file: 'test/scenario/own-rooms',
      test: 'keeps every client out of the own room of a client that is away, whatever the rules',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'const rule = publish === true ? !this.#scope.isSocketId(room) : publish;',
      put: 'const rule = publish;',
    },
  },
  {
    id: 'permission-own-room-form',
    said: { 'docs/server.md': 'Naru recognises an `id` by its form, which is 20 characters of base64url.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: {
      file: 'packages/naru/test/base/node/socket-ids',
      test: 'isMarkedSocketId rejects any other name: another character at any place, or another size',
    },
    mutant: {
      in: 'naru/src/base/node/socket-ids.ts',
      find: 'if (name.charCodeAt(index) !== DIGITS.charCodeAt(mark & 63)) return false;',
      put: '',
    },
  },
  {
    id: 'permission-leave',
    said: {
      'docs/client.md': '`unsubscribe(room)` | leaves the room, which is always allowed | when the client has left',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permissions',
      test: 'Permissions always let a client out',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'else this.#questions.queue(socket, leave, room);',
      put: '',
    },
  },
  {
    id: 'permission-history-closed',
    said: { 'docs/history.md': 'By default, clients may not read any history.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-query',
      test: 'clients that request history are refused by default, and if nothing is stored',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'const rule = !this.#isForeign(socket, room) && this.#rules[at];',
      put: 'const rule = !this.#isForeign(socket, room) && (this.#rules[at] ?? (() => true));',
    },
  },
  {
    id: 'permission-history-forbidden',
    said: { 'docs/history.md': '`FORBIDDEN` | You did not allow it.' },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history-query',
      test: 'clients that request history receive it for their rooms if the rule is true',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'isOpen && verdict));',
      put: 'isOpen || verdict));',
    },
  },
  {
    id: 'permission-bad-room',
    said: { 'docs/client.md': '`BAD_ROOM` | The room is not text of 1 to 256 characters.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: { file: 'packages/naru/test/namespace/permissions/permissions', test: 'Permissions refuse invalid names' },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'room.length <= ROOM_NAME_MAX &&',
      put: 'room.length <= 2 * ROOM_NAME_MAX &&',
    },
  },
  {
    id: 'permission-bad-event',
    said: { 'docs/client.md': '`BAD_EVENT` | The name of the event is reserved.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['publish'],
    check: { file: 'packages/naru/test/namespace/permissions/permissions', test: 'Permissions refuse invalid names' },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: " || event.startsWith('naru:')) {",
      put: ') {',
    },
  },
  {
    id: 'permission-too-many-rooms',
    said: { 'docs/client.md': '`TOO_MANY` | The client is in too many rooms, or too many of its requests wait.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permissions',
      test: 'Permissions report that a client is in too many rooms',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'const isFull = this.#scope.isFull(socket, before);',
      put: 'const isFull = false;',
    },
  },
  {
    id: 'permission-failed',
    said: { 'docs/client.md': '`FAILED` | The rule of the application threw an error.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: {
      file: 'packages/naru/test/namespace/permissions/permissions',
      test: 'Permissions stay closed when the application fails, and report it',
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: '() => answered(FAILED),',
      put: '() => answered(undefined),',
    },
  },
  {
    id: 'permission-subscribed',
    said: { 'docs/client.md': '`subscribe(room)` | enters the room | when the client is in the room' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['subscribe'],
    check: {
      file: 'packages/naru/test/namespace/client-calls',
      test: "Naru's own events let a client enter, send to and leave rooms with permission",
    },
    mutant: {
      in: 'naru/src/namespace/permissions/permissions.ts',
      find: 'if (!refusal) attempt(() => socket.join(room));',
      put: '',
    },
  },
  {
    id: 'permission-namespace',
    said: { 'docs/server.md': 'A client that asks for a namespace that does not exist gets `connect_error`.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: { file: 'packages/naru/test/namespace/connection', test: 'Connection refuses an unknown namespace' },
    mutant: {
      in: 'naru/src/namespace/connection.ts',
      find: "else this.#refuseWith(name, 'Invalid namespace');",
      put: '',
    },
  },
  {
    id: 'namespace-idle',
    said: {
      'docs/server.md':
        'The server removes such a namespace a minute after it became empty: it has no socket, and no client may come back to its session.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect', 'recover'],
    check: {
      file: 'packages/naru/test/namespace/registry',
      test: 'NamespaceRegistry keeps a namespace of clients while one of them may come back to its session',
    },
    mutant: {
      in: 'naru/src/namespace/idleness.ts',
      find: '(recovery?.sessions.size ?? 0) + presences.roomCount',
      put: 'presences.roomCount',
    },
  },
  {
    id: 'namespace-small',
    said: {
      'docs/server.md': 'They go on working, and no event is lost or comes twice.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit', 'connect', 'recover'],
    check: {
      file: 'test/scenario/idle/idle-namespaces',
      test: 'an idle namespace is small again, and goes on where it was, with the log in memory',
    },
    mutant: {
      in: 'naru/src/namespace/registry.ts',
      find: '    if (idleness.isIdle) this.#letGo(idleness);',
      put: '    if (isEmpty) this.#letGo(idleness);',
    },
  },
  {
    id: 'permission-middleware',
    said: {
      'docs/server.md':
        'In `io.use`, `next(error)` refuses the socket, and the client gets `connect_error` with `error.message` and `error.data`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/namespace/namespace',
      test: 'Namespace gives a refused client the reason, with the data of the error, and lets it retry',
    },
    mutant: {
      in: 'naru/src/namespace/connection.ts',
      find: 'const error = data === undefined ? { message } : { message, data };',
      put: 'const error = { message };',
    },
  },
  {
    id: 'permission-origin',
    said: {
      'docs/events.md':
        'The server refuses a request whose `Origin` names a different host than its own, unless the option [`cors`](options.md) allows the origin.',
    },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/server/endpoints/events/origin',
      test: 'a page of another origin is refused, whatever it requests',
    },
    mutant: {
      in: 'naru/src/server/endpoints/events.ts',
      find: "if (allowed === '*' || allowed === origin) return true;",
      put: 'return true;',
    },
  },
];
