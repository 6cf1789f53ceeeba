/** The promises of a server that cannot give a session in time. */
import { BROKERS, EVERY_HOME, LOGS, ORDERED, type Promised } from '../promised.js';

export const lateness: readonly Promised[] = [
  {
    id: 'client-spread',
    said: {
      'docs/client.md':
        'The client waits up to a quarter longer than the server asks, so that not all clients come back at once,',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/client/socket/manager',
      test: 'reconnecting wait for the `Retry-After` of a refusal, and up to a quarter longer (*)',
    },
    mutant: {
      in: 'naru/src/client/socket/manager.ts',
      find: 'this.#heldOffMs * (1 + fraction / 4)',
      put: 'this.#heldOffMs',
    },
  },
  {
    id: 'client-retry-after',
    said: { 'docs/client.md': '**`Retry-After`** of a refused handshake replaces the delay of the Manager in Node.' },
    wires: ['polling', 'sse', 'websocket'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/client/node/refused',
      test: 'the error of a refused * has the header fields of the answer',
    },
    mutant: {
      in: 'naru/src/client/node/polling.ts',
      find: 'headers[name.toLowerCase()]?.toString() ?? null',
      put: 'headers[name]?.toString() ?? null',
    },
  },
  {
    id: 'client-asks-again',
    said: {
      'docs/client.md':
        '**`connect_error` with `error.data.retryAfter`**, in milliseconds: `socket.active` stays `true`, and the client closes the connection and comes back by itself.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/client/socket/socket',
      test: 'connecting comes back by itself when a refusal says when, or up to a quarter later',
    },
    mutant: {
      in: 'naru/src/client/socket/socket.ts',
      find: "if (this.io.opts.reconnection && this.io.holdOff(more?.retryAfter)) this.io.fail('transport close');\n      else this.#leave();",
      put: 'this.#leave();',
    },
  },
  {
    id: 'late-session',
    said: {
      'docs/recovery.md':
        'the session of a client that comes back, from a home that does not answer | 10 seconds | a refusal with `retryAfter: 1000`',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'faults'],
    check: {
      file: 'test/scenario/late/entering',
      test: 'a client that asks for its session while the home is away is told when to ask again if it is our own client, and gets its session',
    },
    mutant: {
      in: 'naru/src/namespace/socket/turned-away.ts',
      find: 'if (connection.isNaruClient) connection.refuse(name,',
      put: 'if (!connection) (connection as JoiningClient).refuse(name,',
    },
  },
  {
    id: 'late-unusable',
    said: {
      'docs/recovery.md':
        'a [home that cannot be used](clusters.md#a-broker-that-cannot-be-used) | no time | a refusal with `retryAfter: 2000`',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['connect', 'recover'],
    check: {
      file: 'packages/naru/test/namespace/socket/turned-away',
      test: "a client of a server whose backplane cannot be used learns when to ask again, also for its session if it is Naru's",
    },
    mutant: {
      in: 'naru/src/namespace/socket/turned-away.ts',
      find: "code: 'BACKPLANE_UNUSABLE', retryAfter: 2_000",
      put: "code: 'BACKPLANE_UNUSABLE'",
    },
  },
  {
    id: 'late-header',
    said: {
      'docs/recovery.md':
        'Each 503 has the header `Retry-After` in whole seconds, on long-polling, HTTP streaming, plain events and upgrades to WebSocket.',
    },
    wires: ['polling', 'sse', 'websocket', 'events', 'stomp'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/transport/websocket/accept',
      test: 'refuseUpgrade with * and * tells the client to come back after * seconds',
    },
    mutant: {
      in: 'naru/src/transport/websocket/accept.ts',
      find: 'const isTold = status !== 503 ||',
      put: 'const isTold = status !== 504 ||',
    },
  },
  {
    id: 'late-event-source',
    said: {
      'docs/recovery.md':
        'An `EventSource` gets an empty stream with `retry:` instead, because it never tries again after a refusal.',
    },
    wires: ['events'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/naru/test/wires/events/events-connection',
      test: 'a client of plain events is answered in time when nobody decides',
    },
    mutant: {
      in: 'naru/src/wires/events/events-connection.ts',
      find: 'this.answer(this.later());\n    super.onUnjoined();\n  }\n\n',
      put: 'this.answer(refuseLate());\n    super.onUnjoined();\n  }\n\n',
    },
  },
  {
    id: 'reading-near',
    said: {
      'docs/recovery.md':
        'A client that has missed fewer than 8,192 events of its namespace does not wait for those that have missed more.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'test/scenario/late/many-back',
      test: 'many clients that come back do not wait for the answers to all others if they are far back, and not at all if they are near',
    },
    mutant: {
      in: 'naru/src/namespace/log/reader/socket-reader.ts',
      find: "&& pages.isFar(this.offset) ? 'queue'",
      put: "? 'queue'",
    },
  },
  {
    id: 'reading-at-once',
    said: {
      'docs/recovery.md':
        'From a log on another machine, the server reads the rooms of four other clients at a time, so none waits for the answers to all of them.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover'],
    check: {
      file: 'test/scenario/late/many-back',
      test: 'a log on another machine is read for several clients at once if each needs records of its own',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/reading-order.ts',
      find: 'const AT_ONCE_MAX = 4;',
      put: 'const AT_ONCE_MAX = 1;',
    },
  },
  {
    id: 'reading-session',
    said: {
      'docs/recovery.md': 'A server that looks for a session waits for one page of other clients at most.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/late/late-pages-shared',
      test: 'LatePages has a session wait for one page of others, and then reads for it alone',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/late-pages.ts',
      find: 'limit === 1 && waits > 0',
      put: 'limit === 1 && waits > 99',
    },
  },
  {
    id: 'reading-little',
    said: {
      'docs/recovery.md':
        'A client that needs only one more page goes before clients that need several, if the server has noted where its events are.',
    },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'test/scenario/late/many-back',
      test: 'clients that come back to quiet rooms do not wait for those that need much',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/reading-order.ts',
      find: '(needsLittle ? this.#little : ',
      put: '(needsLittle && 0 ? this.#little : ',
    },
  },
  {
    id: 'reading-others',
    said: { 'docs/recovery.md': 'After eight such clients, the server reads for one of the others.' },
    wires: ORDERED,
    homes: LOGS,
    operations: ['recover'],
    check: {
      file: 'packages/naru/test/namespace/log/late/reading-order',
      test: 'serves one of the others after eight that need little, so all of them reach the end',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/reading-order.ts',
      find: '(this.#littleCount < LITTLE_MAX || readers.length === 0)',
      put: 'true',
    },
  },
  {
    id: 'reading-turns',
    said: {
      'docs/recovery.md':
        'Other work then has as much time, or 16 turns of the event loop, in each of which Node.js accepts a connection.',
    },
    wires: ORDERED,
    homes: ['memory', 'folder'],
    operations: ['recover', 'connect'],
    check: {
      file: 'packages/naru/test/namespace/log/late/reading-order',
      test: 'lets some turns pass after one in which readers took long, or as much time as they took',
    },
    mutant: {
      in: 'naru/src/namespace/log/late/reading-order.ts',
      find: 'const REST_TURNS = 16;',
      put: 'const REST_TURNS = 1;',
    },
  },
  {
    id: 'late-stock-client',
    said: {
      'docs/recovery.md':
        'So the server closes the connection of such a client if it asks for its session, and the client connects again by itself.',
    },
    wires: ORDERED,
    homes: BROKERS,
    operations: ['recover', 'faults'],
    check: {
      file: 'packages/naru/test/namespace/socket/turned-away',
      test: 'a client whose session was not found in time is *: it asks again by itself',
    },
    mutant: {
      in: 'naru/src/namespace/socket/turned-away.ts',
      find: "  else connection.close('forced server close');\n}\n",
      put: '}\n',
    },
  },
];
