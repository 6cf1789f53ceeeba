import { expect, it } from 'vitest';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import type { QueueCommand } from '../../src/queues/queue-entry.js';
import { QueueFold, type Taken } from '../../src/queues/queue-fold.js';

const NAMES = ['a', 'b'];
const BOUNDS = { countMax: 9, bytesMax: 40, queuesMax: 2, totalBytesMax: 60 };

/** Returns a random command. */
function draw(random: SeededRandom, ids: readonly string[]): QueueCommand {
  const queue = NAMES[random.integer(0, 1)] ?? '';
  const some = ids.filter(() => random.chance(0.3));
  switch (random.integer(0, 5)) {
    case 0:
    case 1:
      return { op: 'put', puts: [[queue, [random.integer(0, 9)]]], bounds: BOUNDS };
    case 2:
      return { op: 'take', queue, count: random.integer(1, 3), leaseMs: 10, ended: some };
    case 3:
      return { op: 'finish', queue, ids: some };
    case 4:
      return { op: 'giveBack', queue, ids: some, isUnsent: random.chance(0.5) };
    default:
      return { op: 'renew', queue, ids: some, leaseMs: 10 };
  }
}

it.each([1, 2, 3])('goes on from its text as it would without it (seed %i)', (seed) => {
  const random = new SeededRandom(seed);
  let fold = new QueueFold();
  const ids: string[] = [];
  for (let step = 1; step <= 600; step += 1) {
    // A text is written right after its writer has said so.
    const isSaved = step % 50 === 0;
    const command: QueueCommand = isSaved ? { op: 'save', instead: fold.saving } : draw(random, ids);
    const idle = fold.idle(command);
    const before = fold.encode();
    const entry = { sequence: step, id: `e${step}`, previous: fold.id, commands: [command], texts: [] };
    const [answer] = fold.apply(entry, step, () => undefined) ?? [];
    if (idle !== undefined) {
      expect(answer).toEqual(idle);
      const strip = (text: string): string => text.replace(/"sequence":\d+,"id":"[^"]*"/, '');
      expect(strip(fold.encode())).toBe(strip(before));
    }
    if (command.op === 'take') ids.push(...(answer as readonly Taken[]).map(({ id }) => id));
    if (!isSaved) continue;
    const copy = QueueFold.decode(fold.encode(), step);
    expect([copy.encode(), copy.saved, copy.saving]).toEqual([fold.encode(), step, step]);
    expect(NAMES.map((name) => copy.extent(name))).toEqual(NAMES.map((name) => fold.extent(name)));
    fold = copy;
  }
});

it('passes over an entry that was written after another one', () => {
  const fold = new QueueFold();
  const commands: QueueCommand[] = [{ op: 'put', puts: [['a', [1]]], bounds: BOUNDS }];
  expect(fold.apply({ sequence: 1, id: 'one', previous: 'lost', commands, texts: ['x'] }, 0, () => undefined)).toBe(
    undefined,
  );
  expect([fold.sequence, fold.id, fold.extent('a').count]).toEqual([1, 'one', 0]);
});

it('refuses the state of a later version, and a damaged one', () => {
  expect(() => QueueFold.decode('{"v":2}', 0)).toThrow(UnavailableError);
  expect(() => QueueFold.decode('{"v":1', 0)).toThrow(UnavailableError);
});
