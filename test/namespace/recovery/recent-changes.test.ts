import { describe, expect, it } from 'vitest';
import {
  encodeOffset as at,
  type MaybePromise,
  type Page,
  type StoredRecord,
} from '../../../src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { carryOut } from '../../../src/base/steps/answer.js';
import { type PlacedChange, RecentChanges } from '../../../src/namespace/recovery/recent-changes.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import { SeededRandom } from '../../../src/testing/index.js';

/** Returns a record of the log that tells of a change. */
function changeAt(number: number, pad = ''): StoredRecord {
  const event = JSON.stringify(['act', 'n', [[], [], true], 'join', [`r${pad}`]]);
  return { rooms: [TOLD_ROOM], except: [TOLD_ROOM], event, attachments: [], at: 0, offset: at(number) };
}

/** A log in which each tenth record tells of a change, and the readings of it. This process has delivered all of it. */
function build({ newest = 60_000, isRemote = false, pad = 0 } = {}) {
  const reads: (readonly [from: number, count: number])[] = [];
  const failures = { count: 0 };
  const record = (number: number): StoredRecord =>
    number % 10 === 0
      ? changeAt(number, 'x'.repeat(pad))
      : { rooms: [], except: [], event: 'other', attachments: [], at: 0, offset: at(number) };
  const readBack = (before: string | undefined, limit: number): MaybePromise<Page> => {
    const end = Number.parseInt(before ?? '', 36) - 1;
    const count = Math.max(0, Math.min(limit, end));
    const first = end - count + 1;
    reads.push([first, count]);
    if (failures.count > 0) {
      failures.count -= 1;
      return Promise.reject(new Error('no answer'));
    }
    const page = { records: Array.from({ length: count }, (_, index) => record(first + index)), hasGap: false };
    return isRemote ? Promise.resolve(page) : page;
  };
  const log = { readBack, offset: at(newest), erasures: 0 };
  const recent = new RecentChanges(log);
  const readFrom = async (after: number): Promise<number[]> =>
    (await carryOut(recent.read(at(after)))).map(({ offset }) => Number.parseInt(offset, 36));
  /** The process delivers the next record. */
  const deliver = (): void => {
    newest += 1;
    if (newest % 10 === 0) recent.add({ offset: at(newest), target: EVERYBODY, action: ['join', ['r']] });
    log.offset = at(newest);
  };
  return { reads, failures, readFrom, deliver };
}

/** The numbers of the changes after one and up to another. */
function wanted(after: number, until: number): number[] {
  const first = Math.floor(after / 10) + 1;
  return Array.from({ length: Math.max(0, Math.floor(until / 10) - first + 1) }, (_, index) => (first + index) * 10);
}

it.each([false, true])('reads each record once for sessions from all over the log (remote: %s)', async (isRemote) => {
  const { reads, readFrom } = build({ isRemote });
  const random = new SeededRandom(1);
  const places = [50_000, 30_005, 59_000, ...Array.from({ length: 50 }, () => random.integer(1_000, 59_990)), 1_000];
  const found = await Promise.all(places.map(readFrom));
  expect(found).toEqual(places.map((place) => wanted(place, 60_000)));
  const count = reads.reduce((sum, [, each]) => sum + each, 0);
  expect(count).toBeLessThan(60_000);
});

it('reads no further back than to the page of a session', async () => {
  const { reads, readFrom } = build();
  expect(await readFrom(59_800)).toEqual(wanted(59_800, 60_000));
  expect(reads).toEqual([[59_745, 256]]);
  expect(await readFrom(59_745)).toEqual(wanted(59_745, 60_000));
  expect(reads).toHaveLength(1);
});

it('tells all that wait of a failure, and keeps what it has', async () => {
  const { reads, failures, readFrom } = build({ isRemote: true });
  await readFrom(59_900);
  failures.count = 1;
  const [one, other] = await Promise.allSettled([readFrom(49_000), readFrom(48_000)]);
  expect(one).toMatchObject({ status: 'rejected', reason: new Error('no answer') });
  // A home that is silent for ten seconds would otherwise be silent for ten seconds to each of them in turn.
  expect(other).toMatchObject({ status: 'rejected', reason: new Error('no answer') });
  reads.length = 0;
  expect(await readFrom(48_000)).toEqual(wanted(48_000, 60_000));
  expect(reads.every(([first]) => first < 59_745)).toBe(true);
});

it('passes over millions of numbers that the home has left out', async () => {
  const jump = 1e11;
  const offsets = [...Array.from({ length: 100 }, (_, n) => n + 1), ...Array.from({ length: 100 }, (_, n) => jump + n)];
  let count = 0;
  const readBack = (before: string | undefined, limit: number): Page => {
    count += 1;
    if (count > 100) throw new Error('it reads on and on');
    const records = offsets.filter((each) => at(each) < String(before)).slice(-Math.min(limit, 60));
    return { records: records.map((each) => changeAt(each)), hasGap: false };
  };
  const recent = new RecentChanges({ readBack, offset: at(jump + 99), erasures: 0 });
  expect(await carryOut(recent.read(at(jump + 50)))).toHaveLength(49);
  expect(await carryOut(recent.read(at(50)))).toHaveLength(150);
  expect(count).toBeLessThan(30);
});

it('drops its older half when the records take too much memory', async () => {
  const { reads, readFrom } = build({ newest: 6_000, pad: 10_000 });
  expect(await readFrom(0)).toEqual(wanted(0, 6_000));
  const count = reads.length;
  expect(await readFrom(5_000)).toEqual(wanted(5_000, 6_000));
  expect(reads.length).toBe(count);
  expect(await readFrom(0)).toEqual(wanted(0, 6_000));
  expect(reads.length).toBeGreaterThan(count);
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
  const { reads, readFrom, deliver } = build({ newest: 50_000, isRemote: true });
  const found = Array.from({ length: 100 }, () => {
    deliver();
    return readFrom(49_900);
  });
  for (const each of await Promise.all(found)) expect(each).toEqual(wanted(49_900, 50_100));
  expect(reads.length).toBe(1);
});

it('asks for the lost part of a log once, and says that changes may be missing before its oldest record', async () => {
  const record = changeAt(50);
  const readBack = (before: string | undefined): Page => ({
    records: String(before) > record.offset ? [record] : [],
    hasGap: true,
  });
  const recent = new RecentChanges({ readBack, offset: at(60), erasures: 0 });
  expect(recent.mayLack(at(10))).toBe(false);
  expect(await carryOut(recent.read(at(10)))).toHaveLength(1);
  expect([recent.mayLack(at(10)), recent.mayLack(at(50))]).toEqual([true, false]);
});

describe('RecentChanges of this process', () => {
  /** Changes, by their numbers, in a log that this process has delivered up to `offset`. */
  function heard(start = 0) {
    const readBack = (): Page => {
      throw new Error('nothing is to be read');
    };
    const log = { offset: at(start), erasures: 0, readBack };
    const recent = new RecentChanges(log);
    const add = (number: number): void => {
      const change: PlacedChange = { offset: at(number), target: EVERYBODY, action: ['join', ['r']] };
      recent.add(change);
      log.offset = change.offset;
    };
    const since = (number: number): string[] | undefined => recent.since(at(number))?.map(({ offset }) => offset);
    return { log, add, since };
  }

  it('has the changes after an offset, and says if it may lack some', () => {
    const { add, since } = heard(10);
    for (const number of [12, 15]) add(number);
    expect([9, 10, 12, 14, 15].map(since)).toEqual([undefined, [at(12), at(15)], [at(15)], [at(15)], []]);
  });

  it('begins anew where the process has passed over records', () => {
    const { log, add, since } = heard();
    add(5);
    log.erasures = 1;
    log.offset = at(20);
    expect([since(19), since(20)]).toEqual([undefined, []]);
    log.erasures = 2;
    log.offset = at(30);
    add(31);
    expect([since(20), since(30)]).toEqual([undefined, [at(31)]]);
  });

  it('keeps the newest 512 of 1,025 changes for which nobody has asked', () => {
    const { add, since } = heard();
    for (let number = 1; number <= 1_025; number += 1) add(number);
    expect([since(512), since(513)?.length]).toEqual([undefined, 512]);
    // A session has asked now.
    for (let number = 1_026; number <= 2_049; number += 1) add(number);
    expect(since(513)?.length).toBe(1_536);
  });
});
