import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { checkPrivate, makeFolder } from '../src/folder.js';
import { local } from '../src/local-backplane.js';

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

it('calls a folder private only if it is a folder of this user that nobody else may open', () => {
  const folder = place();
  const own = join(folder, 'own');
  makeFolder(own, 0o700);
  checkPrivate(own);
  symlinkSync(own, join(folder, 'link'));
  writeFileSync(join(folder, 'file'), 'x', { mode: 0o600 });
  mkdirSync(join(folder, 'open'));
  chmodSync(join(folder, 'open'), 0o710);
  for (const name of ['link', 'file', 'open']) {
    const path = join(folder, name);
    const message = `${path} must be a folder that only this user may open: remove it, or set TMPDIR of all processes to another folder`;
    expect(() => checkPrivate(path)).toThrow(new UnavailableError('IO_FAILED', message));
  }
});

it.runIf(process.geteuid?.() === 0)('calls the folder of another user not private', () => {
  const folder = place();
  chownSync(folder, 12_345, 12_345);
  expect(() => checkPrivate(folder)).toThrow(UnavailableError);
});
