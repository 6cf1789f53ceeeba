import { Buffer } from 'node:buffer';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeOffset, type Offset, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { FakeClock, SeededRandom } from '../../../testing/src/index.js';
import { openDatabase } from '../../src/database.js';
import { type LocalBackplane, local } from '../../src/local-backplane.js';
import { Holes, placeBehind } from '../../src/records/holes.js';
import { encodeRecord } from '../../src/records/record.js';
import { append, behind, folder, numberOf, record } from '../numbers.js';

const LATEST = Number.MAX_SAFE_INTEGER;
const DAY_MS = 24 * 60 * 60 * 1_000;
const YEAR_MS = 365 * DAY_MS;

describe('the beginning of a process', () => {
  it('is after all offsets handed out, and after all possible ones since then, by the clock and at random', () => {
    const now = Date.UTC(2026, 0, 1);
    for (const newest of [0, 1, 1_000, now * 1_000, now * 1_000 + 12_345, now * 1_001])
      for (const fraction of [0, 0.5, 0.999_999]) {
        const to = placeBehind(newest, now, fraction) ?? 0;
        expect(to % 64).toBe(0);
        expect(to).toBeGreaterThan(newest + 50_000_000);
        expect(to).toBeGreaterThan(now * 1_000);
        expect(to).toBeLessThan(Math.max(newest, now * 1_000) + 150_000_000);
        expect(encodeOffset(to)).toHaveLength(11);
      }
    expect(placeBehind(0, now + 10_000, 0)).toBeGreaterThan((placeBehind(0, now, 0) ?? 0) + 9_999_000);
  });

  it('never goes back with the clock, or to invalid numbers with an absurd clock', () => {
    let newest = 0;
    for (const now of [Date.UTC(2026, 0, 1), 0, Date.UTC(2025, 0, 1), -5, Date.UTC(9999, 0, 1), 8.64e15, 1]) {
      const to = placeBehind(newest, now, 0.3) ?? 0;
      expect(to).toBeGreaterThan(newest);
      expect(Number.isSafeInteger(to)).toBe(true);
      newest = to;
    }
    expect(newest).toBeLessThan(LATEST / 2);
  });

  it('is directly after the newest when hardly any numbers are left', () => {
    expect(placeBehind(LATEST - 1_000_000, 0, 0.5)).toBeUndefined();
    expect(placeBehind(LATEST / 2, 230 * YEAR_MS, 0.5)).toBeGreaterThan(LATEST / 2);
  });
});

describe('holes', () => {
  it('are found from before them, from inside and from after them, each by itself', async () => {
    const database = openDatabase(folder(), false);
    const holes = new Holes(database);
    const [one, two] = [
      { from: 0, to: 640 },
      { from: 700, to: 1_280 },
    ];
    database.root.transactionSync(() => {
      for (const hole of [one, two]) holes.add('/', hole);
      holes.add('/a', { from: 3, to: 64_000 });
      database.log.putSync(['/', 641], Buffer.of(1));
    });
    for (const again of [holes, new Holes(database)]) {
      for (const n of [0, 1, 639, 640]) expect(again.ahead('/', n, 1_280)).toEqual(one);
      for (const n of [641, 700, 701, 1_280, 650]) expect(again.ahead('/', n, 1_280)).toEqual(two);
      expect(again.ahead('/a', 650, 64_000)).toEqual({ from: 3, to: 64_000 });
      for (const n of [1, 2, 640]) expect(again.before('/', n)).toBeUndefined();
      for (const n of [641, 700, 1_280]) expect(again.before('/', n)).toEqual(one);
      expect(again.before('/', 1_281)).toEqual(two);
    }
    await database.close();
  });

  it('go with the record after them, and an unreadable one counts as one', async () => {
    const database = openDatabase(folder(), false);
    const holes = new Holes(database);
    database.root.transactionSync(() => {
      holes.add('/', { from: 10, to: 64 });
      holes.add('/', { from: 70, to: 128 });
      holes.drop('/', 65);
      holes.drop('/', 66);
    });
    expect(holes.before('/', 100)).toBeUndefined();
    expect(holes.ahead('/', 20, 128)).toEqual({ from: 70, to: 128 });
    database.log.putSync(['/', -128], Buffer.from('what is this'));
    expect(new Holes(database).ahead('/', 20, 128)).toEqual({ from: 19, to: 128, isLost: true });
    database.log.removeSync(['/', -128]);
    expect(new Holes(database).ahead('/', 20, 128)).toEqual({ from: 19, to: 128, isLost: true });
    await database.close();
  });
});

describe('a folder of several processes', () => {
  it('is read across their beginnings without a gap from a known offset, and with one from an unknown one', async () => {
    const path = folder();
    const clock = new FakeClock();
    const offsets: Offset[] = [];
    for (let life = 0; life < 3; life += 1) {
      const backplane = local(path, { clock });
      const { previous } = backplane.log.append('/', [record(life * 3, clock.now())]);
      expect(previous).toBe(offsets.at(-1) ?? ZERO_OFFSET);
      offsets.push(backplane.log.extent('/').newest, ...append(backplane, [life * 3 + 1, life * 3 + 2], clock.now()));
      await backplane.close();
      await clock.advance(1_000);
    }
    const backplane = local(path, { clock });
    const numbers = offsets.map((_, at) => at);
    expect(behind(backplane, ZERO_OFFSET)).toEqual([numbers, false]);
    expect(backplane.log.verify('/')).toEqual({ count: 9, faults: [] });
    expect(backplane.log.extent('/')).toMatchObject({ oldest: offsets[0], newest: offsets[8], count: 9 });
    for (const [at, offset] of offsets.entries()) {
      expect(backplane.log.knows('/', offset)).toBe(true);
      for (const limit of [1, 2, 4, 100])
        expect(behind(backplane, offset, limit)).toEqual([numbers.slice(at + 1, at + 1 + limit), false]);
      const { records, hasGap } = backplane.log.readBack('/', offset, 4);
      expect([records.map((each) => each.offset), hasGap]).toEqual([offsets.slice(Math.max(0, at - 4), at), false]);
    }
    for (const at of [0, 3, 6]) {
      const first = numberOf(offsets[at]);
      for (const n of [first - 1, first - 64, first - 1_000_000, at === 0 ? 1 : numberOf(offsets[at - 1]) + 1]) {
        const inside = encodeOffset(n);
        expect(backplane.log.knows('/', inside)).toBe(false);
        expect(behind(backplane, inside)).toEqual([numbers.slice(at), true]);
        expect(behind(backplane, inside, 0)).toEqual([[], true]);
        expect(backplane.log.readBack('/', inside, 2).records.map((each) => each.offset)).toEqual(
          offsets.slice(Math.max(0, at - 2), at),
        );
      }
    }
    for (const none of [encodeOffset(numberOf(offsets[8]) + 1), 'x'])
      expect(backplane.log.knows('/', none)).toBe(false);
    await backplane.close();
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'has every appended record that was not dropped, for any reader (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed);
      const path = folder();
      const clock = new FakeClock();
      const open = (): LocalBackplane => local(path, { clock, bytes: random.integer(2, 12) * 1_000, ageMs: 100_000 });
      const all: Offset[] = [];
      let lives = [open(), open()];
      for (let step = 0; step < 120; step += 1) {
        if (random.chance(0.3)) {
          for (const life of lives) await life.close();
          lives = Array.from({ length: random.integer(1, 3) }, open);
        }
        const backplane = lives[random.integer(0, lives.length - 1)] as LocalBackplane;
        const count = random.integer(0, random.chance(0.1) ? 90 : 6);
        if (count > 0) {
          const numbers = Array.from({ length: count }, (_, at) => all.length + at);
          all.push(...append(backplane, numbers, clock.now()));
        }
        if (random.chance(0.05)) await clock.advance(random.integer(1, 120_000));
        if (random.chance(0.1)) backplane.log.trim('/');
        const { oldest, newest, count: kept } = backplane.log.extent('/');
        expect(newest).toBe(all.at(-1) ?? ZERO_OFFSET);
        const first = oldest === undefined ? all.length : all.indexOf(oldest);
        expect([kept, all.slice(first).length]).toEqual([all.length - first, kept]);
        expect(backplane.log.verify('/')).toEqual({ count: kept, faults: [] });
        for (let time = 0; time < 6; time += 1) {
          const at = random.integer(-1, all.length - 1);
          const limit = random.integer(1, 80);
          const from = Math.max(at + 1, first);
          const expected = all.slice(from, from + limit).map((_, index) => from + index);
          expect(behind(backplane, all[at] ?? ZERO_OFFSET, limit)).toEqual([
            expected,
            at + 1 < first && at < all.length - 1,
          ]);
          const end = at < 0 ? all.length : at;
          const back = backplane.log.readBack('/', all[at], limit);
          const start = Math.max(first, end - limit);
          expect(back.records.map(({ offset }) => offset)).toEqual(all.slice(start, Math.max(end, start)));
          expect(back.hasGap).toBe(first > 0 && end - start < limit);
        }
      }
      expect(all.length).toBeGreaterThan(200);
      const holesOf = openDatabase(path, false);
      const holes = [...holesOf.log.getKeys({ start: ['/', Number.NEGATIVE_INFINITY], end: ['/', 0] })];
      // They go with the records after them.
      expect(holes.length).toBeLessThanOrEqual((lives[0] as LocalBackplane).log.extent('/').count + 1);
      await holesOf.close();
      for (const life of lives) await life.close();
    },
  );

  it('from an earlier version, without holes, opens as it is', async () => {
    const path = folder();
    const database = openDatabase(path, false);
    const bytes = [1, 2, 3].map((n) => encodeRecord(record(n, Date.now())));
    database.root.transactionSync(() => {
      bytes.forEach((each, at) => {
        database.log.putSync(['/', at + 1], each);
      });
      const sum = bytes.reduce((size, { length }) => size + length, 0);
      database.states.putSync('/', { newest: 3, oldest: 1, bytes: sum });
    });
    await database.close();
    const backplane = local(path);
    expect(behind(backplane, ZERO_OFFSET)).toEqual([[1, 2, 3], false]);
    expect(backplane.log.extent('/')).toMatchObject({ newest: encodeOffset(3), oldest: encodeOffset(1), count: 3 });
    expect(append(backplane, [4], Date.now())[0]).not.toBe(encodeOffset(4));
    expect(behind(backplane, encodeOffset(2))).toEqual([[3, 4], false]);
    expect(behind(backplane, encodeOffset(3))).toEqual([[4], false]);
    expect(behind(backplane, encodeOffset(4))).toEqual([[4], true]);
    expect(backplane.log.extent('/').count).toBe(4);
    expect(backplane.log.verify('/')).toEqual({ count: 4, faults: [] });
    await backplane.close();
  });

  it('reports a hole that is no longer recorded, to readers and to verify', async () => {
    const path = folder();
    const offsets: Offset[] = [];
    for (let life = 0; life < 2; life += 1) {
      const backplane = local(path);
      offsets.push(...append(backplane, [life * 2, life * 2 + 1], Date.now()));
      await backplane.close();
    }
    const database = openDatabase(path, false);
    database.log.removeSync(['/', 1 - numberOf(offsets[2])]);
    const backplane = local(path);
    expect(behind(backplane, offsets[1] ?? '')).toEqual([
      [expect.objectContaining({ after: expect.any(String) }), 2, 3],
      true,
    ]);
    expect(behind(backplane, offsets[2] ?? '')).toEqual([[3], false]);
    expect(backplane.log.verify('/').faults).not.toEqual([]);
    await backplane.close();
    await database.close();
  });
});

describe.each([
  ['goes on', 0],
  ['was set back', -10 * DAY_MS],
])('a folder restored from a copy, while the clock %s', (_name, laterMs) => {
  it('reports the gap to every reader that is ahead of it, however far it has come since, and to nobody else', async () => {
    const [path, copy] = [folder(), join(folder(), 'copy')];
    const startAt = Date.UTC(2026, 0, 20);
    const run = async (from: number, count: number, at: number): Promise<readonly Offset[]> => {
      const backplane = local(path, { clock: new FakeClock({ startAt: at }), ageMs: YEAR_MS });
      const numbers = Array.from({ length: count }, (_, index) => from + index);
      const offsets = append(backplane, numbers, at);
      await backplane.close();
      return offsets;
    };
    const kept = [...(await run(0, 50, startAt)), ...(await run(50, 50, startAt + DAY_MS))];
    cpSync(path, copy, { recursive: true });
    const lost = [...(await run(100, 30, startAt + 2 * DAY_MS)), ...(await run(130, 30, startAt + 3 * DAY_MS))];
    rmSync(path, { recursive: true });
    cpSync(copy, path, { recursive: true });
    const later = await run(100, 500, startAt + 4 * DAY_MS + laterMs);
    const backplane = local(path, { ageMs: 2 * YEAR_MS });
    const { log } = backplane;
    expect([...later].filter((offset) => lost.includes(offset))).toEqual([]);
    for (const offset of lost) {
      const isAhead = offset > log.extent('/').newest;
      expect([log.knows('/', offset), isAhead || log.read('/', offset, 1).hasGap]).toEqual([false, true]);
    }
    for (const [at, offset] of [...kept, ...later].entries()) {
      expect(log.knows('/', offset)).toBe(true);
      expect(log.read('/', offset, 1)).toMatchObject({
        hasGap: false,
        records: at < 599 ? [{ event: `["n",${at + 1}]` }] : [],
      });
    }
    expect(log.verify('/')).toEqual({ count: 600, faults: [] });
    await backplane.close();
  });
});

it('a process begins after its own offsets if the folder has forgotten them while open', async () => {
  const path = folder();
  const backplane = local(path);
  const offsets = append(backplane, [0, 1, 2, 3], Date.now());
  const database = openDatabase(path, false);
  database.root.transactionSync(() => {
    const state = database.states.get('/');
    const gone = database.log.getBinary(['/', numberOf(offsets[3])])?.length ?? 0;
    database.log.removeSync(['/', numberOf(offsets[3])]);
    if (state)
      database.states.putSync('/', { ...state, newest: state.newest - 1, bytes: state.bytes - gone, count: 3 });
  });
  append(backplane, [4], Date.now());
  expect(behind(backplane, offsets[2] ?? '')).toEqual([[4], false]);
  expect(behind(backplane, offsets[3] ?? '')).toEqual([[4], true]);
  expect(backplane.log.verify('/')).toEqual({ count: 4, faults: [] });
  await database.close();
  await backplane.close();
});
