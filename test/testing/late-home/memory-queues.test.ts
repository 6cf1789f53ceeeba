import { expect, it } from 'vitest';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { backplaneContract } from '../../../src/testing/contracts/backplane-contract.js';
import { QUEUES } from '../../../src/testing/contracts/shared-cases.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { MemoryQueues } from '../../../src/testing/late-home/memory-queues.js';

const BOUNDS = { countMax: 10, bytesMax: 100, queuesMax: 10, totalBytesMax: 100 };

const cases = backplaneContract(async (retention) => {
  const clock = new FakeClock();
  const pass = (ms: number) => clock.advance(ms);
  const backplane = { ...memoryBackplane(clock, retention), queues: new MemoryQueues(clock) };
  return { backplane, pass, now: () => clock.now() };
});
it.each(cases.filter(({ name }) => name in QUEUES))('$name', ({ run }) => run());

it('forgets a queue that is empty', () => {
  const queues = new MemoryQueues(new FakeClock());
  queues.put([{ queue: 'a', messages: [Uint8Array.of(1)] }], BOUNDS);
  const [held] = queues.take('a', 1, 1_000);
  expect(queues.count).toBe(1);
  queues.finish('a', [held?.id ?? '']);
  expect(queues.count).toBe(0);
  queues.finish('a', ['1']);
  queues.giveBack('a', ['1']);
  expect([queues.take('a', 1, 1_000), queues.renew('a', ['1'], 1)]).toEqual([[], []]);
});

it('keeps its own copy of a message', () => {
  const queues = new MemoryQueues(new FakeClock());
  const body = Uint8Array.of(1);
  queues.put([{ queue: 'a', messages: [body] }], BOUNDS);
  body[0] = 2;
  expect(queues.take('a', 1, 1_000)[0]?.body).toEqual(Uint8Array.of(1));
});
