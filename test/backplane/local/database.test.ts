import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase, writeFailed } from '../../../src/backplane/local/database.js';

describe('the database', () => {
  it('makes its folder, and sorts what is in a namespace by number', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-database-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { close, log } = openDatabase(join(folder, 'a', 'b'), true);
    for (const n of [300, 2, 10]) log.putSync(['/', n], Buffer.of(1));
    log.putSync(['/a', 1], Buffer.of(1));
    expect([...log.getKeys({ start: ['/', 0], end: ['/', 1_000] })]).toEqual([
      ['/', 2],
      ['/', 10],
      ['/', 300],
    ]);
    await close();
  });

  it('refuses a file that is no log, or whose beginning is cut off, with an error and not with the end of the program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-database-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const whole = join(folder, 'whole');
    const { close, log } = openDatabase(whole, false);
    log.putSync(['/', 1], Buffer.of(1));
    await close();
    const bytes = readFileSync(join(whole, 'data.mdb'));
    const put = (content: Uint8Array | string): string => {
      const place = mkdtempSync(join(folder, 'x-'));
      writeFileSync(join(place, 'data.mdb'), content);
      return place;
    };
    expect(() => openDatabase(put('something else '.repeat(2_000)), false)).toThrow('there is no log; move it away');
    expect(() => openDatabase(put('short'), false)).toThrow('there is no log');
    for (const size of [60, 4_096, 8_191]) {
      const open = () => openDatabase(put(bytes.subarray(0, size)), false);
      expect(open).toThrow('there is cut off; move it away');
      expect(open).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));
    }
    for (const content of ['', bytes]) {
      const again = openDatabase(put(content), false);
      expect(again.log.get(['/', 1])?.length).toBe(content === '' ? undefined : 1);
      await again.close();
    }
  });

  it('says whether it was the disk', () => {
    expect(writeFailed(new Error('No space left on device: x'))).toMatchObject({ code: 'BUFFER_FULL' });
    expect(writeFailed(new Error('MDB_CORRUPTED'))).toMatchObject({ code: 'IO_FAILED', cause: expect.any(Error) });
  });
});
