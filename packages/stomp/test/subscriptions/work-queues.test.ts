import { describe, expect, it } from 'vitest';
import { stompSettings } from '../../../../test/kit/clients/stomp-tester.js';
import type { QueueMessage, QueueSubscriber } from '../../src/subscriptions/job-queue.js';
import { WorkQueue, WorkQueues } from '../../src/subscriptions/work-queues.js';

const LIMITS = {
  queuesMax: 1,
  queueMessagesMax: 5,
  queueBytesMax: 100,
  queuesBytesMax: 150,
  deliveriesMax: 3,
};

const newQueue = (limits: object = LIMITS) => new WorkQueue('q', new WorkQueues('/n', stompSettings(limits)));

class Worker implements QueueSubscriber {
  readonly taken: number[] = [];
  readonly held: QueueMessage[] = [];
  readonly isAuto: boolean;
  readonly #holdsMax: number;

  constructor(holdsMax: number, isAuto = false) {
    this.#holdsMax = holdsMax;
    this.isAuto = isAuto;
  }

  get canTake(): boolean {
    return this.held.length < this.#holdsMax;
  }

  take(message: QueueMessage): void {
    this.taken.push(message.number);
    if (!this.isAuto) this.held.push(message);
  }
}

const message = (number: number, size = 10): QueueMessage => ({
  number,
  size,
  body: { contentType: undefined, body: 'x' },
  headers: new Map(),
  deliveries: 0,
});

describe('WorkQueue', () => {
  it('is first in, first out, and serves subscribers in turn', () => {
    const queue = newQueue();
    for (const number of [1, 2, 3]) queue.put(message(number));
    const [one, other] = [new Worker(2), new Worker(2)];
    queue.add(one);
    queue.add(other);
    queue.put(message(4));
    queue.put(message(5));
    expect([one.taken, other.taken]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    queue.finish(one.held.splice(0));
    expect(one.taken).toEqual([1, 2, 5]);
    expect([queue.count, queue.bytes]).toEqual([3, 30]);
  });

  it('puts returned messages before waiting ones, in their order', () => {
    const queue = newQueue();
    const one = new Worker(3);
    queue.add(one);
    for (const number of [1, 2, 3, 4]) queue.put(message(number));
    queue.remove(one, one.held.reverse());
    const other = new Worker(9);
    queue.add(other);
    expect(other.taken).toEqual([1, 2, 3, 4]);
    expect(other.held.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 1]);
  });

  it('counts held messages, and not those delivered for good', () => {
    const queue = newQueue();
    expect(queue.isEmpty).toBe(true);
    queue.put(message(1, 60));
    expect([queue.count, queue.bytes, queue.isEmpty]).toEqual([1, 60, false]);
    const auto = new Worker(9, true);
    queue.add(auto);
    expect([queue.count, queue.bytes, queue.isEmpty]).toEqual([0, 0, false]);
    queue.remove(auto, []);
    expect(queue.isEmpty).toBe(true);
  });

  it('drops messages that return once too often', () => {
    const dropped: unknown[] = [];
    const queue = newQueue({ ...LIMITS, onDropped: (what: unknown) => dropped.push(what) });
    const worker = new Worker(1);
    queue.add(worker);
    queue.put(message(1));
    for (let count = 0; count < 3; count += 1) queue.giveBack(worker.held.splice(0));
    expect([worker.taken, queue.count, queue.bytes]).toEqual([[1, 1, 1], 0, 0]);
    expect(dropped).toEqual([
      {
        namespace: '/n',
        queue: '/queue/q',
        reason: 'too many deliveries',
        deliveries: 3,
        headers: new Map(),
        body: Buffer.from('x'),
      },
    ]);
  });
});

const worker = { canTake: true, isAuto: true, take: () => undefined };

describe('WorkQueues', () => {
  it('are created when needed, and removed', () => {
    const queues = new WorkQueues('/', stompSettings({ ...LIMITS, queuesMax: 2, queueMessagesMax: 2 }));
    queues.put({ queue: 'a', message: message(1) });
    expect([queues.count, queues.get('a')?.count]).toEqual([1, 1]);
    const queue = queues.subscribe('a', worker);
    expect(queue.count).toBe(0);
    queues.settle('a');
    expect(queues.count).toBe(1);
    queue.remove(worker, []);
    queues.settle('a');
    expect([queues.count, queues.get('a')]).toEqual([0, undefined]);
  });

  it('forget a queue whose last message ends after its last subscriber', () => {
    const queues = new WorkQueues('/n', stompSettings(LIMITS));
    const worker = new Worker(1);
    const queue = queues.subscribe('a', worker);
    queues.put({ queue: 'a', message: message(1) });
    queue.remove(worker, []);
    expect(queues.get('a')).toBe(queue);
    queue.finish(worker.held);
    expect(queues.get('a')).toBeUndefined();
  });

  it('keep all messages of a put, or none', () => {
    const queues = new WorkQueues('/', stompSettings({ ...LIMITS, queuesMax: 2, queueMessagesMax: 2 }));
    queues.put({ queue: 'a', message: message(1) });
    const put = (...puts: [queue: string, size: number][]): void =>
      void queues.keep(puts.map(([queue, size]) => ({ queue, message: message(1, size) })));
    expect(() => put(['a', 10], ['a', 10])).toThrow('/queue/a is full: it has 2 messages');
    expect(() => put(['a', 91])).toThrow('/queue/a is full: it has 100 bytes');
    expect(() => put(['a', 80], ['b', 70])).toThrow('the queues of this namespace are full: they have 150 bytes');
    expect(() => put(['b', 1], ['c', 1])).toThrow('the namespace has reached its limit of 2 queues');
    expect([queues.count, queues.bytes]).toEqual([1, 10]);
    queues.put({ queue: 'b', message: message(1, 90) });
    expect(queues.bytes).toBe(100);
    expect(() => put(['a', 60])).toThrow('the queues of this namespace are full: they have 150 bytes');
    expect(() => put(['c', 1])).toThrow('the namespace has reached its limit of 2 queues');
    expect(() => queues.subscribe('c', worker)).toThrow('the namespace has reached its limit of 2 queues');
  });
});
