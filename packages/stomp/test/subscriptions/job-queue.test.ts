import { describe, expect, it } from 'vitest';
import {
  type DroppingQueue,
  dropMessage,
  type QueueSubscriber,
  RoundRobin,
} from '../../src/subscriptions/job-queue.js';

const subscriber = (canTake: boolean): QueueSubscriber => ({ canTake, isAuto: false, take: () => undefined });

describe('RoundRobin', () => {
  it('passes over subscribers without room', () => {
    const subscribers = new RoundRobin();
    expect([subscribers.isEmpty, subscribers.next()]).toEqual([true, undefined]);
    const [one, full, two] = [subscriber(true), subscriber(false), subscriber(true)];
    for (const each of [one, full, two]) subscribers.add(each);
    expect([subscribers.next(), subscribers.next(), subscribers.next()]).toEqual([two, one, two]);
    expect(subscribers.roomCount).toBe(2);
    subscribers.remove(one);
    subscribers.remove(one);
    subscribers.remove(two);
    expect([subscribers.next(), subscribers.isEmpty]).toEqual([undefined, false]);
  });
});

it('tells the application of a dropped message', () => {
  const dropped: unknown[] = [];
  const queue: DroppingQueue = { namespace: '/', name: 'q', limits: { onDropped: (each) => dropped.push(each) } };
  const message = {
    number: 1,
    size: 1,
    body: { contentType: undefined, body: 'é' },
    headers: new Map([['a', 'b']]),
    deliveries: 3,
  };
  dropMessage(message, queue);
  dropMessage(message, { ...queue, limits: { onDropped: undefined } });
  expect(dropped).toEqual([
    {
      namespace: '/',
      queue: '/queue/q',
      reason: 'too many deliveries',
      deliveries: 3,
      headers: new Map([['a', 'b']]),
      body: Buffer.from('é'),
    },
  ]);
});
