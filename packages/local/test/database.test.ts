import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase, writeFailed } from '../src/database.js';

describe('the database', () => {
  it('creates its folder, and sorts the records of a namespace by number', async () => {
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

  it('refuses a file that is not a log, or has lost its beginning, with an error instead of a crash', async () => {
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
    expect(() => openDatabase(put('something else '.repeat(2_000)), false)).toThrow('is not a log: move it away');
    expect(() => openDatabase(put('short'), false)).toThrow('is not a log');
    for (const size of [60, 4_096, 8_191]) {
      const open = () => openDatabase(put(bytes.subarray(0, size)), false);
      expect(open).toThrow('is truncated: move it away');
      expect(open).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));
    }
    for (const content of ['', bytes]) {
      const again = openDatabase(put(content), false);
      expect(again.log.get(['/', 1])?.length).toBe(content === '' ? undefined : 1);
      await again.close();
    }
  });

  it('refuses a file that was cut off anywhere, and opens one of which only the last pages were never written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-database-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const whole = join(folder, 'whole');
    const { close, log } = openDatabase(whole, false);
    for (let n = 1; n <= 3_000; n += 1) log.putSync(['/', n], Buffer.alloc(300, n));
    await close();
    const bytes = readFileSync(join(whole, 'data.mdb'));
    const cut = (size: number): string => {
      const place = mkdtempSync(join(folder, 'x-'));
      writeFileSync(join(place, 'data.mdb'), bytes.subarray(0, size));
      return place;
    };
    for (const part of [0.01, 0.05, 0.2, 0.5, 0.7])
      expect(() => openDatabase(cut(Math.floor(bytes.length * part)), false)).toThrow('is truncated: move it away');
    const pages = join(folder, 'unwritten');
    mkdirSync(pages);
    // As if the newest transaction had added ten pages at the end, and freed them again.
    const longer = Buffer.from(bytes);
    for (const head of [0, 4_096]) longer.writeBigUInt64LE(longer.readBigUInt64LE(head + 144) + 10n, head + 144);
    writeFileSync(join(pages, 'data.mdb'), longer);
    const again = openDatabase(pages, false);
    expect([...again.log.getKeys({ start: ['/', 0], end: ['/', 5_000] })]).toHaveLength(3_000);
    await again.close();
  });

  it('opens a folder with a dot in its name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-database-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (let time = 0; time < 2; time += 1) {
      const { close, log } = openDatabase(join(folder, 'chat.example.org'), false);
      expect(log.get(['/', 1])?.length).toBe(time === 0 ? undefined : 1);
      log.putSync(['/', 1], Buffer.of(1));
      await close();
    }
  });

  it('reports whether the disk failed', () => {
    expect(writeFailed(new Error('No space left on device: x'))).toMatchObject({ code: 'BUFFER_FULL' });
    expect(writeFailed(new Error('MDB_CORRUPTED'))).toMatchObject({ code: 'IO_FAILED', cause: expect.any(Error) });
  });
});
