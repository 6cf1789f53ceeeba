import { expect, it } from 'vitest';
import { MessageQueue } from '../../src/queues/message-queue.js';
import { encodeHold } from '../../src/queues/work-queue-store.js';

it('hands out returned messages first, and ignores a hold whose message was taken again', () => {
  const queue = new MessageQueue();
  const fresh = { isMoved: false, isFinished: false, deliveries: 0, holder: '', leaseMs: 0, heldUntil: 0 };
  for (const number of [1, 2, 3])
    queue.add(queue.waiting, { number, key: `e.${number}`, sequence: 1, size: 10, ...fresh });
  const take = (count: number, holder: string, now: number): number[] =>
    queue.take(count, { holder, now, leaseMs: 100 }).map(({ number }) => number);
  expect([take(2, 'a', 0), queue.extent]).toEqual([[1, 2], { count: 3, bytes: 30 }]);
  expect(queue.giveBack([encodeHold(2, 'a'), encodeHold(1, 'x')])).toBe(true);
  expect([take(1, 'b', 50), queue.endedAt(99), queue.endedAt(100)]).toEqual([[2], [], [encodeHold(1, 'a')]]);
  queue.giveBack(queue.endedAt(100));
  expect([take(9, 'c', 100), queue.hasMore]).toEqual([[1, 3], false]);
  expect(queue.renew([encodeHold(1, 'a'), encodeHold(1, 'c')], 100, 500)).toEqual([encodeHold(1, 'c')]);
  queue.giveBack([encodeHold(3, 'c')], true);
  expect([...queue.returned.values()].map(({ deliveries }) => deliveries)).toEqual([0]);
  take(1, 'd', 100);
  const finished = queue.finish([encodeHold(2, 'a'), encodeHold(2, 'b'), encodeHold(3, 'd')]);
  expect([finished.map(({ number }) => number), queue.extent]).toEqual([[2, 3], { count: 1, bytes: 10 }]);
  expect(finished.every(({ isFinished }) => isFinished)).toBe(true);
});
