import { expect, it } from 'vitest';
import { Outages } from './outages.mjs';

const life = (node: string, from: number, to = Number.POSITIVE_INFINITY) => ({ node, from, to });

/** One server that ends during an outage, and one that lives on. */
const outages = new Outages(
  new Map([
    [1, life('A', 1_000, 6_000)],
    [2, life('B', 1_000)],
  ]),
  new Map([
    [1, [1_200, 1_400, 3_000, 3_200]],
    [2, [1_200, 1_500, 4_500, 4_700]],
  ]),
);

it('finds the time between two answers that are far apart, and the time after the last one', () => {
  expect(outages.count).toBe(3);
});

it.each([
  ['A', 1_300, false],
  ['A', 1_600, true],
  ['A', 3_400, true],
  ['A', 3_700, true],
  ['B', 1_400, false],
  ['B', 2_000, true],
  ['B', 5_100, true],
  ['B', 5_300, false],
])('knows whether %s was without its home at %i', (node, time, isOut) => {
  expect(outages.includes(node, time)).toBe(isOut);
});

it('counts from the request before an answer, because the answer says nothing of later events', () => {
  const slow = new Outages(new Map([[1, life('A', 1_000, 2_800)]]), new Map([[1, [1_200, 2_000]]]));
  expect(slow.includes('A', 2_700)).toBe(true);
  expect(new Outages(new Map([[1, life('A', 1_000, 2_800)]]), new Map([[1, [1_800, 2_000]]])).count).toBe(0);
});

it('knows whether a server was without its home between two times', () => {
  expect(outages.isOutBetween('A', 1_300, 1_350)).toBe(false);
  expect(outages.isOutBetween('A', 1_300, 2_000)).toBe(true);
  expect(outages.isOutBetween('B', 2_000, 2_100)).toBe(true);
  expect(outages.isOutBetween('B', 5_300, 9_000)).toBe(false);
  expect(outages.isOutBetween(undefined, 1_300, 2_000)).toBe(true);
});

it('looks at all servers if the server is unknown', () => {
  expect(outages.includes(undefined, 4_000)).toBe(true);
  expect(outages.includes(undefined, 1_300)).toBe(false);
});

it.each([
  ['C', 4_900, false],
  ['C', 5_100, true],
  ['C', 7_800, true],
  ['C', 8_100, false],
  ['D', 5_100, false],
])('knows whether the others may have taken %s for ended at %i', (node, time, mayBe) => {
  const lives = new Map([life('C', 0), life('D', 0)].map((each, boot) => [boot, each] as const));
  const beats = (to: number) => [200, 400, 600, 800, 1_000, to, to + 200];
  const silent = new Outages(
    lives,
    new Map([
      [0, beats(6_000)],
      [1, beats(4_900)],
    ]),
  );
  expect(silent.mayBeLost(node, time)).toBe(mayBe);
});

it.each([
  [5_000, true],
  [1_300, false],
  [7_000, false],
])('knows whether a message that was confirmed at %i may be missing', (time, mayMiss) => {
  expect(outages.mayMiss(time)).toBe(mayMiss);
});

it('knows that a server may miss its home after it was told to end', () => {
  const ending = { ...life('A', 1_000, 1_500), goneAt: 6_000 };
  const missing = new Outages(new Map([[1, ending]]), new Map([[1, [1_200, 1_400]]]));
  expect([missing.mayMiss(5_000), missing.mayMiss(1_350), missing.mayMiss(7_000)]).toEqual([true, false, false]);
});

it('knows what was lost with a server that ended without its home', () => {
  expect(outages.isLostAt(5_000)).toBe(true);
  expect(outages.isLostAt(2_000)).toBe(false);
});

it.each([
  ['A', 1_300, false],
  ['A', 2_900, false],
  ['A', 3_100, true],
  [1, 3_100, true],
  ['B', 9_000, false],
  [undefined, 1_300, true],
])('knows whether %s was ended before its home had what it did at %i', (server, time, mayBeUnwritten) => {
  const noOutage = new Outages(
    new Map([
      [1, life('A', 1_000, 3_500)],
      [2, life('B', 1_000)],
    ]),
    new Map([
      [1, [1_200, 2_000, 3_000, 3_200]],
      [2, [1_200, 1_500]],
    ]),
  );
  expect(noOutage.mayBeUnwritten(server, time)).toBe(mayBeUnwritten);
  expect(new Outages().mayBeUnwritten(server, time)).toBe(false);
});

it('knows up to when the home has stored the answers of a server that was ended, and whether that took too long for a claim', () => {
  const beats = Array.from({ length: 60 }, (_, at) => 1_000 + 100 * at);
  const lives = new Map([
    [1, life('A', 1_000, 6_900)],
    [2, life('B', 1_000)],
  ]);
  const stored = new Map(
    [1, 2].map((boot) => [
      boot,
      [
        { asked: 1_100, at: 1_300 },
        { asked: 1_500, at: 4_600 },
        { asked: 4_800, at: 4_900 },
      ],
    ]),
  );
  const slow = new Outages(lives, new Map([1, 2].map((boot) => [boot, beats])), stored);
  expect([1_100, 4_800, 4_850].map((time) => slow.mayLoseAnswer(1, time))).toEqual([false, false, true]);
  expect([slow.mayLoseAnswer(2, 4_850), slow.mayLoseAnswer(1, 6_800)]).toEqual([false, true]);
  expect([1_100, 1_200, 2_500, 4_850].map((time) => slow.mayLoseClaim(2, time))).toEqual([false, true, false, false]);
});

it('knows that a client may have read a confirmation late', () => {
  // The server ended at 6,000, and was without its home since 3,200.
  expect(outages.mayMiss(26_600)).toBe(false);
  expect(outages.mayMiss(26_600, 6_400)).toBe(true);
  expect(outages.mayMiss(26_600, 6_600)).toBe(false);
  expect(outages.mayMiss(1_350, 1_300)).toBe(false);
});

it('knows whether a server may have lost the claim of a listener that it ran', () => {
  // The second server had no home between 1,500 and 4,500, and the first one only for 1.6 seconds.
  expect([1_300, 2_000, 5_000].map((time) => outages.mayLoseClaim(2, time))).toEqual([true, true, false]);
  expect(outages.mayLoseClaim(1, 1_500)).toBe(false);
});
