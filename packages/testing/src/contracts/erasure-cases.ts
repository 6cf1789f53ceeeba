/** The promises of every backplane about erasing records, and about the retention of one namespace. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { Backplane, Erasure, StoredRecord } from 'naru/backplane';
import { encodeOffset, isErased, TOLD_ROOM, ZERO_OFFSET } from 'naru/backplane';
import type { Answer } from 'naru/base';
import {
  type BackplaneSubject,
  type Case,
  EVERYTHING,
  numbered,
  offsetsOf,
  record,
  until,
} from './backplane-subject.js';

/** The cases. */
export const ERASURES: Record<string, Case> = {
  'erases the record at an offset, and keeps its place': async (subject, backplane) => {
    const { log } = backplane;
    const records = [
      record(subject, 0, { rooms: ['a'] }),
      record(subject, 1, {
        rooms: ['a', 'b'],
        except: ['c'],
        key: 'k',
        by: 'ann',
        attachments: [new Uint8Array(70_000)],
      }),
      record(subject, 2, {}),
    ];
    const { offsets } = await log.append('/', records);
    const { bytes } = await log.extent('/');
    strictEqual(await erased(subject, backplane, '/', { offset: offsets[1] ?? '' }), 1);
    const page = await log.read('/', ZERO_OFFSET, EVERYTHING);
    deepStrictEqual([offsetsOf(page), page.hasGap], [offsets, false]);
    const [first, rest, last] = page.records;
    deepStrictEqual([first?.event, last?.event], [records[0]?.event, records[2]?.event]);
    ok(rest && isErased(rest), 'the record is not marked as erased');
    const { rooms, except, at, attachments, key, by } = rest;
    deepStrictEqual([rooms, except, at], [['a', 'b'], ['c'], records[1]?.at]);
    deepStrictEqual([attachments.length, key, by], [0, undefined, undefined]);
    const extent = await log.extent('/');
    deepStrictEqual([extent.count, extent.oldest, extent.newest], [3, offsets[0], offsets[2]]);
    ok(extent.bytes < bytes - 60_000, 'the bytes of the record still count');
    deepStrictEqual((await log.readBack('/', offsets[2], 1)).records.map(isErased), [true]);
    if (log.readAt) deepStrictEqual((await log.readAt('/', offsets)).map(isErased), [false, true, false]);
  },
  'erases what was sent to a room, alone or with others': async (subject, backplane) => {
    const { log } = backplane;
    const targets = [['a'], ['b'], ['b', 'a'], []];
    await log.append(
      '/',
      targets.map((rooms, n) => record(subject, n, { rooms })),
    );
    await log.append('/b', [record(subject, 0, { rooms: ['a'] })]);
    strictEqual(await erased(subject, backplane, '/', { room: 'a' }), 2);
    deepStrictEqual(await marks(backplane, '/'), [true, false, true, false]);
    deepStrictEqual(await marks(backplane, '/b'), [false]);
  },
  'erases what a person said': async (subject, backplane) => {
    const authors = ['ann', undefined, 'bob', 'ann'];
    await backplane.log.append(
      '/',
      authors.map((by, n) => record(subject, n, by === undefined ? {} : { by })),
    );
    strictEqual(await erased(subject, backplane, '/', { by: 'ann' }), 2);
    deepStrictEqual(await marks(backplane, '/'), [true, false, false, true]);
    const kept = (await backplane.log.read('/', ZERO_OFFSET, EVERYTHING)).records.map(({ by }) => by);
    deepStrictEqual(kept, [undefined, undefined, 'bob', undefined]);
  },
  'erases a whole namespace, except for messages between nodes': async (subject, backplane) => {
    const { log } = backplane;
    await log.append('/', numbered(subject, 0, 2));
    await log.append('/', [record(subject, 2, { rooms: [TOLD_ROOM], except: [TOLD_ROOM] })]);
    await log.append('/other', numbered(subject, 0, 1));
    strictEqual(await erased(subject, backplane, '/', { all: true }), 2);
    deepStrictEqual(await marks(backplane, '/'), [true, true, false]);
    deepStrictEqual(await marks(backplane, '/other'), [false]);
    await log.append('/', numbered(subject, 3, 1));
    deepStrictEqual(await marks(backplane, '/'), [true, true, false, false]);
  },
  'erases nothing twice, and nothing that is not there': async (subject, backplane) => {
    const { offsets } = await backplane.log.append('/', numbered(subject, 0, 2));
    strictEqual(await erased(subject, backplane, '/', { all: true }), 2);
    const never = encodeOffset(Number.MAX_SAFE_INTEGER);
    for (const what of [{ all: true }, { offset: offsets[0] ?? '' }, { offset: never }, { offset: 'x' }] as Erasure[])
      strictEqual(await erased(subject, backplane, '/', what), 0);
    for (const what of [{ room: 'a' }, { by: 'ann' }]) strictEqual(await erased(subject, backplane, '/', what), 0);
    strictEqual(await erased(subject, backplane, '/nothing', { all: true }), 0);
  },
  'erases what was appended before the call, and nothing that was appended after it': async (subject, backplane) => {
    const { log } = backplane;
    const [before, count] = [log.append('/', numbered(subject, 0, 3)), log.erase('/', { all: true })];
    const after = log.append('/', numbered(subject, 3, 1));
    await finished(subject, [before, count, after]);
    strictEqual(await count, 3);
    deepStrictEqual(await marks(backplane, '/'), [true, true, true, false]);
  },
  'erases among thousands of records that were read before': async (subject, backplane) => {
    const { log } = backplane;
    for (let n = 0; n < 3_000; n += 100) {
      const records = Array.from({ length: 100 }, (_, at) =>
        record(subject, n + at, { event: `[${n + at}]`, by: at % 10 === 0 ? 'ann' : 'bob' }),
      );
      await log.append('/', records);
    }
    await log.read('/', ZERO_OFFSET, EVERYTHING);
    strictEqual(await erased(subject, backplane, '/', { by: 'ann' }), 300);
    const { records } = await log.read('/', ZERO_OFFSET, EVERYTHING);
    ok(
      records.every((each, at) => isErased(each) === (at % 10 === 0)),
      'other records were erased',
    );
  },
  'shows another process that records were erased': async (subject, backplane) => {
    if (!subject.reopen) return;
    const { log } = backplane;
    await log.append('/', numbered(subject, 0, 200));
    const other = await subject.reopen();
    strictEqual((await marks(other, '/')).filter(Boolean).length, 0);
    strictEqual(await erased(subject, backplane, '/', { all: true }), 200);
    strictEqual((await marks(other, '/')).filter(Boolean).length, 200);
    strictEqual(await erased(subject, other, '/', { all: true }), 0);
    await other.close();
  },
  'keeps the records of a namespace as long as it is told to': async (subject, { log }) => {
    log.retain('/short', { ageMs: 10_000 });
    log.retain('/long', { ageMs: 120_000 });
    log.retain('/small', { bytes: 500 });
    const names = ['/short', '/long', '/small', '/'];
    for (const name of names) await log.append(name, numbered(subject, 0, 50));
    await subject.pass(30_000);
    for (const name of names) await log.append(name, numbered(subject, 50, 1));
    const counts = async (): Promise<number[]> =>
      Promise.all(names.map(async (name) => (await log.extent(name)).count));
    const [short, long, small, usual] = await counts();
    deepStrictEqual([short, long, usual], [1, 51, 51]);
    ok(small !== undefined && small > 0 && small < 50, `${small} of 51 records were kept`);
    await subject.pass(50_000);
    for (const name of names) await log.append(name, numbered(subject, 51, 1));
    const later = await counts();
    deepStrictEqual([later[0], later[1], later[3]], [1, 52, 2]);
    log.retain('/long', {});
    await log.append('/long', numbered(subject, 52, 1));
    strictEqual((await log.extent('/long')).count, 3);
  },
};

/** Erases, and lets time pass until it is done. */
async function erased(
  subject: BackplaneSubject,
  { log }: Backplane,
  namespace: string,
  what: Erasure,
): Promise<number> {
  const count = log.erase(namespace, what);
  await finished(subject, [count]);
  return count;
}

/** Lets time pass until requests are done. A home may take its time for them. */
async function finished(subject: BackplaneSubject, requests: readonly Answer<unknown>[]): Promise<void> {
  let isDone = false;
  const done = Promise.allSettled(requests).then(() => {
    isDone = true;
  });
  await until(subject, () => isDone);
  await done;
}

/** Returns for each record whether it is erased. */
async function marks({ log }: Backplane, namespace: string): Promise<boolean[]> {
  const { records } = await log.read(namespace, ZERO_OFFSET, EVERYTHING);
  return records.map((each: StoredRecord) => isErased(each));
}
