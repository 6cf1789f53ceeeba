/** Promises of docs/delivery.md about the queues of the client. */
import { EVERY_HOME, ORDERED, type Promised } from '../promised.js';

const document = 'docs/delivery.md';
const queue = 'packages/naru/test/client/queue/offline-queue';
const buffer = 'packages/naru/test/client/queue/offline-buffer';
/** The buffer and the queue of `naru/client/queue`. */
export const waitingInQueue: readonly Promised[] = [
  {
    id: 'buffer-once',
    said: { [document]: 'A buffer sends each event once, like a socket without a buffer:' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit without a connection'],
    check: { file: buffer, test: 'lets a socket send waiting events once, in order, and refuse too many' },
    mutant: {
      in: 'naru/src/client/queue/offline-buffer.ts',
      find: '      this.#remove(entry);\n      const { args, flags, at } = entry;',
      put: '      this.#remove(entry);\n      const { args, flags, at } = entry;\n      this.#send(args, flags);',
    },
  },
  {
    id: 'buffer-dropped',
    said: {
      [document]:
        'If the acknowledgement takes an error, it gets `TIMEOUT` for an event that was too old, and `BUFFER_FULL` otherwise.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit without a connection'],
    check: { file: buffer, test: 'drops events that are too old' },
    mutant: {
      in: 'naru/src/client/queue/offline-buffer.ts',
      find: "reason === 'age' ? 'TIMEOUT' : 'BUFFER_FULL'",
      put: "'BUFFER_FULL'",
    },
  },
  {
    id: 'queue-until-answered',
    said: { [document]: 'A queue sends each event until it is acknowledged, and can keep events for the next page:' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: queue, test: 'sends one event at a time, in order, each with a lasting key of its own' },
    mutant: {
      in: 'naru/src/client/queue/offline-queue.ts',
      find: 'retries = Number.POSITIVE_INFINITY,',
      put: 'retries = 0,',
    },
  },
  {
    id: 'queue-age',
    said: { [document]: '`ageMax` | 86400000 | milliseconds after which the queue gives up an event' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: queue, test: 'drops events that are too old, even if they are being sent' },
    mutant: {
      in: 'naru/src/client/queue/offline-queue.ts',
      find: 'entry.event.at <= oldestAt',
      put: 'entry.event.at < oldestAt - 1_000',
    },
  },
  {
    id: 'queue-full',
    said: {
      [document]:
        "`whenFull` | `'refuse'` | `'refuse'`: `emit` throws `BUFFER_FULL`; `'drop-oldest'`: the oldest event that is not on its way is dropped",
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: queue, test: 'drops the oldest that is not being sent, if allowed, and notifies its caller' },
    mutant: {
      in: 'naru/src/client/queue/offline-queue.ts',
      find: 'sendingCount: this.#sending.length }',
      put: 'sendingCount: 0 }',
    },
  },
  {
    id: 'queue-dropped',
    said: { [document]: 'The acknowledgement of a dropped event gets an error.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: queue, test: 'drops the oldest that is not being sent, if allowed, and notifies its caller' },
    mutant: {
      in: 'naru/src/client/queue/offline-queue.ts',
      find: 'onLeave(error, ...answer);',
      put: 'onLeave(null, ...answer);',
    },
  },
  {
    id: 'queue-next-page',
    said: {
      [document]:
        '**The next page** sends the remaining events first, in the order in which they were emitted and with the same keys.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: {
      file: queue,
      test: 'stores waiting events; the next page sends them first, under the same keys, and gets the answers',
    },
    mutant: {
      in: 'naru/src/client/queue/offline-queue.ts',
      find: 'inOrder(events.filter(isWaitingEvent))',
      put: 'events.filter(isWaitingEvent).reverse()',
    },
  },
  {
    id: 'queue-store-fails',
    said: {
      [document]:
        'If the browser denies the database or has no space left, the queue calls `onStoreError` and keeps events in memory.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: queue, test: 'continues in memory when its store fails, and reports it' },
    mutant: {
      in: 'naru/src/client/queue/offline-queue.ts',
      find: 'return work().catch(onStoreError);',
      put: 'return work().catch(() => undefined);',
    },
  },
  {
    id: 'queue-damaged',
    said: { [document]: 'It also removes events that cannot be encoded, and calls `onStoreError` with the error.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: queue, test: 'reports and removes a stored event that cannot be sent, and delays no other' },
    mutant: { in: 'naru/src/client/queue/offline-queue.ts', find: 'await store.delete(event.key);', put: '' },
  },
  {
    id: 'queue-day',
    said: { [document]: 'The queue of `naru/client/queue` also gives an event up after a day.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit with retries'],
    check: { file: 'packages/naru/test/client/queue/bounds', test: 'gives an event up after a day by default' },
    mutant: {
      in: 'naru/src/client/queue/bounds.ts',
      find: 'ageMax: 24 * 60 * 60 * 1_000,',
      put: 'ageMax: 48 * 60 * 60 * 1_000,',
    },
  },
];
