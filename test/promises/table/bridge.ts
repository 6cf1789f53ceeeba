/** Promises about servers beside those of Socket.IO. */
import { type Home, type Promised, RELIABLE } from '../promised.js';

const document = 'docs/bridge.md';
const file = 'test/scenario/bridge/bridge';
const group = 'nodes of Naru (*) beside nodes of Socket.IO (*)';
const homes: readonly Home[] = ['none', 'redis'];

/** The promises about bridges. */
export const bridge: readonly Promised[] = [
  {
    id: 'bridge-broadcasts',
    said: { [document]: 'broadcasts with `to`, `except`, `compress`, bytes, in all namespaces | yes' },
    wires: RELIABLE,
    homes,
    operations: ['broadcast'],
    check: { file, test: `${group} share their broadcasts, with rooms, exceptions, flags, bytes and namespaces` },
    mutant: {
      in: 'bridge/src/messages.ts',
      find: 'except: new Set(except), flags: known',
      put: 'except: new Set(), flags: known',
    },
  },
  {
    id: 'bridge-acks',
    said: { [document]: 'broadcasts with acknowledgements, `emitWithAck` | yes' },
    wires: RELIABLE,
    homes,
    operations: ['broadcast with acknowledgement'],
    check: { file, test: `${group} ask each other’s clients for acknowledgements` },
    mutant: { in: 'bridge/src/calls.ts', find: 'asked += clients;', put: '' },
  },
  {
    id: 'bridge-sockets',
    said: { [document]: '`fetchSockets`, `socketsJoin`, `socketsLeave`, `disconnectSockets` | yes' },
    wires: RELIABLE,
    homes,
    operations: ['fetchSockets', 'socketsJoin', 'socketsLeave', 'disconnectSockets'],
    check: { file, test: `${group} find and change each other’s sockets` },
    mutant: {
      in: 'bridge/src/socket-io-bridge.ts',
      find: 'else if (action) there?.act(target, action);',
      put: '',
    },
  },
  {
    id: 'bridge-server-side',
    said: { [document]: '`serverSideEmit`, with and without answers | yes' },
    wires: ['server'],
    homes,
    operations: ['serverSideEmit'],
    check: { file, test: `${group} call each other’s listeners, with and without answers` },
    mutant: {
      in: 'bridge/src/classic/classic-span.ts',
      find: 'requestId === undefined ? args : [...args, answer]',
      put: 'args',
    },
  },
  {
    id: 'bridge-silent',
    said: { [document]: 'The error of Naru then has the answers of the others.' },
    wires: ['server'],
    homes,
    operations: ['fetchSockets', 'serverSideEmit'],
    check: {
      file: 'packages/bridge/test/classic/classic-span',
      test: 'the calls of a namespace find sockets, and leave out those of a response that cannot be read',
    },
    mutant: {
      in: 'bridge/src/calls.ts',
      find: 'resolve({ answers, silent: silentOf(count - answers.length) })',
      put: 'resolve({ answers, silent: [] })',
    },
  },
  {
    id: 'bridge-sharded',
    said: { [document]: "`createShardedAdapter` of `@socket.io/redis-adapter` 8 | `adapter: 'sharded'`" },
    wires: RELIABLE,
    homes,
    operations: ['broadcast'],
    check: { file, test: `${group} share their broadcasts, with rooms, exceptions, flags, bytes and namespaces` },
    mutant: {
      in: 'bridge/src/cluster/sharded-exchange.ts',
      find: "subscriptionMode === 'dynamic' ? room.length !== ID_LENGTH",
      put: "subscriptionMode === 'dynamic' ? room.length === ID_LENGTH",
    },
  },
  {
    id: 'bridge-sharded-away',
    said: { [document]: 'With recovery, it goes on for as long as they may come back,' },
    wires: RELIABLE,
    homes,
    operations: ['broadcast'],
    check: {
      file: 'test/scenario/bridge/sharded',
      test: 'a node of Naru beside one with the sharded adapter gives a client that comes back what its room got meanwhile',
    },
    mutant: {
      in: 'bridge/src/cluster/heard-rooms.ts',
      find: 'this.#leave(room), recoveryMs, undefined)',
      put: 'this.#leave(room), 0, undefined)',
    },
  },
  {
    id: 'bridge-streams',
    said: { [document]: "`@socket.io/redis-streams-adapter` 0.3 | `adapter: 'streams'`" },
    wires: RELIABLE,
    homes,
    operations: ['broadcast'],
    check: { file, test: `${group} share their broadcasts, with rooms, exceptions, flags, bytes and namespaces` },
    mutant: {
      in: 'bridge/src/codec.ts',
      find: "hasBytes(value) ? toBuffer(encode(value)).toString('base64') : JSON.stringify(value)",
      put: 'JSON.stringify(value)',
    },
  },
  {
    id: 'bridge-streams-old',
    said: { [document]: "`@socket.io/redis-streams-adapter` 0.2 | `adapter: 'streams-0.2'`" },
    wires: RELIABLE,
    homes,
    operations: ['broadcast with acknowledgement', 'fetchSockets', 'serverSideEmit'],
    check: { file, test: `${group} find and change each other’s sockets` },
    mutant: {
      in: 'bridge/src/cluster/known-nodes.ts',
      find: 'else if (uid === own || heardAt.size < NODES_MAX || heardAt.has(uid))',
      put: 'else if (uid === own)',
    },
  },
  {
    id: 'bridge-streams-reads-on',
    said: { [document]: 'With the adapter for streams, it reads on where it was.' },
    wires: ['server'],
    homes,
    operations: ['broadcast'],
    check: {
      file: 'packages/bridge/test/redis/stream-reader',
      test: 'the reader of a stream gives each later entry once and in order, and goes on after a break, with *',
    },
    mutant: {
      in: 'bridge/src/redis/stream-reader.ts',
      find: '        this.#isUnsure = true;\n',
      put: '        this.#isUnsure = true;\n        this.#at = undefined;\n',
    },
  },
  {
    id: 'bridge-order',
    said: { [document]: 'Events of one server reach all clients in the order in which it sent them.' },
    wires: RELIABLE,
    homes,
    operations: ['broadcast'],
    check: {
      file: 'packages/naru/test/namespace/bridge',
      test: 'a namespace with a bridge sends events when the log has them, in order, and not those for this server alone',
    },
    mutant: {
      in: 'naru/src/namespace/remote/kept-callbacks.ts',
      find: 'const callbacks = this.#callbacks.splice(0);',
      put: 'const callbacks = this.#callbacks.splice(0).reverse();',
    },
  },
  {
    id: 'bridge-once',
    said: {
      [document]: 'It appends each event once, in the order in which Redis delivered them.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['broadcast'],
    check: { file: 'packages/bridge/test/ledger', test: 'appends each message once and in order, with seed *' },
    mutant: { in: 'bridge/src/ledger.ts', find: '      await this.#catchUp();\n', put: '' },
  },
  {
    id: 'bridge-kept',
    said: {
      [document]: 'So the clients of the old servers see nothing that a crash takes from those of Naru.',
    },
    wires: RELIABLE,
    homes: ['redis'],
    operations: ['broadcast'],
    check: {
      file: 'packages/naru/test/namespace/bridge',
      test: 'a namespace with a bridge sends events when the log has them, in order, and not those for this server alone',
    },
    mutant: {
      in: 'naru/src/namespace/reach.ts',
      find: 'this.#isLogged ? kept.add(callback)',
      put: '!this.#isLogged ? kept.add(callback)',
    },
  },
  {
    id: 'bridge-forged',
    said: { [document]: '`log_error` tells of them once a minute.' },
    wires: ['server'],
    homes,
    operations: ['broadcast'],
    check: {
      file: 'packages/bridge/test/classic/classic-exchange',
      test: 'a bridge reports what it cannot read, at most once a minute',
    },
    mutant: {
      in: 'bridge/src/socket-io-bridge.ts',
      find: 'if (this.#reported.has(text) || ',
      put: 'if (',
    },
  },
];
