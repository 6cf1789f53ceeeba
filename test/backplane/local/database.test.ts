import { mkdtempSync, rmSync } from 'node:fs';
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

  it('says whether it was the disk', () => {
    expect(writeFailed(new Error('No space left on device: x'))).toMatchObject({ code: 'BUFFER_FULL' });
    expect(writeFailed(new Error('MDB_CORRUPTED'))).toMatchObject({ code: 'IO_FAILED', cause: expect.any(Error) });
  });
});
