import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../testing/src/index.js';
import {
  encodeOffset as at,
  lowerOffset,
  type MaybePromise,
  type Page,
  type StoredRecord,
} from '../../../src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { carryOut } from '../../../src/base/steps/answer.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import type { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { ChangeRange, type PlacedChange } from '../../../src/namespace/recovery/change-range.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';

/** Returns a record of the log that tells of a change. */
function changeAt(number: number, pad = ''): StoredRecord {
  const event = JSON.stringify(['act', 'n', [[], [], true], 'join', [`r${pad}`]]);
  return { rooms: [TOLD_ROOM], except: [TOLD_ROOM], event, attachments: [], at: 0, offset: at(number) };
}

/** A log in which each tenth record tells of a change, and the readings of it. */
function build({
  newest: first = 60_000,
  isRemote = false,
  pad = 0,
  isChange = (number: number) => number % 10 === 0,
} = {}) {
  let newest = first;
  const reads: (readonly [from: number, count: number])[] = [];
  const failures = { count: 0 };
  const record = (number: number): StoredRecord =>
    isChange(number)
      ? changeAt(number, 'x'.repeat(pad))
      : { rooms: [], except: [], event: 'other', attachments: [], at: 0, offset: at(number) };
  const read = (after: string, limit: number): MaybePromise<Page> => {
    const from = Number.parseInt(after, 36) + 1;
    const count = Math.max(0, Math.min(limit, newest - from + 1));
    reads.push([from, count]);
    if (failures.count > 0) {
      failures.count -= 1;
      return Promise.reject(new Error('no answer'));
    }
    const page = { records: Array.from({ length: count }, (_, index) => record(from + index)), hasGap: false };
    return isRemote ? Promise.resolve(page) : page;
  };
  const readBack = (before: string): MaybePromise<Page> => read(lowerOffset(before, 2), 1);
  const home = homeOf({ isRemote });
  const pages = { readRooms: () => undefined };
  const log = { read, readBack, earlier: lowerOffset, offset: at(newest), erasures: 0, home, pages };
  const range = new ChangeRange(log as unknown as NamespaceLog);
  const readFrom = async (after: number): Promise<number[]> => numbers(await carryOut(range.read(at(after))));
  /** This process delivers more records. */
  const grow = (count: number): void => {
    for (; count > 0; count -= 1) {
      newest += 1;
      if (newest % 10 === 0) range.add(heardAt(newest, pad));
      log.offset = at(newest);
    }
  };
  /** This process passes over records. */
  const pass = (count: number): void => {
    newest += count;
    log.offset = at(newest);
    log.erasures += 1;
  };
  const held = (after: number): number[] | undefined => {
    const found = range.held(at(after));
    return found && numbers(found);
  };
  return { reads, failures, readFrom, grow, pass, held };
}

function numbers(found: readonly { offset: string }[]): number[] {
  return found.map(({ offset }) => Number.parseInt(offset, 36));
}

/** A change that this process carries out. */
function heardAt(number: number, pad = 0): PlacedChange {
  return { offset: at(number), target: EVERYBODY, action: ['join', [`r${'x'.repeat(pad)}`]] };
}

/** The numbers of the changes after one and up to another. */
function wanted(after: number, until: number): number[] {
  const first = Math.floor(after / 10) + 1;
  return Array.from({ length: Math.max(0, Math.floor(until / 10) - first + 1) }, (_, index) => (first + index) * 10);
}

it.each([false, true])('reads each record once for sessions from all over the log (remote: %s)', async (isRemote) => {
  const { reads, readFrom, grow } = build({ newest: 59_000, isRemote });
  const random = new SeededRandom(1);
  const places = [50_000, 30_005, 58_900, ...Array.from({ length: 50 }, () => random.integer(1_000, 58_990)), 1_000];
  const found = await Promise.all(
    places.map((place) => {
      const reading = readFrom(place);
      grow(10);
      return reading;
    }),
  );
  // A session that has all within the call knows what the process had delivered then.
  for (const [index, numbers] of found.entries()) {
    const until = numbers.at(-1) ?? 0;
    expect(until).toBeGreaterThanOrEqual(59_000 + index * 10);
    expect(numbers).toEqual(wanted(places[index] ?? 0, until));
  }
  const count = reads.reduce((sum, [, each]) => sum + each, 0);
  expect(count).toBeLessThan(1.5 * 59_000);
});

it('reads a whole log in few readings, because a busy home takes its time for each', async () => {
  const { reads, readFrom } = build({ newest: 60_000, isRemote: true });
  expect(await readFrom(500)).toEqual(wanted(500, 60_000));
  expect(reads.length).toBeLessThan(20);
});

it.each([11_807, 11_808, 11_809])(
  'has a change at the end of a step, with nothing for 8,192 records after it: %i',
  async (place) => {
    const { readFrom } = build({ newest: 20_000, isChange: (number) => number === place });
    expect(await readFrom(5_000)).toEqual([place]);
  },
);

it('tells all that wait of a failure, and keeps what it has', async () => {
  const { failures, readFrom } = build({ newest: 51_000, isRemote: true });
  await readFrom(50_000);
  failures.count = 1;
  const [one, other] = await Promise.allSettled([readFrom(49_000), readFrom(48_000)]);
  expect(one).toMatchObject({ status: 'rejected', reason: new Error('no answer') });
  // A home that is silent for ten seconds would otherwise be silent for ten seconds to each of them in turn.
  expect(other).toMatchObject({ status: 'rejected', reason: new Error('no answer') });
  expect(await readFrom(48_000)).toEqual(wanted(48_000, 51_000));
});

it('passes over millions of numbers that the home has left out', async () => {
  const jump = 1e11;
  const offsets = [...Array.from({ length: 100 }, (_, n) => n + 1), ...Array.from({ length: 100 }, (_, n) => jump + n)];
  let count = 0;
  const read = (after: string, limit: number): Page => {
    count += 1;
    if (count > 100) throw new Error('it reads on and on');
    const records = offsets.filter((each) => at(each) > after).slice(0, limit);
    return {
      records: records.map((each) => changeAt(each)),
      hasGap: false,
    };
  };
  const readBack = (before: string): Page => {
    count += 1;
    const records = offsets.filter((each) => at(each) < before).slice(-1);
    return { records: records.map((each) => changeAt(each)), hasGap: false };
  };
  const pages = { readRooms: () => undefined };
  const home = homeOf({ isRemote: false });
  const log = { read, readBack, earlier: lowerOffset, offset: at(jump + 99), erasures: 0, home, pages };
  const range = new ChangeRange(log as unknown as NamespaceLog);
  expect(await carryOut(range.read(at(jump + 50)))).toHaveLength(49);
  expect(await carryOut(range.read(at(50)))).toHaveLength(150);
  expect(count).toBeLessThan(8);
});

it('notices that retention has removed what was before numbers that the home has left out', async () => {
  const [removed, oldest, newest] = [10_000, 15_000, 20_000];
  const record = (number: number): StoredRecord => ({ ...changeAt(number), rooms: [], except: [], event: 'other' });
  const read = (after: string, limit: number): Page => {
    const from = Math.max(oldest, Number.parseInt(after, 36) + 1);
    const count = Math.min(limit, newest - from + 1);
    return { records: Array.from({ length: count }, (_, n) => record(from + n)), hasGap: after < at(removed) };
  };
  const readBack = (before: string): Page => ({ records: before > at(oldest) ? [record(oldest)] : [], hasGap: true });
  const pages = { readRooms: () => undefined };
  const home = homeOf({ isRemote: false });
  const log = { read, readBack, earlier: lowerOffset, offset: at(newest), erasures: 0, home, pages };
  const range = new ChangeRange(log as unknown as NamespaceLog);
  expect(range.oldest).toBe('');
  expect(await carryOut(range.read(at(5_000)))).toEqual([]);
  expect(range.oldest).toBe(at(oldest));
});

it('reads for one session alone what would take too much memory', async () => {
  const { reads, readFrom } = build({ newest: 6_000, pad: 10_000 });
  await readFrom(5_000);
  const count = reads.length;
  expect(await readFrom(5_000)).toEqual(wanted(5_000, 6_000));
  expect(reads.length).toBe(count);
  for (const isMore of [true, false]) {
    const before = reads.length;
    expect(await readFrom(0)).toEqual(wanted(0, 6_000));
    expect([isMore, reads.length > before]).toEqual([isMore, true]);
  }
});

it('lets others have their turn while it reads for a session from far back', async () => {
  const { readFrom } = build({ isRemote: true });
  await readFrom(59_000);
  const order: string[] = [];
  const far = readFrom(0).then((found) => order.push(`far ${found.length}`));
  const near = readFrom(58_000).then((found) => order.push(`near ${found.length}`));
  await Promise.all([far, near]);
  expect(order).toEqual(['near 200', 'far 6000']);
});

it('reads one page for sessions that come one after the other while the log grows', async () => {
  const { reads, readFrom, grow } = build({ newest: 50_000, isRemote: true });
  const found = Array.from({ length: 100 }, () => {
    grow(1);
    return readFrom(49_900);
  });
  for (const numbers of await Promise.all(found)) expect(numbers).toEqual(wanted(49_900, 50_100));
  expect(reads.length).toBeLessThanOrEqual(2);
});

describe('the changes that this process carries out', () => {
  it('are held after an offset, unless some may be missing', () => {
    const { grow, held } = build({ newest: 10 });
    grow(20);
    expect([9, 10, 20, 29, 30].map(held)).toEqual([undefined, [20, 30], [30], [30], []]);
  });

  it('are forgotten where the process has passed over records', async () => {
    const { grow, pass, held, readFrom } = build({ newest: 0 });
    grow(10);
    pass(10);
    expect([held(19), held(20)]).toEqual([undefined, []]);
    pass(10);
    expect([held(29), held(30)]).toEqual([undefined, []]);
    grow(10);
    expect([held(29), held(30)]).toEqual([undefined, [40]]);
    expect(await readFrom(0)).toEqual([10, 20, 30, 40]);
  });

  it('lose their older half when they take too much memory', () => {
    const { grow, held } = build({ newest: 0, pad: 10_000 });
    const most = Math.floor((4 * 1024 * 1024) / (300 + 3 * (1 + 1 + 10_000)));
    grow(10 * most);
    expect(held(0)).toEqual(wanted(0, 10 * most));
    grow(10);
    const half = 10 * Math.ceil((most + 1) / 2);
    expect([held(0), held(half - 1), held(half)]).toEqual([undefined, undefined, wanted(half, 10 * (most + 1))]);
  });

  it.each([
    ['another half is dropped', 19_000, 10_000, 0],
    ['records are passed over', 19_000, 0, 10],
    ['it reads alone', 100, 10_000, 0],
  ])('are there once for a session that reads while %s', async (_what, from, pad, passed) => {
    const { readFrom, grow, pass } = build({ newest: 20_000, isRemote: true, pad });
    if (from === 100) await readFrom(19_000);
    const reading = readFrom(from);
    await Promise.resolve();
    grow(1_500);
    if (passed > 0) pass(passed);
    const found = await reading;
    expect(found.at(-1)).toBeGreaterThanOrEqual(21_500);
    expect(found).toEqual(wanted(from, found.at(-1) ?? 0));
  });
});
