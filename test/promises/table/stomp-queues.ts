/** Promises of docs/stomp.md about work queues and transactions. */
import { EVERY_HOME, type Promised, SHARED } from '../promised.js';

/** The promises of docs/stomp.md about work queues and transactions. */
export const stompQueues: readonly Promised[] = [
  {
    id: 'stomp-queue-turns',
    said: { 'docs/stomp.md': 'Each message of `/queue/<name>` goes to one subscriber; the subscribers take turns.' },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['work queue'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: 'a work queue gives each message to one subscriber, in turn',
    },
    mutant: {
      in: 'stomp/src/subscriptions/work-queues.ts',
      find: '      subscriber.take(message);',
      put: '      subscriber.take(message);\n      subscriber.take(message);',
    },
  },
  {
    id: 'stomp-queue-waits',
    said: { 'docs/stomp.md': 'Without a subscriber, messages wait.' },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['work queue'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: "a work queue keeps messages until somebody subscribes, with the sender's headers",
    },
    mutant: {
      in: 'stomp/src/subscriptions/work-queues.ts',
      find: '    this.#subscribers.add(subscriber);\n    this.deliver();',
      put: '    this.#subscribers.add(subscriber);',
    },
  },
  {
    id: 'stomp-queue-redelivery',
    said: {
      'docs/stomp.md':
        'The queue delivers a message again after a NACK, and when its subscriber unsubscribes or disconnects without an ACK.',
    },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['work queue'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: 'a work queue delivers to another subscriber when one leaves, unsubscribes or loses its connection',
    },
    mutant: {
      in: 'stomp/src/subscriptions/work-queues.ts',
      find: '    this.#subscribers.remove(subscriber);\n    this.giveBack(held);',
      put: '    this.#subscribers.remove(subscriber);',
    },
  },
  {
    id: 'stomp-queue-redelivered',
    said: { 'docs/stomp.md': 'That message goes out before the others and has the header `redelivered:true`.' },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['work queue'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: 'a work queue delivers again on NACK, before the waiting messages, and marks it',
    },
    mutant: {
      in: 'stomp/src/subscriptions/subscription.ts',
      find: 'deliveries > 1 ? [REDELIVERED, ...headers] : headers;',
      put: 'headers;',
    },
  },
  {
    id: 'stomp-queue-deliveries',
    said: { 'docs/stomp.md': 'After `deliveriesMax` deliveries the queue drops it and calls `onDropped`.' },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['work queue'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: 'a work queue drops and reports a message that returns too often',
    },
    mutant: {
      in: 'stomp/src/subscriptions/work-queues.ts',
      find: 'message.deliveries < this.#queues.limits.deliveriesMax',
      put: 'message.deliveries < 2 * this.#queues.limits.deliveriesMax',
    },
  },
  {
    id: 'stomp-queue-prefetch',
    said: {
      'docs/stomp.md': 'A subscriber holds at most `prefetchMax` messages, or fewer with the header `prefetch-count`.',
    },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['work queue'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: 'a work queue gives each subscriber at most what it may hold',
    },
    mutant: {
      in: 'stomp/src/subscriptions/subscription.ts',
      find: 'this.#unacked.size < this.unackedMax :',
      put: 'this.#unacked.size <= this.unackedMax :',
    },
  },
  {
    id: 'stomp-queue-lease',
    said: { 'docs/stomp.md': 'Its messages without an ACK go to other processes after nine seconds.' },
    wires: ['stomp'],
    homes: SHARED,
    operations: ['work queue', 'kill'],
    check: {
      file: 'packages/stomp/test/subscriptions/stored-queue',
      test: 'a queue in a store holds messages as long as the process lives, and gives them to others when it dies',
    },
    mutant: {
      in: 'stomp/src/subscriptions/stored-queue.ts',
      find: 'renew(this.#key, ids, QUEUE_LEASE_MS)',
      put: 'renew(this.#key, ids, 100 * QUEUE_LEASE_MS)',
    },
  },
  {
    id: 'stomp-queue-once',
    said: { 'docs/stomp.md': 'The queue keeps each SEND once, however often that connection breaks.' },
    wires: ['stomp'],
    homes: SHARED,
    operations: ['work queue', 'faults'],
    check: {
      file: 'packages/stomp/test/queues/faults',
      test: 'work queues write an entry once whose answer comes after others have stored it in a state',
    },
    mutant: {
      in: 'stomp/src/queues/shared-queues.ts',
      find: "return isPassed ? 'stored' : 'lost';",
      put: "return 'lost';",
    },
  },
  {
    id: 'stomp-queue-full',
    said: {
      'docs/stomp.md': 'The sender gets an ERROR that names the limit, and the queue keeps nothing of its SEND.',
    },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['work queue'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: 'a work queue is limited in messages, in bytes and in number',
    },
    mutant: {
      in: 'stomp/src/subscriptions/work-queues.ts',
      find: 'if (sum.count > queueMessagesMax)',
      put: 'if (sum.count > queueMessagesMax + 1)',
    },
  },
  {
    id: 'stomp-transaction',
    said: {
      'docs/stomp.md': 'It carries out the whole transaction or nothing; if it refuses, the client gets an ERROR.',
    },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['transaction'],
    check: { file: 'packages/stomp/test/subscriptions/queues', test: 'a transaction is done completely or not at all' },
    mutant: {
      in: 'naru/src/wires/ask-all.ts',
      find: 'if (refusal) askedAll({ asked, refusal }, wasLate || isLate);',
      put: 'if (refusal) isAllowed = true;',
    },
  },
  {
    id: 'stomp-transaction-aborted',
    said: { 'docs/stomp.md': 'BEGIN, COMMIT and ABORT collect SEND, ACK and NACK frames.' },
    wires: ['stomp'],
    homes: EVERY_HOME,
    operations: ['transaction'],
    check: {
      file: 'packages/stomp/test/subscriptions/queues',
      test: 'a transaction does nothing before its COMMIT, then everything in order, with receipts on the way',
    },
    mutant: {
      in: 'stomp/src/transactions.ts',
      find: 'transaction.frames.push(frame);',
      put: 'transaction.frames.unshift(frame);',
    },
  },
];
