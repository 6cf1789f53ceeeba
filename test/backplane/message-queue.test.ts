import { expect, it } from 'vitest';
import { MessageQueue, type QueuedMessage } from '../../src/backplane/message-queue.js';
import { encodeHold } from '../../src/backplane/work-queues.js';

it('hands out returned messages first, and ignores a hold whose message was taken again', () => {
  const queue = new MessageQueue<QueuedMessage>();
  for (const number of [1, 2, 3]) queue.add(queue.waiting, { number, size: 10, deliveries: 0, heldUntil: 0 });
  const take = (count: number, now: number): number[] => queue.take(count, now, 100).map(({ number }) => number);
  expect([take(2, 0), queue.extent]).toEqual([[1, 2], { count: 3, bytes: 30 }]);
  queue.giveBack([encodeHold(2, 1)]);
  expect([take(1, 50), take(9, 100)]).toEqual([[2], [1, 3]]);
  expect(queue.renew([encodeHold(1, 1), encodeHold(1, 2)], 500)).toEqual([encodeHold(1, 2)]);
  const finished = queue.finish([encodeHold(2, 1), encodeHold(2, 2), encodeHold(3, 1)]);
  expect([finished.map(({ number }) => number), queue.extent]).toEqual([[2, 3], { count: 1, bytes: 10 }]);
});
