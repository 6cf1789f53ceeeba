import { expect, it } from 'vitest';
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
import { ChangeRange } from '../../../src/namespace/recovery/change-range.js';

/** Returns a record of the log that tells of a change. */
function changeAt(number: number, pad = ''): StoredRecord {
  const event = JSON.stringify(['act', 'n', [[], [], true], 'join', [`r${pad}`]]);
  return { rooms: [TOLD_ROOM], except: [TOLD_ROOM], event, attachments: [], at: 0, offset: at(number) };
}

/** A log in which each tenth record tells of a change, and the readings of it. */
function build({ newest: first = 60_000, isRemote = false, pad = 0 } = {}) {
  let newest = first;
  const reads: (readonly [from: number, count: number])[] = [];
  const failures = { count: 0 };
  const record = (number: number): StoredRecord =>
    number % 10 === 0
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
  const range = new ChangeRange({ read, earlier: lowerOffset, pages: { readRooms: () => undefined } });
  const numbers = (found: readonly { offset: string }[]): number[] =>
    found.map(({ offset }) => Number.parseInt(offset, 36));
  const readFrom = async (after: number, until: number): Promise<number[]> =>
    numbers(await carryOut(range.read(at(after), at(until))));
  const grow = (count: number): void => {
    newest += count;
  };
  return { reads, failures, readFrom, grow };
}

/** The numbers of the changes after one and up to another. */
function wanted(after: number, until: number): number[] {
  const first = Math.floor(after / 10) + 1;
  return Array.from({ length: Math.max(0, Math.floor(until / 10) - first + 1) }, (_, index) => (first + index) * 10);
}

it.each([false, true])('reads each record once for sessions from all over the log (remote: %s)', async (isRemote) => {
  const { reads, readFrom } = build({ newest: 59_600, isRemote });
  const random = new SeededRandom(1);
  const places = [50_000, 30_005, 59_000, ...Array.from({ length: 50 }, () => random.integer(1_000, 59_990)), 1_000];
  const found = await Promise.all(places.map((place, index) => readFrom(place, 59_000 + index * 10)));
  expect(found).toEqual(places.map((place, index) => wanted(place, 59_000 + index * 10)));
  const count = reads.reduce((sum, [, each]) => sum + each, 0);
  expect(count).toBeLessThan(1.5 * 59_000);
});

it('begins anew far behind its range', async () => {
  const { reads, readFrom } = build();
  expect(await readFrom(100, 300)).toEqual(wanted(100, 300));
  expect(await readFrom(59_800, 59_900)).toEqual(wanted(59_800, 59_900));
  expect(reads.map(([from]) => from)).toEqual([101, 59_801]);
});

it('tells all that wait of a failure, and keeps what it has', async () => {
  const { failures, readFrom } = build({ isRemote: true });
  await readFrom(50_000, 51_000);
  failures.count = 1;
  const [one, other] = await Promise.allSettled([readFrom(49_000, 51_000), readFrom(48_000, 51_000)]);
  expect(one).toMatchObject({ status: 'rejected', reason: new Error('no answer') });
  // A home that is silent for ten seconds would otherwise be silent for ten seconds to each of them in turn.
  expect(other).toMatchObject({ status: 'rejected', reason: new Error('no answer') });
  expect(await readFrom(48_000, 51_000)).toEqual(wanted(48_000, 51_000));
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
  const range = new ChangeRange({ read, earlier: lowerOffset, pages: { readRooms: () => undefined } });
  expect(await carryOut(range.read(at(jump + 50), at(jump + 99)))).toHaveLength(49);
  expect(await carryOut(range.read(at(50), at(jump + 99)))).toHaveLength(150);
  expect(count).toBeLessThan(30);
});

it('drops its older half when the records take too much memory', async () => {
  const { reads, readFrom } = build({ newest: 6_000, pad: 10_000 });
  expect(await readFrom(0, 6_000)).toEqual(wanted(0, 6_000));
  const count = reads.length;
  expect(await readFrom(5_000, 6_000)).toEqual(wanted(5_000, 6_000));
  expect(reads.length).toBe(count);
  expect(await readFrom(0, 6_000)).toEqual(wanted(0, 6_000));
  expect(reads.length).toBeGreaterThan(count);
});

it('lets others have their turn while it reads for a session from far back', async () => {
  const { readFrom } = build({ isRemote: true });
  await readFrom(59_000, 60_000);
  const order: string[] = [];
  const far = readFrom(0, 60_000).then((found) => order.push(`far ${found.length}`));
  const near = readFrom(58_000, 60_000).then((found) => order.push(`near ${found.length}`));
  await Promise.all([far, near]);
  expect(order).toEqual(['near 200', 'far 6000']);
});

it('reads one page for sessions that come one after the other while the log grows', async () => {
  const { reads, readFrom, grow } = build({ newest: 50_000, isRemote: true });
  // Each session is to know what the process had delivered when it came, which is one record more than for the session
  // before it.
  const found = Array.from({ length: 100 }, (_, index) => {
    grow(1);
    return readFrom(49_900, 50_001 + index);
  });
  expect(await Promise.all(found)).toEqual(found.map((_, index) => wanted(49_900, 50_001 + index)));
  expect(reads.length).toBeLessThanOrEqual(2);
});
