import { describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../../../src/wires/stomp/subscriptions/work-queue.js';
import { WorkQueues } from '../../../../src/wires/stomp/subscriptions/work-queues.js';

const LIMITS = {
  queuesMax: 2,
  queueMessagesMax: 2,
  queueBytesMax: 100,
  queuesBytesMax: 150,
  deliveriesMax: 3,
  onDropped: undefined,
};

const message = (size = 10): QueueMessage => ({
  number: 1,
  size,
  body: { contentType: undefined, body: 'x' },
  headers: new Map(),
  deliveries: 0,
});

const worker = { canTake: true, isAuto: true, take: () => undefined };

describe('WorkQueues', () => {
  it('make queues when they are needed, and let them go', () => {
    const queues = new WorkQueues('/', LIMITS);
    queues.put('a', message());
    expect([queues.count, queues.get('a')?.count]).toEqual([1, 1]);
    const queue = queues.subscribe('a', worker);
    expect(queue.count).toBe(0);
    queues.settle('a');
    expect(queues.count).toBe(1);
    queue.remove(worker, []);
    queues.settle('a');
    expect([queues.count, queues.get('a')]).toEqual([0, undefined]);
  });

  it('say before whether messages have a place', () => {
    const queues = new WorkQueues('/', LIMITS);
    queues.put('a', message());
    expect(() => queues.check('a', [10])).not.toThrow();
    expect(() => queues.check('a', [10, 10])).toThrow('/queue/a is full: it has 2 messages');
    expect(() => queues.check('a', [91])).toThrow('/queue/a is full: it has 100 bytes');
    queues.put('b', message(90));
    expect(queues.bytes).toBe(100);
    expect(() => queues.check('a', [60])).toThrow('the queues of this namespace are full: they have 150 bytes');
    expect(() => queues.check('c', [1])).toThrow('there are 2 queues in this namespace');
    expect(() => queues.subscribe('c', worker)).toThrow('there are 2 queues in this namespace');
  });
});
