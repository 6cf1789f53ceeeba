import { expect, it } from 'vitest';
import { type QueueAction, QueueFold, type Taken } from '../../../../src/backplane/nats/store/queue-fold.js';
import { FakeClock } from '../../../../src/testing/fake-clock.js';
import { MemoryQueues } from '../../../../src/testing/late-home/memory-queues.js';
import { SeededRandom } from '../../../../src/testing/seeded-random.js';

const BOUNDS = { countMax: 12, bytesMax: 40, queuesMax: 2, totalBytesMax: 60 };
const NAMES = ['a', 'b', 'c'];

const nothing = (): void => undefined;

function commandOf(number: number, at: number, action: QueueAction, writer = 'w') {
  return { v: 1, at, writer, number, settled: number - 5, action };
}

it.each(Array.from({ length: 20 }, (_, seed) => seed))('answers as the queues in memory do, seed %i', async (seed) => {
  const random = new SeededRandom(seed);
  const clock = new FakeClock();
  const memory = new MemoryQueues(clock);
  let fold = new QueueFold();
  const ids: string[] = ['x', '1.1'];
  for (let number = 1; number <= 600; number += 1) {
    await clock.advance(random.integer(0, 400));
    const queue = NAMES[random.integer(0, 2)] ?? '';
    const some = ids.filter(() => random.chance(0.2));
    const leaseMs = random.integer(1, 3_000);
    const count = random.integer(1, 5);
    const sizes = Array.from({ length: count }, () => random.integer(0, 9));
    const messages = sizes.map((size) => new Uint8Array(size));
    const extent = (): unknown => fold.apply(number, commandOf(-1, clock.now(), { op: 'extent', queue }), nothing);
    const apply = (action: QueueAction) => fold.apply(number, commandOf(number, clock.now(), action), nothing);
    switch (random.integer(0, 4)) {
      case 0:
        expect(
          apply({
            op: 'put',
            puts: [
              [queue, sizes],
              ['a', [1]],
            ],
            bounds: BOUNDS,
          }),
        ).toEqual(
          memory.put(
            [
              { queue, messages },
              { queue: 'a', messages: [new Uint8Array(1)] },
            ],
            BOUNDS,
          ),
        );
        break;
      case 1: {
        const taken = apply({ op: 'take', queue, count, leaseMs }) as readonly Taken[];
        const expected = memory.take(queue, count, leaseMs);
        expect(taken.map(({ id, deliveries, size }) => [id, deliveries, size])).toEqual(
          expected.map(({ id, deliveries, body }) => [id, deliveries, body.byteLength]),
        );
        ids.push(...taken.map(({ id }) => id));
        break;
      }
      case 2:
        apply({ op: 'finish', queue, ids: some });
        memory.finish(queue, some);
        break;
      case 3:
        apply({ op: 'giveBack', queue, ids: some });
        memory.giveBack(queue, some);
        break;
      default:
        expect(apply({ op: 'renew', queue, ids: some, leaseMs })).toEqual(memory.renew(queue, some, leaseMs));
    }
    expect(extent()).toEqual(memory.extent(queue));
    // A node may begin with the state at any command.
    if (random.chance(0.1)) fold = QueueFold.decode(fold.encode()) ?? fold;
  }
});

it('carries out a command once, and gives its first answer again, also after it was stored', () => {
  const first = new QueueFold();
  const put = commandOf(1, 0, { op: 'put', puts: [['a', [1, 1]]], bounds: BOUNDS });
  const take = commandOf(2, 0, { op: 'take', queue: 'a', count: 1, leaseMs: null });
  expect([first.apply(1, put, nothing), first.apply(2, put, nothing)]).toEqual(['kept', 'kept']);
  const answer = first.apply(3, take, nothing);
  const again = QueueFold.decode(first.encode());
  expect(again?.apply(4, take, nothing)).toEqual(answer);
  expect(again?.answerOf(take)).toEqual(answer);
  const question = commandOf(-1, 0, { op: 'extent', queue: 'a' });
  expect(again?.apply(5, question, nothing)).toEqual({ count: 2, bytes: 2 });
  // The writer has had the answer, so this is a late copy of the command.
  again?.apply(6, { ...question, number: 9, settled: 8, action: { op: 'finish', queue: 'a', ids: [] } }, nothing);
  expect(again?.apply(7, put, nothing)).toBeNull();
  expect(again?.apply(8, question, nothing)).toEqual({ count: 2, bytes: 2 });
});

it('knows the commands whose bodies are needed', () => {
  const fold = new QueueFold();
  fold.apply(
    7,
    commandOf(1, 0, {
      op: 'put',
      puts: [
        ['a', [1, 1]],
        ['b', [1]],
      ],
      bounds: BOUNDS,
    }),
    nothing,
  );
  fold.apply(9, commandOf(2, 0, { op: 'put', puts: [['b', [1]]], bounds: BOUNDS }), nothing);
  fold.apply(10, commandOf(3, 0, { op: 'put', puts: [['b', [99]]], bounds: BOUNDS }), nothing);
  expect([[...fold.bodies], fold.count]).toEqual([[7, 9], 4]);
  const taken = fold.apply(11, commandOf(4, 0, { op: 'take', queue: 'b', count: 9, leaseMs: 1 }), nothing) as Taken[];
  fold.apply(12, commandOf(5, 0, { op: 'finish', queue: 'b', ids: taken.map(({ id }) => id) }), nothing);
  expect([[...fold.bodies], fold.count]).toEqual([[7], 2]);
});

it('never lets time go back', () => {
  const fold = new QueueFold();
  fold.apply(1, commandOf(1, 1_000, { op: 'put', puts: [['a', [1]]], bounds: BOUNDS }), nothing);
  const take = (number: number, at: number) =>
    fold.apply(number, commandOf(number, at, { op: 'take', queue: 'a', count: 1, leaseMs: 100 }), nothing);
  expect(
    [take(2, 1_000), take(3, 1_099), take(4, 1_100), take(5, 900)].map((each) => (each as Taken[]).length),
  ).toEqual([1, 0, 1, 0]);
});

it('knows no state of a later version', () => {
  expect(QueueFold.decode(new QueueFold().encode().replace('"v":1', '"v":2'))).toBeUndefined();
});
