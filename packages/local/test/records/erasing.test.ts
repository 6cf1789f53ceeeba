import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LogRecord, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { isErased } from '../../../naru/src/backplane/own-records.js';
import { SeededRandom } from '../../../testing/src/seeded-random.js';
import { openDatabase } from '../../src/database.js';
import { local } from '../../src/local-backplane.js';
import { folder } from '../numbers.js';

const said = (by: string, text: string, more: Partial<LogRecord> = {}): LogRecord => {
  return { rooms: ['r'], except: [], event: `["x","${text}"]`, attachments: [], at: Date.now(), by, ...more };
};

describe('an erasure in a folder', () => {
  it('covers damaged records only if it names them, or the whole namespace', async () => {
    const path = folder();
    const { log, close } = local(path);
    const { offsets } = log.append('/', [said('ann', 'one'), said('ann', 'two'), said('ann', 'three')]);
    const database = openDatabase(path, false);
    const keys = [...database.log.getKeys({ start: ['/', 1] })];
    for (const key of keys.slice(0, 2)) {
      const { length } = database.log.getBinary(key) ?? Buffer.alloc(0);
      database.root.transactionSync(() => database.log.putSync(key, Buffer.alloc(length)));
    }
    expect(await log.erase('/', { by: 'ann' })).toBe(1);
    expect(await log.erase('/', { offset: offsets[0] ?? '' })).toBe(1);
    expect(await log.erase('/', { all: true })).toBe(1);
    expect(log.read('/', ZERO_OFFSET, 10).records.map((each) => [isErased(each), each.rooms])).toEqual([
      [true, []],
      [true, []],
      [true, ['r']],
    ]);
    expect(log.verify('/').faults).toEqual([]);
    await database.close();
    await close();
  });

  it.each([20, 100, 200, 500, 900, 1_500, 3_000, 5_000, 20_000, 500_000])(
    'leaves no text of %d bytes in the file',
    async (size) => {
      const path = folder();
      const { log, close } = local(path);
      const text = (n: number): string => `text${n}.`.padEnd(size, 'x');
      const count = Math.max(50, Math.min(2_000, Math.floor(2_000_000 / size)));
      for (let n = 0; n < count; n += 1) log.append('/', [said(n % 3 === 0 ? 'ann' : 'bob', text(n))]);
      const found = (): Set<string> => {
        const file = readFileSync(join(path, 'data.mdb'), 'latin1');
        const numbers = [...file.matchAll(/text(\d+)\./g)].map(([, n = '']) => n);
        return new Set(numbers.filter((n) => Number(n) % 3 === 0));
      };
      expect(found().size).toBeGreaterThan(count / 4);
      await log.erase('/', { by: 'ann' });
      expect([...found()]).toEqual([]);
      expect(log.verify('/').faults).toEqual([]);
      await close();
    },
  );

  it.each([1, 2, 3, 4, 5, 6])('leaves no text in the file, whatever else was written (seed %i)', async (seed) => {
    const random = new SeededRandom(seed);
    const path = folder();
    const { log, store, close } = local(path, { bytes: 1_000_000 });
    const other = local(path);
    let count = 0;
    const authorOf = (n: number): string => (n % 5 === 0 ? 'ann' : 'bob');
    for (let turn = 0; turn < 300; turn += 1) {
      const records = Array.from({ length: random.integer(1, 5) }, () => {
        count += 1;
        const size = random.pick([30, 200, 900, 2_100, 6_000]);
        return said(authorOf(count), `text${count}.`.padEnd(random.integer(20, size), 'x'));
      });
      random.pick([log, other.log]).append(random.pick(['/', '/a']), records);
      if (random.chance(0.3)) void store.set(`key${random.integer(1, 50)}`, 'y'.repeat(random.integer(1, 3_000)));
    }
    const texts = (): Set<string> => {
      const file = readFileSync(join(path, 'data.mdb'), 'latin1');
      return new Set([...file.matchAll(/text(\d+)\./g)].map(([, n]) => authorOf(Number(n))));
    };
    for (const name of ['/', '/a']) await random.pick([log, other.log]).erase(name, { by: 'ann' });
    expect([...texts()]).toEqual(['bob']);
    for (const name of ['/', '/a']) expect(log.verify(name).faults).toEqual([]);
    await store.set('end', '');
    await other.close();
    await close();
  });

  it('leaves no text of a single event in the file, wherever it stands', async () => {
    const path = folder();
    const { log, close } = local(path);
    const offsets: string[] = [];
    for (let n = 0; n < 2_000; n += 1)
      offsets.push(...log.append('/', [said('ann', `text${n}.`.padEnd(n % 7 === 0 ? 1_200 : 150, 'x'))]).offsets);
    const all = new Set(offsets.map((_, n) => `text${n}.`));
    for (let n = 3; n < 2_000; n += 31) {
      expect(await log.erase('/', { offset: offsets[n] ?? '' })).toBe(1);
      all.delete(`text${n}.`);
    }
    const file = readFileSync(join(path, 'data.mdb'), 'latin1');
    expect(new Set([...file.matchAll(/text\d+\./g)].map(([text]) => text))).toEqual(all);
    await close();
  });
});
