/** The promises of a backplane to those that follow its logs, also while its home cannot be reached. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import {
  audienceOf,
  type Backplane,
  type Batch,
  isGapRecord,
  type LogRecord,
  markSocketId,
  type Offset,
  type StoredRecord,
  ZERO_OFFSET,
} from 'naru/backplane';
import { type Case, EVERYTHING, numbered, offsetsOf, until } from './backplane-subject.js';

/**
 * Follows a log as a node does: takes batches that follow on what it has, and reads the rest. Begins at `from`, or
 * where the following begins. `onTold` is called with the records of batches.
 */
async function follower({ log }: Backplane, from?: Offset, onTold: (record: StoredRecord) => void = () => undefined) {
  const seen: Offset[] = [];
  const early: Batch[] = [];
  let newest = from;
  let isReading = false;
  let isMore = false;
  const take = (offsets: readonly Offset[]): void => {
    for (const offset of offsets) {
      if (offset <= (newest ?? '')) continue;
      seen.push(offset);
      newest = offset;
    }
  };
  const readOn = async (): Promise<void> => {
    isMore = true;
    if (isReading || newest === undefined) return;
    isReading = true;
    while (isMore) {
      isMore = false;
      take(offsetsOf(await log.read('/', newest, EVERYTHING)));
    }
    isReading = false;
  };
  const onBatch = (batch: Batch): void => {
    ok(batch.records.length > 0 || batch.told !== undefined, 'a batch without records was told');
    for (const record of batch.records) onTold(record);
    const isNext = batch.previous <= (newest ?? '') || (batch.told ?? batch.previous) <= (newest ?? '');
    if (newest === undefined) early.push(batch);
    else if (isNext && !isReading) take(offsetsOf({ records: batch.records, hasGap: false }));
    else void readOn();
  };
  const following = log.follow('/', { onMore: () => void readOn(), onBatch });
  const { ready, end } = following;
  const began = await ready;
  newest ??= began;
  for (const batch of early) onBatch(batch);
  if (isMore) void readOn();
  return { seen, end, began, following, readOn };
}

/** Cases of followers. */
export const FOLLOWERS: Record<string, Case> = {
  'tells a follower of every record of others after the place where the following began': async (
    subject,
    backplane,
  ) => {
    if (!subject.reopen) return;
    const other = await subject.reopen();
    for (let round = 0; round < 10; round += 1) {
      const before = await other.log.append('/', numbered(subject, 0, 2));
      const append = (n: number) => other.log.append('/', numbered(subject, n, 2));
      const appends = [append(2), append(4)];
      const following = follower(backplane);
      appends.push(append(6), append(8));
      const { seen, end, began } = await following;
      const offsets = (await Promise.all(appends)).flatMap((appended) => [...appended.offsets]);
      ok(began >= (before.offsets.at(-1) ?? ''), 'the following began before a record that was in the log');
      const expected = offsets.filter((offset) => offset > began);
      await until(subject, () => seen.at(-1) === expected.at(-1));
      deepStrictEqual(seen, expected);
      end();
    }
    await other.close();
  },
  'tells a follower of what is for its tags and for all, and that it misses nothing of the rest': async (
    subject,
    backplane,
  ) => {
    const other = await subject.reopen?.();
    if (!other || backplane.log.tag === undefined) {
      await other?.close();
      return;
    }
    const own = new Set([undefined, backplane.log.tag]);
    const { seen, following, readOn } = await follower(backplane, undefined, (record) => {
      ok(own.has(audienceOf(record)), 'a record for the sockets of others was told');
    });
    const expected: Offset[] = [];
    const appendTo = async (...tags: readonly (string | undefined)[]): Promise<void> => {
      const [blank] = numbered(subject, 0, 1) as [LogRecord];
      const roomsOf = (tag: string | undefined) => (tag === undefined ? [] : [markSocketId('x'.repeat(20), tag)]);
      for (const part of other.log.keepsTagsApart ? tags.map((tag) => [tag]) : [tags]) {
        const records = part.map((tag) => ({ ...blank, rooms: roomsOf(tag) }));
        const { offsets } = await other.log.append('/', records);
        for (const [at, offset] of offsets.entries()) if (own.has(part[at])) expected.push(offset);
      }
    };
    const expectSeen = async (): Promise<void> => {
      await until(subject, () => seen.at(-1) === expected.at(-1));
      deepStrictEqual(
        seen.filter((offset) => expected.includes(offset)),
        expected,
      );
    };
    for (const tags of [['AA', 'BB'], [undefined], ['AA', backplane.log.tag, 'AA'], ['BB'], [undefined]])
      await appendTo(...tags);
    await expectSeen();
    ok(((await following.want?.('BB')) ?? '') >= (expected.at(-1) ?? ''), 'a wanted tag is told after a newer record');
    await readOn();
    own.add('BB');
    for (const tags of [['AA'], ['BB', 'AA'], ['AA'], ['BB']]) await appendTo(...tags);
    await expectSeen();
    following.end();
    await other.close();
  },
  'leads a follower to all records of others, each once and in order': async (subject, backplane) => {
    if (!subject.reopen) return;
    const other = await subject.reopen();
    const before = await other.log.append('/', numbered(subject, 0, 2));
    const { seen, end } = await follower(backplane, before.offsets[1] ?? '');
    const expected: Offset[] = [];
    const theirs: Offset[] = [];
    for (let n = 0; n <= 40; n += 1) {
      const isOwn = n % 4 === 3;
      const { offsets } = await (isOwn ? backplane : other).log.append('/', numbered(subject, n, 1 + (n % 3)));
      expected.push(...offsets);
      if (!isOwn) theirs.push(...offsets);
    }
    await until(subject, () => seen.at(-1) === theirs.at(-1));
    // The node has its own records from the answers to its appends. It may read them, too.
    deepStrictEqual(
      seen.filter((offset) => theirs.includes(offset)),
      theirs,
    );
    const { records } = await backplane.log.read('/', before.offsets[1] ?? '', EVERYTHING);
    deepStrictEqual(
      records.map(({ offset }) => offset),
      expected,
    );
    end();
    await other.close();
  },
  'keeps calls that are made while its home is away, in their order and each once': async (subject, backplane) => {
    if (!subject.cut || !subject.mend) return;
    const { log, store } = backplane;
    await log.append('/', numbered(subject, 0, 1));
    subject.cut();
    const calls = [
      store.set('a', 'one'),
      log.append('/', numbered(subject, 1, 2)),
      store.swap('a', 'one', 'two'),
      log.append('/', numbered(subject, 3, 2)),
    ] as const;
    await subject.pass(6_000);
    strictEqual(backplane.state, 'away');
    subject.mend();
    await Promise.all(calls);
    deepStrictEqual((await calls[2]).swapped, true);
    strictEqual(await store.get('a'), 'two');
    const { records } = await log.read('/', ZERO_OFFSET, EVERYTHING);
    deepStrictEqual(
      records.map(({ event }) => event),
      numbered(subject, 0, 5).map(({ event }) => event),
    );
    await until(subject, () => backplane.state === 'up');
  },
  'refuses events that wait for a minute, and tells nobody of them later': async (subject, backplane) => {
    if (!subject.cut || !subject.mend) return;
    const { log } = backplane;
    await log.append('/', numbered(subject, 0, 1));
    subject.cut();
    // The link has to know of the cut, or the home may have taken the events.
    await subject.pass(1_000);
    const refused = Promise.resolve(log.append('/', numbered(subject, 1, 1))).then(
      () => undefined,
      (error: { code?: unknown }) => error.code,
    );
    await subject.pass(70_000);
    strictEqual(await refused, 'NOT_KEPT');
    subject.mend();
    await log.append('/', numbered(subject, 2, 1));
    const { records } = await log.read('/', ZERO_OFFSET, EVERYTHING);
    ok(!records.some(({ event }) => event === '["n",1]'), 'a refused event is in the log');
  },
  'tells everybody by a gap record that its home has lost records, and never gives their offsets out again': async (
    subject,
    backplane,
  ) => {
    if (!subject.forget) return;
    const { log } = backplane;
    const { offsets } = await log.append('/', numbered(subject, 0, 3));
    const { seen, end } = await follower(backplane, offsets[2] ?? '');
    await subject.pass(1_000);
    const lost = await log.append('/', numbered(subject, 3, 2));
    subject.forget(900);
    const newest = lost.offsets[1] ?? '';
    await until(subject, () => (seen.at(-1) ?? '') > newest);
    const { records } = await log.read('/', ZERO_OFFSET, EVERYTHING);
    deepStrictEqual(offsetsOf({ records, hasGap: false }).slice(0, 3), offsets);
    ok(records.slice(3).every(isGapRecord), 'no gap record tells of the loss');
    ok(
      records.slice(3).every(({ offset }) => offset > newest),
      'an offset was given out twice',
    );
    for (const offset of lost.offsets) {
      strictEqual(await log.knows?.('/', offset), false, 'an offset of a lost record is known');
      ok((await log.read('/', offset, 1)).hasGap, 'no gap is reported after a lost record');
    }
    ok(!(await log.read('/', offsets[2] ?? '', 1)).hasGap, 'a gap is reported where nothing of the log is missing');
    end();
  },
};
