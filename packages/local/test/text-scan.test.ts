import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../testing/src/index.js';
import { openDatabase } from '../src/database.js';
import { forEachText, trimTexts } from '../src/text-scan.js';

function open(count: number) {
  const folder = mkdtempSync(`${tmpdir()}/naru-texts-`);
  const clock = new FakeClock();
  const database = openDatabase(folder, false);
  onTestFinished(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { root, texts } = database;
  // The beginning of a second, so that ten expire in each.
  const start = Math.ceil(clock.now() / 1_000) * 1_000 + 9_900;
  root.transactionSync(() => {
    for (let n = 0; n < count; n += 1) texts.putSync(`k ${n}`, { value: 'four', expiresAt: start + (count - n) * 100 });
    texts.putSync('j', { value: 'another', expiresAt: 1 });
  });
  const keys = (): string[] => [...texts.getKeys()];
  return { clock, database, texts, keys };
}

const BOUNDS = { countMax: 1_000_000, bytesMax: 1_000_000_000, sparedMs: 0 };

it('returns each text once, slice by slice', () => {
  const { texts, keys } = open(25);
  const seen: string[] = [];
  const places: (string | undefined)[] = [];
  let from: string | undefined;
  do {
    from = forEachText(texts, { from, prefix: 'k ', limit: 5 }, (key) => seen.push(key));
    places.push(from);
  } while (from !== undefined);
  expect(seen).toEqual(keys().slice(1));
  expect(places.map((place) => place && seen.indexOf(place))).toEqual([4, 9, 14, 19, undefined]);
  expect(forEachText(texts, { from: undefined, limit: 100 }, (key) => seen.push(key))).toBeUndefined();
  expect(seen.slice(25)).toEqual(keys());
});

it('keeps the allowed number, those that expire last, also within one second', async () => {
  const { clock, database, keys } = open(2_500);
  const trim = (bounds: Partial<typeof BOUNDS>) =>
    Promise.all([
      trimTexts(database, clock, { prefix: 'k ', bounds: { ...BOUNDS, ...bounds }, isOver: () => false }),
      clock.settle(),
    ]);
  await trim({});
  expect(keys()).toHaveLength(2_501);
  await trim({ countMax: 2_003 });
  const numbers = keys()
    .slice(1)
    .map((key) => Number(key.slice(2)));
  expect(numbers).toHaveLength(2_003);
  // Ten expire in each second. Any of those in the second at the limit may stay.
  expect(numbers.filter((n) => n < 1_990)).toHaveLength(1_990);
  await trim({ bytesMax: 9 * 100 });
  expect(keys().slice(1)).toHaveLength(112);
  expect(keys()[0]).toBe('j');
});

it('lets others have their turn, and reads nothing when the folder is closed meanwhile', async () => {
  const { clock, database, keys } = open(2_500);
  let turns = 0;
  const trimming = trimTexts(database, clock, {
    prefix: 'k ',
    bounds: { ...BOUNDS, countMax: 1 },
    isOver: () => {
      turns += 1;
      return turns > 4;
    },
  });
  await Promise.all([trimming, clock.settle()]);
  // Three slices to count, one to remove.
  expect([turns > 4, keys().length]).toEqual([true, 1_501]);
});
