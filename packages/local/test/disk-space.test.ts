import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../src/database.js';
import { checkRoom, reserveLock } from '../src/disk-space.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-lock-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

it('reserves the space of a lock file, and does not change an existing one', () => {
  const path = folder();
  const file = join(path, 'lock.mdb');
  reserveLock(file);
  const { size, blocks } = statSync(file);
  expect([size, blocks * 512 >= size, readdirSync(path)]).toEqual([12_288, true, ['lock.mdb']]);
  writeFileSync(file, 'in use');
  reserveLock(file);
  expect(readFileSync(file, 'utf8')).toBe('in use');
});

it('leaves nothing behind without space, and reports the reason', () => {
  const path = folder();
  expect(() => reserveLock(join(path, 'none', 'lock.mdb'))).toThrow('ENOENT');
  expect(readdirSync(path)).toEqual([]);
});

it('is reserved in a new folder first', async () => {
  const path = folder();
  const { close } = openDatabase(path, false);
  for (const name of ['lock.mdb', 'gate.mdb-lock']) {
    const { size, blocks } = statSync(join(path, name));
    expect([size, blocks * 512 >= size]).toEqual([12_288, true]);
  }
  await close();
});

it('refuses to create a folder without space for it, and opens an existing one', () => {
  const path = folder();
  const file = join(path, 'data.mdb');
  const check = (freeBytes: number) => () => checkRoom(path, [path, file], () => freeBytes);
  expect(check(262_143)).toThrow(expect.objectContaining({ code: 'BUFFER_FULL', message: 'the disk is full' }));
  expect(check(262_144)).not.toThrow();
  expect(() => checkRoom(path, [file])).not.toThrow();
  writeFileSync(file, '');
  expect(check(0)).not.toThrow();
});
