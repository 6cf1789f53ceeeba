import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../src/backplane/local/folder.js';
import { local } from '../../../src/backplane/local/local-backplane.js';
import { UnavailableError } from '../../../src/base/errors.js';

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-folder-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('creates a folder with its parents, and accepts an existing one, also through a link', () => {
  const folder = place();
  const deep = join(folder, 'a', 'b', '..', 'c', 'd');
  makeFolder(deep, 0o700);
  makeFolder(deep);
  expect(['a', 'a/c', 'a/c/d'].map((each) => statSync(join(folder, each)).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
  symlinkSync(deep, join(folder, 'link'));
  makeFolder(join(folder, 'link'));
  makeFolder(join(folder, 'link', 'e'));
  expect(existsSync(join(deep, 'e'))).toBe(true);
  makeFolder('/');
});

it('names the obstacle', () => {
  const folder = place();
  writeFileSync(join(folder, 'file'), 'x');
  expect(() => makeFolder(join(folder, 'file'))).toThrow(/EEXIST/);
  expect(() => makeFolder(join(folder, 'file', 'below'))).toThrow(/ENOTDIR/);
  symlinkSync(join(folder, 'nowhere', 'at all'), join(folder, 'broken'));
  expect(() => makeFolder(join(folder, 'broken'))).toThrow(/EEXIST/);
  mkdirSync(join(folder, 'own'));
  expect(() => makeFolder('a\0b')).toThrow(/null bytes/);
});

it.runIf(existsSync('/proc/self'))('fails with an error if the system does not keep folders', () => {
  for (const folder of ['/proc/naru', '/proc/naru/a/b']) {
    expect(() => makeFolder(folder)).toThrow(new UnavailableError('IO_FAILED', 'no folder can be made in /proc'));
    expect(() => local(folder)).toThrow(`the log cannot be opened in ${folder}: no folder can be made in /proc`);
  }
});
