import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type Offset, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { FakeClock } from '../../../testing/src/index.js';
import { openDatabase } from '../../src/database.js';
import { local } from '../../src/local-backplane.js';
import { encodeRecord } from '../../src/records/record.js';
import { append, behind, folder, record } from '../numbers.js';

describe('a hole', () => {
  it('is reported, forwards and backwards, as everything that it may have covered when it cannot be read', async () => {
    const path = folder();
    for (const numbers of [
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ]) {
      const backplane = local(path);
      append(backplane, numbers, Date.now());
      await backplane.close();
    }
    const database = openDatabase(path, false);
    const keys = [...database.log.getKeys({ start: ['/', Number.NEGATIVE_INFINITY], end: ['/', 0] })];
    expect(keys).toHaveLength(4);
    const damaged = keys[2] ?? ['/', 0];
    database.root.transactionSync(() => database.log.putSync(damaged, Buffer.from('nothing')));
    await database.close();
    const backplane = local(path);
    const names: unknown[] = [];
    for (let after = ZERO_OFFSET, step = 0; step < 20; step += 1) {
      const { records } = backplane.log.read('/', after, 2);
      names.push(...records.map(({ event }) => JSON.parse(event)[0]));
      after = records.at(-1)?.offset ?? after;
    }
    expect([names.filter((name) => name === 'naru:gap').length, names.length < 9, names.at(-1)]).toEqual([
      1,
      true,
      'n',
    ]);
    const back = backplane.log.readBack('/', undefined, 20).records.map(({ event }) => JSON.parse(event)[0]);
    expect([back.filter((name) => name === 'naru:gap').length, back.length < 9, back.at(-1)]).toEqual([1, true, 'n']);
    await backplane.close();
  });

  it('is corrected after a process of a version without holes has appended behind one', async () => {
    const path = folder();
    const now = Date.now();
    const first = local(path);
    append(first, [1, 2], now);
    await first.close();
    const second = local(path);
    const [three] = append(second, [3], now);
    // The old process reads and writes the state as it knows it.
    const old = openDatabase(path, false);
    const appendOld = (n: number): void =>
      old.root.transactionSync(() => {
        const { newest = 0, oldest = 1, bytes = 0 } = old.states.get('/') ?? {};
        const encoded = encodeRecord(record(n, now));
        old.log.putSync(['/', newest + 1], encoded);
        old.states.putSync('/', { newest: newest + 1, oldest, bytes: bytes + encoded.length });
      });
    appendOld(4);
    expect(behind(second, ZERO_OFFSET)).toEqual([[1, 2, 3, 4], false]);
    expect(behind(second, three as Offset)).toEqual([[4], false]);
    expect(second.log.readBack('/', undefined, 10).records.map(({ event }) => JSON.parse(event)[1])).toEqual([
      1, 2, 3, 4,
    ]);
    expect(second.log.extent('/')).toMatchObject({
      count: 4,
      oldest: second.log.read('/', ZERO_OFFSET, 1).records[0]?.offset,
    });
    expect(second.log.verify('/')).toEqual({ count: 4, faults: [] });
    append(second, [5], now);
    expect(old.states.get('/')).toMatchObject({ count: 5, base: expect.any(Number) });
    appendOld(6);
    expect(second.log.trim('/')).toBe(0);
    expect(behind(second, ZERO_OFFSET)).toEqual([[1, 2, 3, 4, 5, 6], false]);
    expect(second.log.verify('/')).toEqual({ count: 6, faults: [] });
    await old.close();
    await second.close();
    const third = local(path);
    append(third, [7], now);
    expect(behind(third, ZERO_OFFSET)).toEqual([[1, 2, 3, 4, 5, 6, 7], false]);
    expect(third.log.extent('/').count).toBe(7);
    await third.close();
  });

  it('does not begin without need', async () => {
    const backplane = local(folder());
    const empty = backplane.log.append('/', []);
    expect([empty, backplane.log.extent('/').newest]).toEqual([{ offsets: [], previous: ZERO_OFFSET }, ZERO_OFFSET]);
    const [one] = append(backplane, [1], Date.now());
    expect(backplane.log.append('/', [])).toEqual({ offsets: [], previous: one });
    await backplane.close();
  });

  it('is trimmed when a process of a version without holes has left one', async () => {
    const path = folder();
    const now = Date.now();
    const first = local(path);
    append(first, [1, 2, 3], now);
    await first.close();
    const database = openDatabase(path, false);
    database.root.transactionSync(() => {
      const { newest = 0, oldest = 1, bytes = 0 } = database.states.get('/') ?? {};
      database.states.putSync('/', { newest, oldest, bytes });
    });
    const backplane = local(path, { clock: new FakeClock({ startAt: now + 10_000 }), ageMs: 1_000 });
    expect(backplane.log.trim('/')).toBe(3);
    expect(backplane.log.extent('/')).toMatchObject({ count: 0, bytes: 0 });
    expect(backplane.log.verify('/')).toEqual({ count: 0, faults: [] });
    await backplane.close();
    await database.close();
  });
});
