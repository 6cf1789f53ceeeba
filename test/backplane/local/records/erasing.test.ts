import { describe, expect, it } from 'vitest';
import { type LogRecord, ZERO_OFFSET } from '../../../../src/backplane/backplane.js';
import { openDatabase } from '../../../../src/backplane/local/database.js';
import { local } from '../../../../src/backplane/local/local-backplane.js';
import { isErased } from '../../../../src/backplane/own-records.js';
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
});
