import { describe, expect, it } from 'vitest';
import {
  type DroppingQueue,
  dropMessage,
  type QueueSubscriber,
  Turns,
} from '../../../../src/wires/stomp/subscriptions/job-queue.js';

const subscriber = (canTake: boolean): QueueSubscriber => ({ canTake, isAuto: false, take: () => undefined });

describe('Turns', () => {
  it('pass over subscribers without room', () => {
    const turns = new Turns();
    expect([turns.isEmpty, turns.next()]).toEqual([true, undefined]);
    const [one, full, two] = [subscriber(true), subscriber(false), subscriber(true)];
    for (const each of [one, full, two]) turns.add(each);
    expect([turns.next(), turns.next(), turns.next()]).toEqual([two, one, two]);
    expect(turns.roomCount).toBe(2);
    turns.remove(one);
    turns.remove(one);
    turns.remove(two);
    expect([turns.next(), turns.isEmpty]).toEqual([undefined, false]);
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
