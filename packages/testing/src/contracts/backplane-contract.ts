/** The promises of every backplane, as cases for any test runner. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { Offset } from 'naru/backplane';
import { decodeOffset, encodeOffset, storeOf, ZERO_OFFSET } from 'naru/backplane';
import {
  type BackplaneSubject,
  type Case,
  EVERYTHING,
  numbered,
  offsetsOf,
  plain,
  record,
  written,
} from './backplane-subject.js';
import { ERASURES } from './erasure-cases.js';
import { FOLLOWERS } from './follow-cases.js';
import { TABLES } from './table-cases.js';
import { TALK } from './talk-cases.js';

export type { BackplaneSubject } from './backplane-subject.js';

/** Opens an empty backplane that keeps records for `ageMs` milliseconds, and at most `bytes` of them. */
export type OpenBackplane = (retention: { ageMs: number; bytes: number }) => Promise<BackplaneSubject>;

/** One promise of the contract. */
export interface BackplaneCase {
  /** The claim, which is also the name of the test. */
  readonly name: string;
  /** Rejects when the backplane breaks the promise. */
  run(): Promise<void>;
}

/** Returns the cases. Each opens a backplane of its own. Run all of them, in any order. */
export function backplaneContract(open: OpenBackplane): BackplaneCase[] {
  const casesOf = (cases: Record<string, Case>, bytes: number): BackplaneCase[] =>
    Object.entries(cases).map(([name, run]) => ({
      name,
      async run() {
        const subject = await open({ ageMs: 60_000, bytes });
        await run(subject, subject.backplane);
        await subject.backplane.close();
      },
    }));
  return [
    ...casesOf({ ...LOG, ...FOLLOWERS, ...ERASURES, ...TEXTS, ...TABLES, ...TALK }, 1_000_000),
    ...casesOf(LITTLE_ROOM, 20_000),
  ];
}

const LOG: Record<string, Case> = {
  'returns the appended records in order, with ascending offsets': async (subject, { log }) => {
    const records = [
      record(subject, 0, { rooms: ['a', 'b'], except: ['c'] }),
      record(subject, 1, {
        event: '["pic",{"_placeholder":true,"num":0},"é🚢"]',
        attachments: [Uint8Array.of(0, 255)],
      }),
      record(subject, 2, { key: 'k', attachments: [new Uint8Array(0), new Uint8Array(70_000).fill(7)] }),
    ];
    const first = await log.append('/', records.slice(0, 2));
    const second = await log.append('/', records.slice(2));
    const offsets = [...first.offsets, ...second.offsets];
    deepStrictEqual([...offsets].sort(), offsets);
    strictEqual(new Set(offsets).size, 3);
    strictEqual(first.previous, ZERO_OFFSET);
    strictEqual(second.previous, offsets[1]);
    const page = await log.read('/', ZERO_OFFSET, EVERYTHING);
    deepStrictEqual(offsetsOf(page), offsets);
    deepStrictEqual(page.records.map(plain), records.map(plain));
    strictEqual(page.hasGap, false);
  },
  'reads the records after an offset, at most as many as asked for': async (subject, { log }) => {
    const { offsets } = await log.append('/', numbered(subject, 0, 50));
    const page = await log.read('/', offsets[9] ?? '', 5);
    deepStrictEqual([offsetsOf(page), page.hasGap], [offsets.slice(10, 15), false]);
    deepStrictEqual(offsetsOf(await log.read('/', offsets[47] ?? '', 5)), offsets.slice(48));
    deepStrictEqual(await log.read('/', offsets[49] ?? '', 5), { records: [], hasGap: false });
    deepStrictEqual(await log.read('/', ZERO_OFFSET, 0), { records: [], hasGap: false });
  },
  'reads backwards from the end and from an offset': async (subject, { log }) => {
    const { offsets } = await log.append('/', numbered(subject, 0, 50));
    deepStrictEqual(offsetsOf(await log.readBack('/', undefined, 5)), offsets.slice(45));
    deepStrictEqual(offsetsOf(await log.readBack('/', offsets[45], 5)), offsets.slice(40, 45));
    deepStrictEqual(offsetsOf(await log.readBack('/', offsets[2], 5)), offsets.slice(0, 2));
    deepStrictEqual(offsetsOf(await log.readBack('/', offsets[0], 5)), []);
  },
  'reads the records at some offsets': async (subject, { log }) => {
    if (!log.readAt) return;
    const { offsets } = await log.append('/', numbered(subject, 0, 50));
    const more = await log.append('/', numbered(subject, 50, 10));
    const wanted = [offsets[3], offsets[4], offsets[40], more.offsets[2]].map((offset) => offset ?? '');
    const beyond = encodeOffset((decodeOffset(more.offsets[9]) ?? 0) + 1);
    const whole = await log.read('/', ZERO_OFFSET, EVERYTHING);
    const due = whole.records.filter(({ offset }) => wanted.includes(offset));
    strictEqual(due.length, 4);
    const found = await log.readAt('/', [ZERO_OFFSET, ...wanted, beyond]);
    deepStrictEqual(found.filter(({ offset }) => wanted.includes(offset)).map(plain), due.map(plain));
    deepStrictEqual(await log.readAt('/', []), []);
    deepStrictEqual(await log.readAt('/nothing', wanted), []);
  },
  'keeps namespaces apart': async (subject, { log }) => {
    await log.append('/', numbered(subject, 0, 3));
    const others = numbered(subject, 10, 2);
    await log.append('/a', others);
    strictEqual((await log.append('/', numbered(subject, 3, 1))).offsets.length, 1);
    deepStrictEqual((await log.read('/a', ZERO_OFFSET, EVERYTHING)).records.map(plain), others.map(plain));
    strictEqual((await log.read('/', ZERO_OFFSET, EVERYTHING)).records.length, 4);
    deepStrictEqual((await log.read('/nothing', ZERO_OFFSET, 1)).records, []);
  },
  'lists the namespaces that have records': async (subject, { log }) => {
    for (const name of ['/b', '/a', '/ä {x}']) await log.append(name, numbered(subject, 0, 1));
    await log.extent('/none');
    if (log.namespaces) deepStrictEqual(await log.namespaces(), ['/a', '/b', '/ä {x}']);
  },
  'reports the extent of a log': async (subject, { log }) => {
    const empty = await log.extent('/');
    deepStrictEqual([empty.oldest, empty.newest, empty.count, empty.bytes], [undefined, ZERO_OFFSET, 0, 0]);
    if (log.newest) strictEqual(await log.newest('/'), ZERO_OFFSET);
    const { offsets } = await log.append('/', numbered(subject, 0, 3));
    if (log.newest) strictEqual(await log.newest('/'), offsets[2]);
    const extent = await log.extent('/');
    deepStrictEqual([extent.oldest, extent.newest, extent.count], [offsets[0], offsets[2], 3]);
    ok(extent.bytes > 0);
  },
  'drops records that are too old': async (subject, { log }) => {
    await log.append('/', numbered(subject, 0, 3));
    await subject.pass(40_000);
    const { offsets } = await log.append('/', numbered(subject, 3, 2));
    await subject.pass(40_000);
    await log.append('/', numbered(subject, 5, 1));
    const page = await log.read('/', ZERO_OFFSET, EVERYTHING);
    deepStrictEqual([page.records[0]?.offset, page.hasGap], [offsets[0], true]);
  },
  'continues its offsets after all records were dropped': async (subject, { log }) => {
    const first = await log.append('/', numbered(subject, 0, 3));
    await subject.pass(100_000);
    const second = await log.append('/', numbered(subject, 3, 1));
    ok((second.offsets[0] ?? '') > (first.offsets[2] ?? ''));
    strictEqual((await log.extent('/')).count, 1);
    await subject.pass(100_000);
    if (log.newest) strictEqual(await log.newest('/'), second.offsets[0]);
  },
  'knows the offsets that any process has given out, and no others, if it skips numbers': async (subject, { log }) => {
    if (!log.knows) return;
    const given = [ZERO_OFFSET, ...(await log.append('/', numbered(subject, 0, 3))).offsets];
    const other = await subject.reopen?.();
    if (other) given.push(...(await other.log.append('/', numbered(subject, 3, 2))).offsets);
    for (const [at, offset] of given.entries()) {
      ok(await log.knows('/', offset), `the offset of record ${at} is not known`);
      ok(!(await log.read('/', offset, 0)).hasGap, `a gap is reported after record ${at}`);
    }
    for (const offset of given) {
      const next = encodeOffset((decodeOffset(offset) ?? 0) + 1);
      if (given.includes(next)) continue;
      ok(!(await log.knows('/', next)), 'an offset is known that was never given out');
      if (next < (given.at(-1) ?? '')) ok((await log.read('/', next, 1)).hasGap, 'no gap is reported after it');
    }
    await other?.close();
  },
  'reads after an offset among thousands of records': async (subject, { log }) => {
    const all: Offset[] = [];
    for (let n = 0; n < 2_000; n += 100) {
      const records = Array.from({ length: 100 }, (_, at) => record(subject, n + at, { event: `[${n + at}]` }));
      all.push(...(await log.append('/', records)).offsets);
    }
    const page = await log.read('/', all[1_900] ?? '', EVERYTHING);
    deepStrictEqual(offsetsOf(page), all.slice(1_901));
  },
  'can be read by another process': async (subject, { log }) => {
    if (!subject.reopen) return;
    const { offsets } = await log.append('/', numbered(subject, 0, 3));
    const other = await subject.reopen();
    deepStrictEqual(offsetsOf(await other.log.read('/', ZERO_OFFSET, EVERYTHING)), offsets);
    const appended = await other.log.append('/', numbered(subject, 3, 1));
    strictEqual(appended.previous, offsets[2]);
    deepStrictEqual(offsetsOf(await log.read('/', offsets[2] ?? '', 10)), appended.offsets);
    await other.close();
  },
};

const TEXTS: Record<string, Case> = {
  'keeps texts by key': async ({ pass }, { store }) => {
    await written({ pass }, store.set('a', 'one'), store.set('b', 'two', 60_000));
    deepStrictEqual([await store.get('a'), await store.get('b'), await store.get('c')], ['one', 'two', undefined]);
    await written({ pass }, store.set('a', 'three'));
    await written({ pass }, store.delete('b'));
    await written({ pass }, store.delete('c'));
    deepStrictEqual([await store.get('a'), await store.get('b')], ['three', undefined]);
  },
  'reads texts that are still being written': async ({ pass }, { store }) => {
    const writing = store.set('a', 'one');
    strictEqual(await store.get('a'), 'one');
    const deleting = store.delete('a');
    strictEqual(await store.get('a'), undefined);
    await written({ pass }, writing, deleting);
    strictEqual(await store.get('a'), undefined);
  },
  'lets texts expire': async ({ pass }, { store }) => {
    await written({ pass }, store.set('a', 'one', 5_000));
    await written({ pass }, store.set('b', 'two'));
    await pass(2_500);
    strictEqual(await store.get('a'), 'one');
    await pass(2_500);
    strictEqual(await store.get('a'), undefined);
    deepStrictEqual(await store.list('', 10), [['b', 'two']]);
  },
  'keeps texts with a prefix within bounds, and drops those first that expire first': async ({ pass }, { store }) => {
    if (!store.trim) return;
    const bounds = { countMax: 3, bytesMax: 1_000, sparedMs: 5_000 };
    const trimmed = (changes: Partial<typeof bounds> = {}): Promise<void> =>
      written({ pass }, store.trim?.('k ', { ...bounds, ...changes }) ?? Promise.resolve());
    await written({ pass }, store.set('k soon', 'x'.repeat(5_000), 4_000));
    await written({ pass }, store.set('other', 'x'.repeat(5_000), 10_000));
    await written({ pass }, store.set('k ever', 'x'));
    for (const n of [4, 1, 3, 2]) await written({ pass }, store.set(`k ${n}`, `${n}`, 10_000 + n * 2_000));
    await trimmed();
    const keys = async (): Promise<string[]> => (await store.list('', 10)).map(([key]) => key);
    deepStrictEqual(await keys(), ['k 3', 'k 4', 'k ever', 'k soon', 'other']);
    // Keys and values count: "k 3" and "k 4" have 4 bytes each, and "k ever" has 7.
    await trimmed({ bytesMax: 11 });
    deepStrictEqual(await keys(), ['k 4', 'k ever', 'k soon', 'other']);
    await trimmed({ countMax: 1 });
    deepStrictEqual(await keys(), ['k ever', 'k soon', 'other']);
  },
  'swaps a text only if its key has the expected one': async ({ pass }, { store }) => {
    deepStrictEqual(await store.swap('a', 'one', 'two'), { swapped: false, value: undefined });
    deepStrictEqual(await store.swap('a', undefined, 'one'), { swapped: true, value: undefined });
    deepStrictEqual(await store.swap('a', undefined, 'two'), { swapped: false, value: 'one' });
    strictEqual(await store.get('a'), 'one');
    deepStrictEqual(await store.swap('a', 'one', 'two', 5_000), { swapped: true, value: 'one' });
    strictEqual(await store.get('a'), 'two');
    await pass(5_000);
    deepStrictEqual(await store.swap('a', 'two', 'three'), { swapped: false, value: undefined });
    await written({ pass }, store.set('a', 'four'));
    deepStrictEqual(await store.swap('a', 'four', undefined), { swapped: true, value: 'four' });
    strictEqual(await store.get('a'), undefined);
  },
  'swaps a text that is still being written': async ({ pass }, { store }) => {
    const writing = store.set('a', 'one');
    const swapping = store.swap('a', 'one', 'two');
    await written({ pass }, writing);
    deepStrictEqual(await swapping, { swapped: true, value: 'one' });
    strictEqual(await store.get('a'), 'two');
  },
  'swaps texts with the other changes of a turn': async ({ pass }, { store }) => {
    const swap = (expected: string | undefined, value: string | undefined) =>
      store.swap('a', expected, value, undefined, 'with-turn');
    const outcomes = [swap(undefined, 'one'), swap('one', 'two'), swap('one', 'three')];
    const listed = store.list('', 10);
    await pass(0);
    deepStrictEqual(await Promise.all(outcomes), [
      { swapped: true, value: undefined },
      { swapped: true, value: 'one' },
      { swapped: false, value: 'two' },
    ]);
    deepStrictEqual(await listed, [['a', 'two']]);
    const [setting, swapping, reading] = [store.set('a', 'four'), swap('four', 'five'), store.get('a')];
    await written({ pass }, setting);
    deepStrictEqual([await swapping, await reading], [{ swapped: true, value: 'four' }, 'five']);
    const [removing, last] = [swap('five', undefined), store.set('a', 'six')];
    await written({ pass }, last);
    deepStrictEqual([await removing, await store.get('a')], [{ swapped: true, value: 'five' }, 'six']);
  },
  'lets one of several processes win a swap': async (subject, { store }) => {
    if (!store.isDurable || !subject.reopen) return;
    const other = await subject.reopen();
    for (const order of ['at-once', 'with-turn'] as const) {
      const swapping = [store, other.store, store, other.store].map((each, at) =>
        each.swap(order, undefined, `${at}`, undefined, order),
      );
      await subject.pass(0);
      const claims = await Promise.all(swapping);
      strictEqual(claims.filter(({ swapped }) => swapped).length, 1);
      const winner = `${claims.findIndex(({ swapped }) => swapped)}`;
      deepStrictEqual([await store.get(order), await other.store.get(order)], [winner, winner]);
      for (const { swapped, value } of claims) if (!swapped) strictEqual(value, winner);
    }
    await other.close();
  },
  'lists texts by the prefix of their keys': async ({ pass }, { store }) => {
    for (const key of ['b 2', 'a 1', 'b 1', 'c', 'b 10']) await written({ pass }, store.set(key, key.toUpperCase()));
    const expected = ['b 1', 'b 10', 'b 2'].map((key) => [key, key.toUpperCase()]);
    deepStrictEqual(await store.list('b ', 10), expected);
    deepStrictEqual(await store.list('b ', 2), expected.slice(0, 2));
  },
  'keeps the texts and the tables of different namespaces apart': async ({ pass }, backplane) => {
    if (!backplane.storeOf) return;
    const stores = [backplane.store, ...['/', '/a b', '/a', 'a}{'].map((name) => storeOf(backplane, name))];
    for (const [at, each] of stores.entries()) {
      await written({ pass }, each.set('k', `${at}`), each.table('t').put('k', `${at}`, 60_000));
      if (at % 2 === 1) await written({ pass }, each.table('odd').put('k', '', 60_000));
    }
    for (const [at, each] of stores.entries()) {
      deepStrictEqual([await each.get('k'), await each.table('t').get('k')], [`${at}`, `${at}`]);
      const table = await each.table('odd').list(10);
      strictEqual(table === 'same' ? table : table.entries.length, at % 2);
    }
    deepStrictEqual(await backplane.store.list('', 10), [['k', '0']]);
    await written({ pass }, stores[1]?.delete('k'));
    deepStrictEqual(await Promise.all(stores.map((each) => each.get('k'))), ['0', undefined, '2', '3', '4']);
    deepStrictEqual((await backplane.log.read('/', ZERO_OFFSET, 1)).records, []);
  },
  'outlives the process if it is durable': async (subject, { store }) => {
    if (!store.isDurable || !subject.reopen) return;
    await written(subject, store.set('a', 'one'));
    const other = await subject.reopen();
    strictEqual(await other.store.get('a'), 'one');
    await other.close();
  },
};

/** Cases of a backplane that keeps 20,000 bytes. */
const LITTLE_ROOM: Record<string, Case> = {
  'drops the oldest records beyond its bound, and reports the gap': async (subject, { log }) => {
    const offsets: Offset[] = [];
    for (let n = 0; n < 100; n += 1)
      offsets.push(...(await log.append('/', [record(subject, n, { event: `["${'x'.repeat(1_000)}"]` })])).offsets);
    const page = await log.read('/', ZERO_OFFSET, EVERYTHING);
    ok(page.hasGap, 'the gap was not reported');
    ok(page.records.length > 2 && page.records.length < 30, `${page.records.length} of 100 records were kept`);
    deepStrictEqual(offsetsOf(page), offsets.slice(-page.records.length));
    const before = offsets.at(-page.records.length - 1) ?? '';
    ok(!(await log.read('/', before, 1)).hasGap, 'a gap is reported after the newest dropped record');
    const extent = await log.extent('/');
    deepStrictEqual([extent.oldest, extent.newest], [page.records[0]?.offset, offsets.at(-1)]);
    ok(extent.bytes <= 20_000 + 2_000, `${extent.bytes} bytes are kept`);
  },
};
