/** Promises of docs/delivery.md about events that clients send again. */
import { EVERY_HOME, ORDERED, PLAIN, type Promised, RELIABLE, SHARED } from '../promised.js';

const document = 'docs/delivery.md';
const once = 'packages/naru/test/namespace/once/once';
const key = 'an event with a key';
/** Attempts, keys and rows. */
export const onceKeys: readonly Promised[] = [
  {
    id: 'once-retries',
    said: {
      [document]:
        "Naru's client with `retries`, to a Naru server | as emitted, across connections | none until the client gives up | **once**, while the server remembers",
    },
    wires: [...ORDERED, 'udp'],
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: 'test/scenario/once',
      test: '200 events through cut connections, seed * arrive once each over *, answered and in order',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: '} else if (known?.number === number && !isForOther(attempt, known.answer)) {',
      put: '} else if (known?.number === -1) {',
    },
  },
  {
    id: 'once-own-key',
    said: {
      [document]:
        "Socket.IO's client with a key | as sent; keys do not order events | only if it does not send again | **once** for each key, while the server remembers",
    },
    wires: ['polling', 'websocket'],
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: `${key} runs its listener once, and every attempt gets the answer` },
    mutant: {
      in: 'naru/src/namespace/once/answer-memory.ts',
      find: 'return this.#entries.get(id);',
      put: 'return undefined;',
    },
  },
  {
    id: 'once-plain-wires',
    said: {
      [document]:
        'any other wire with a key (lines, STOMP, plain events) | as sent | only if it does not send again | **once** for each key, while the server remembers',
    },
    wires: PLAIN,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: 'test/scenario/once', test: 'takes the key of a person with nc from a line of JSON' },
    mutant: { in: 'naru/src/server/api/server.ts', find: 'calls.set(ONCE, this.#once.call);', put: '' },
  },
  {
    id: 'once-gives-up',
    said: { [document]: 'When a client gives up, its `emit` callback or promise gets an error.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: 'packages/naru/test/client/socket/retry-queue',
      test: 'sends again after an error, and gives up after the retries with that error',
    },
    mutant: {
      in: 'naru/src/client/socket/retry-queue.ts',
      find: 'event.ack?.(error, ...answer);',
      put: 'event.ack?.(null, ...answer);',
    },
  },
  {
    id: 'once-waits-for-run',
    said: {
      [document]:
        'An attempt that arrives while the listener runs waits for its answer, even if it reaches another process.',
    },
    wires: RELIABLE,
    homes: SHARED,
    operations: ['emit with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-shared',
      test: 'answers in a store informs other processes while a listener runs long, and they take over when it dies',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'this.#store?.watch(entry, () => this.#begin(attempt, entry));',
      put: '',
    },
  },
  {
    id: 'once-without-timeout',
    said: { [document]: 'Without `ackTimeout` the client tries again only after a lost connection.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: 'packages/naru/test/client/socket/retry-queue',
      test: 'waits while there is no connection, and sends the first again on a new one',
    },
    mutant: {
      in: 'naru/src/client/socket/retry-queue.ts',
      find: '(event.isPending && !isForced)',
      put: 'event.isPending',
    },
  },
  {
    id: 'once-one-at-a-time',
    said: { [document]: '**One event is on its way at a time.** This keeps the order.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: 'packages/naru/test/client/socket/retry-queue', test: 'sends one event at a time, in order' },
    mutant: { in: 'naru/src/client/socket/retry-queue.ts', find: 'event.isPending = true;', put: '' },
  },
  {
    id: 'once-every-transport',
    said: {
      [document]: "This works on every transport of Naru's client: polling, SSE, WebSocket, WebTransport, TCP and UDP.",
    },
    wires: [...ORDERED, 'udp'],
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: 'test/scenario/once',
      test: 'our client over *, with retries runs a slow handler once, and receives its answer',
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'else this.#wait(attempt, known);',
      put: 'else attempt.answer();',
    },
  },
  {
    id: 'once-hidden',
    said: {
      [document]: 'Middleware and listeners, including catch-all listeners, see the event `order`, not `naru:once`.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: {
      file: once,
      test: `${key} looks to catch-all listeners, middleware and listeners like a plain event, in its place`,
    },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'member.dispatch([...event, ack], forget);',
      put: "member.dispatch(['naru:once', ...event, ack], forget);",
    },
  },
  {
    id: 'once-own-socket',
    said: {
      [document]: 'A request about the socket itself, such as `naru:subscribe`, is carried out once for each socket.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['subscribe with a key'],
    check: {
      file: 'packages/naru/test/namespace/once/once-reconnect',
      test: 'a request about the socket itself puts each socket into the room, and one socket once',
    },
    mutant: {
      in: 'naru/src/namespace/once/answer-text.ts',
      find: '[1] !== member.id;',
      put: '[1] === undefined;',
    },
  },
  {
    id: 'once-key-secret',
    said: { [document]: '**A key has 20 to 200 characters and is a secret.**' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: 'packages/naru/test/namespace/once/once-key', test: 'refuses the key *, which is not a secret' },
    mutant: {
      in: 'naru/src/namespace/once/once-key.ts',
      find: 'row.length < charactersMin',
      put: 'row.length < charactersMin - 1',
    },
  },
  {
    id: 'once-key-random',
    said: { [document]: "The keys of Naru's client have 128 random bits." },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: 'packages/naru/test/client/socket/retry-queue',
      test: 'gives each event a key that its tries share: 128 random bits and a rising number',
    },
    mutant: {
      in: 'naru/src/client/socket/retry-queue.ts',
      find: "? '' : randomSecret();",
      put: "? '' : randomSecret().slice(2);",
    },
  },
  {
    id: 'once-key-namespace',
    said: { [document]: 'A key applies to one namespace only.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: "a key belongs to its namespace, and to the application's owner" },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'JSON.stringify([attempt.namespace.name, ',
      put: 'JSON.stringify([',
    },
  },
  {
    id: 'once-key-owner',
    said: {
      [document]:
        'Two users can then send the same key without sharing an answer, so keys may be short and need not be secret.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: "a key belongs to its namespace, and to the application's owner" },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'this.#settings.scope?.(member.socket) ?? undefined',
      put: "''",
    },
  },
  {
    id: 'once-row',
    said: {
      [document]:
        'The server then needs only one entry for the whole row, and never runs a late copy of an event that later ones have followed.',
    },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: 'a key of a row with a number is stale after a higher one: it never runs late' },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: 'known && known.number > number',
      put: 'known && known.number > Number.MAX_SAFE_INTEGER',
    },
  },
  {
    id: 'once-bad-key',
    said: { [document]: '`BAD_KEY` | The key is not valid.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: 'a key must be a secret, and name an event of the application' },
    mutant: {
      in: 'naru/src/namespace/once/once.ts',
      find: "'code' in read ? read : refuseEvent",
      put: "'code' in read ? undefined : refuseEvent",
    },
  },
  {
    id: 'once-bad-event',
    said: { [document]: '`BAD_EVENT` | The event has no name, or a name that is reserved for the library.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: 'a key must be a secret, and name an event of the application' },
    mutant: {
      in: 'naru/src/namespace/once/once-key.ts',
      find: "code: 'BAD_EVENT', message: `",
      put: "code: 'BAD_KEY', message: `",
    },
  },
  {
    id: 'once-stale-key',
    said: { [document]: '`STALE_KEY` | The row has already moved on to a later event.' },
    wires: RELIABLE,
    homes: EVERY_HOME,
    operations: ['emit with a key'],
    check: { file: once, test: 'a key of a row with a number is stale after a higher one: it never runs late' },
    mutant: { in: 'naru/src/namespace/once/once.ts', find: "code: 'STALE_KEY',", put: "code: 'BAD_KEY'," },
  },
  {
    id: 'once-announced',
    said: { [document]: 'The answer to CONNECT then has `"once":1`.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['connect'],
    check: { file: once, test: 'announces itself to clients that ask' },
    mutant: {
      in: 'naru/src/namespace/connection.ts',
      find: '(this.conn.handshake.url)) data.once = 1;',
      put: '(this.conn.handshake.url)) data.once = 2;',
    },
  },
];
