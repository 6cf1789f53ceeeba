/** Namespaces that become idle and are used again, at random. */
import { expect, it } from 'vitest';
import { type IdleHome, IdleWorld } from './idle-world.js';

const SEEDS = [1, 2, 3];
const STEPS = 80;

/** Has namespaces become idle and be used again. Returns what differs from the model. */
async function live(home: IdleHome): Promise<string[]> {
  const wrong: string[] = [];
  for (const seed of SEEDS) {
    const world = new IdleWorld(home, seed);
    for (let count = 0; count < STEPS && world.wrong.length === 0; count += 1) await world.step();
    const large = (await world.end()).map((name) => `${name} is large`);
    for (const each of [...world.wrong, ...large]) wrong.push(`seed ${seed}: ${each}`);
  }
  return wrong;
}

it('an idle namespace is small again, and goes on where it was, without a log', async () => {
  expect(await live('no log')).toEqual([]);
});

it('an idle namespace is small again, and goes on where it was, with the log in memory', async () => {
  expect(await live('memory')).toEqual([]);
});

it('an idle namespace is small again, and goes on where it was, with the log in a folder', async () => {
  expect(await live('folder')).toEqual([]);
});

it('an idle namespace is small again, and goes on where it was, with the log on another machine', async () => {
  expect(await live('late')).toEqual([]);
});
