import { expect, it } from 'vitest';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { SharedQueues } from '../../src/queues/shared-queues.js';

const ROOM = { countMax: 1e6, bytesMax: 1e9, queuesMax: 100, totalBytesMax: 1e9 };

/** Queues in a store that cannot keep a state while `isFull`. */
function open() {
  const clock = new FakeClock();
  const backplane = memoryBackplane(clock, { ageMs: 1e9, bytes: 1e9 });
  const { store } = backplane;
  const home = { isFull: false };
  const set = store.set.bind(store);
  store.set = (...args) => {
    if (home.isFull && args[0].startsWith('queue-state ')) throw new UnavailableError('NOT_KEPT', 'no room');
    return set(...args);
  };
  const context = { backplane, clock, random: new SeededRandom(1), bell: undefined };
  return { clock, store, home, queues: new SharedQueues({ ...context, places: 128, savedAfter: 8 }) };
}

it('leaves no text of a finished message behind', async () => {
  const { store, queues } = open();
  for (let n = 0; n < 100; n += 1) {
    await queues.put([{ queue: 'q', messages: [`secret ${n}`, 'x'] }], ROOM);
    const held = await queues.take('q', 2, 1_000);
    await queues.finish(
      'q',
      held.map(({ id }) => id),
    );
  }
  const left = (await store.list('', 1_000)).filter(([, text]) => text.includes('secret'));
  // Those of the entries since the newest state.
  expect(left.length).toBeLessThan(30);
  expect((await store.list('queue-text ', 100)).length).toBeLessThan(10);
});

it('lets puts wait while the state cannot be stored, refuses them after a while, and goes on afterwards', async () => {
  const { clock, home, queues } = open();
  home.isFull = true;
  const answers: string[] = [];
  const putUntil = async (last: string): Promise<void> => {
    while (answers.at(-1) !== last)
      answers.push(await queues.put([{ queue: 'q', messages: ['x'] }], ROOM).catch(({ code }) => code));
  };
  for (const last of ['NOT_KEPT', 'kept']) {
    home.isFull = last === 'NOT_KEPT';
    let isOver = false;
    const putting = putUntil(last).then(() => {
      isOver = true;
    });
    for (let n = 0; n < 200 && !isOver; n += 1) await clock.advance(1_000);
    await putting;
    if (home.isFull) expect(answers.length).toBeGreaterThan(60);
  }
  const kept = answers.filter((answer) => answer === 'kept').length;
  expect(answers.at(-1)).toBe('kept');
  expect((await queues.take('q', 1_000, 1_000)).length).toBe(kept);
});
