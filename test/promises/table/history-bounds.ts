/** Promises of docs/history.md about turns and bounds. */
import { LOGS, type Promised, RELIABLE } from '../promised.js';

/** The promises of docs/history.md about turns and bounds. */
export const historyBounds: readonly Promised[] = [
  {
    id: 'history-own-turns',
    said: {
      'docs/history.md':
        'STOMP subscriptions that [continue from a place](stomp.md#durable-subscriptions) have their own turns, and are never refused.',
    },
    wires: ['stomp'],
    homes: LOGS,
    operations: ['history', 'durable subscription'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: 'history reads for clients in turn, two at once, and limits the waiting ones',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'return this.#cursors.take(',
      put: 'return this.#pages.take(',
    },
  },
  {
    id: 'history-last-event-id',
    said: {
      'docs/history.md':
        'In an event stream, `Last-Event-ID` takes precedence over `history`, so a client that comes back continues where it was.',
    },
    wires: ['events'],
    homes: LOGS,
    operations: ['history', 'recover'],
    check: {
      file: 'packages/naru/test/wires/events/event-stream-connection',
      test: 'an event stream with history begins with earlier events of its rooms, and continues without a gap',
    },
    mutant: {
      in: 'naru/src/wires/events/events-connection.ts',
      find: 'if (this.#holdMissed(member, after)) this.#history = undefined;',
      put: 'if (!this.#history && this.#holdMissed(member, after)) this.#history = undefined;',
    },
  },
  {
    id: 'history-events-max',
    said: {
      'docs/history.md':
        '`eventsMax` | positive whole number | 1000 | Events of one page. A request for more gets this many.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: { file: 'packages/naru/test/namespace/history/history', test: 'history has limits by default' },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'eventsMax: count(1_000),',
      put: 'eventsMax: count(2_000),',
    },
  },
  {
    id: 'history-bytes-max',
    said: {
      'docs/history.md':
        '`bytesMax` | positive whole number of bytes | 1048576 | Bytes of memory for the events of one page. Beyond that, the page ends, and the next one continues.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: 'the history of a room in * ends a page before it has too many bytes, and allows a single large event',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'if (bytes > this.#context.history.bytesMax && this.#found.length > 0) return false;',
      put: '',
    },
  },
  {
    id: 'history-records-max',
    said: {
      'docs/history.md':
        '`recordsMax` | positive whole number | 10000 | Records of the log that the server reads for one page. Beyond that, the page ends, and the next one continues.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: {
      file: 'packages/naru/test/namespace/history/history',
      test: 'the history of a room in * examines a limited number of records, and continues where it stopped',
    },
    mutant: {
      in: 'naru/src/namespace/history/history.ts',
      find: 'const left = this.#context.history.recordsMax - this.#count;',
      put: 'const left = PAGE;',
    },
  },
  {
    id: 'history-network-key',
    said: {
      'docs/history.md':
        'A network is an IPv4 address or the first 64 bits of an IPv6 address, so all clients behind one proxy are one network.',
    },
    wires: RELIABLE,
    homes: LOGS,
    operations: ['history'],
    check: { file: 'packages/naru/test/base/networks/network-of', test: 'maps * to *' },
    mutant: {
      in: 'naru/src/base/networks/network-of.ts',
      find: 'groups.slice(0, NETWORK_GROUPS)',
      put: 'groups.slice(0, 5)',
    },
  },
];
