import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { decodeOffset, encodeOffset, ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { isGapRecord } from '../../naru/src/backplane/own-records.js';
import { FakeClock } from '../../testing/src/index.js';
import { openDatabase } from '../src/database.js';
import { local } from '../src/local-backplane.js';
import { startWriter } from './writer.js';

function folder(): string {
  const path = mkdtempSync(`${tmpdir()}/naru-log-`);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

it('keeps everything confirmed when the writing process was killed', async () => {
  const path = folder();
  const { child, taken } = await startWriter(path, 'w');
  while (taken().length < 300) await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  const backplane = local(path);
  const numbers = backplane.log.read('/', ZERO_OFFSET, 1_000_000).records.map(({ event }) => JSON.parse(event)[1]);
  expect(numbers.slice(0, taken().length)).toEqual(taken());
  expect(numbers.length - taken().length).toBeLessThan(2_000);
  await backplane.close();
});

it('gives several processes one order, without a gap, and each record once', async () => {
  const path = folder();
  const writers = await Promise.all(['a', 'b', 'c'].map((name) => startWriter(path, name)));
  while (writers.some(({ taken }) => taken().length < 200))
    await once(writers[0]?.child.stdout ?? process.stdin, 'data');
  for (const { child } of writers) child.kill('SIGKILL');
  await Promise.all(writers.map(({ child }) => once(child, 'close')));
  const backplane = local(path);
  const { records } = backplane.log.read('/', ZERO_OFFSET, 1_000_000);
  expect(new Set(records.map(({ offset }) => offset)).size).toBe(records.length);
  expect(backplane.log.extent('/').count).toBe(records.length);
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    const own = records
      .map(({ event }) => JSON.parse(event))
      .filter(([by]) => by === name)
      .map(([, n]) => n);
    expect(own).toEqual(own.map((_, at) => at));
    expect(own.length).toBeGreaterThanOrEqual(writers[index]?.taken().length ?? Number.POSITIVE_INFINITY);
  }
  await backplane.close();
});

// A thousand openings beside a process that writes all the time. The bound allows for a busy machine.
it('loses nothing that a process appends while others open the folder', { timeout: 240_000 }, async () => {
  const path = folder();
  const { child, taken } = await startWriter(path, 'w');
  for (let times = 0; times < 1_000 || taken().length < 300; times += 1) {
    await local(path).close();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const numbers = taken();
  child.kill('SIGKILL');
  await once(child, 'close');
  const backplane = local(path);
  const there = backplane.log.read('/', ZERO_OFFSET, 1_000_000).records.map(({ event }) => JSON.parse(event)[1]);
  expect(there.slice(0, numbers.length)).toEqual(numbers);
  await backplane.close();
});

it('reports damaged or missing records in their place, and returns all others', async () => {
  const path = folder();
  const clock = new FakeClock();
  const backplane = local(path, { clock });
  const { log } = backplane;
  const record = (n: number) => ({ rooms: ['r'], except: [], event: `["n",${n}]`, attachments: [], at: clock.now() });
  const { offsets } = log.append(
    '/',
    Array.from({ length: 200 }, (_, at) => record(at + 1)),
  );
  const base = (decodeOffset(offsets[0]) ?? 0) - 1;
  const database = openDatabase(path, false);
  const damaged = database.log.getBinary(['/', base + 70]) ?? Buffer.alloc(0);
  damaged[20] = (damaged[20] ?? 0) ^ 1;
  database.log.putSync(['/', base + 70], damaged);
  for (const gone of [3, 4, 200]) database.log.removeSync(['/', base + gone]);
  const lost = [3, 4, 70, 200];
  // One by one, by the page, and by the cached block.
  for (const limit of [1, 7, 256, 256]) {
    const events: string[] = [];
    for (let after = ZERO_OFFSET; ; ) {
      const { records, hasGap } = log.read('/', after, limit);
      expect(hasGap).toBe(false);
      events.push(...records.map(({ event }) => event));
      after = records.at(-1)?.offset ?? after;
      if (records.length < limit) break;
    }
    const expected = Array.from({ length: 200 }, (_, at) =>
      lost.includes(at + 1)
        ? `["naru:gap",{"after":"${encodeOffset(base + at)}","before":"${encodeOffset(base + at + 2)}"}]`
        : `["n",${at + 1}]`,
    );
    expect(events).toEqual(expected);
  }
  expect(log.readBack('/', undefined, 2).records.map(isGapRecord)).toEqual([false, true]);
  const some = [2, 3, 70, 71].map((n) => encodeOffset(base + n));
  expect(log.readAt('/', some).map((each) => [each.offset, isGapRecord(each)])).toEqual(
    some.map((offset, at) => [offset, at === 1 || at === 2]),
  );
  expect(log.verify('/').faults).toHaveLength(4);
  await database.close();
  await backplane.close();
});

it('writes waiting store entries with the next append, and no store entry prevents an event', async () => {
  const path = folder();
  const clock = new FakeClock();
  const backplane = local(path, { clock });
  const record = { rooms: [], except: [], event: '["n"]', attachments: [], at: clock.now() };
  const set = backplane.store.set('a', 'one');
  const database = openDatabase(path, false);
  expect(database.texts.get('a')).toBeUndefined();
  backplane.log.append('/', [record]);
  expect(database.texts.get('a')).toMatchObject({ value: 'one' });
  await set;
  const tooLong = backplane.store.set('x'.repeat(5_000), 'two');
  const fails = expect(tooLong).rejects.toMatchObject({ code: 'IO_FAILED' });
  const { offsets } = backplane.log.append('/', [record]);
  await fails;
  expect(backplane.log.read('/', ZERO_OFFSET, 10).records.map(({ offset }) => offset)).toContain(offsets[0]);
  await database.close();
  await backplane.close();
});

it('drops an event at once that is larger or older than retention allows, notifies readers, and opens again', async () => {
  for (const [bytes, sizes, kept, at] of [
    [100_000, [2_000_000], 0, Date.now()],
    [10_000_000, [2_000_000], 0, 1],
    [1_000_000, [3_000_000, 10], 1, Date.now()],
    [1_000_000, [10, 400_000, 3_000_000, 10, 20], 2, Date.now()],
  ] as const) {
    const path = folder();
    const backplane = local(path, { bytes });
    const append = (sizes: readonly number[]) =>
      backplane.log.append(
        '/',
        sizes.map((size) => ({
          rooms: [],
          except: [],
          event: JSON.stringify(['n', 'x'.repeat(size)]),
          attachments: [],
          at,
        })),
      );
    const before = append([5]).offsets;
    const { offsets, previous } = append(sizes);
    const first = decodeOffset(before[0]) ?? 0;
    expect([previous, ...offsets]).toEqual([...before, ...offsets.map((_, at) => encodeOffset(first + at + 1))]);
    await backplane.close();
    const again = local(path, { bytes });
    const { records, hasGap } = again.log.read('/', ZERO_OFFSET, 10);
    expect(hasGap).toBe(true);
    expect(records.map(({ offset }) => offset)).toEqual(kept === 0 ? [] : offsets.slice(-kept));
    expect(again.log.extent('/')).toMatchObject({ newest: offsets.at(-1), count: kept });
    expect(again.log.verify('/')).toEqual({ count: kept, faults: [] });
    await again.close();
  }
});
