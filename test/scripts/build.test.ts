import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exportedNames, listEntries } from '../../scripts/build/entries.mjs';
import { joinModules } from '../../scripts/build/joined.mjs';
import { withLock } from '../../scripts/build/lock.mjs';
import { hashFiles, readStamp } from '../../scripts/build/stamp.mjs';
import { makeFolder } from '../kit/folders.js';

describe('hashFiles', () => {
  it('changes only with the content or the name of a file', () => {
    const folder = makeFolder({ 'src/a.ts': 'a', 'src/b/c.ts': 'c', 'other.ts': 'o', 'src/node_modules/x.js': 'x' });
    const hash = () => hashFiles(folder, ['src', 'package.json']);
    const first = hash();
    writeFileSync(join(folder, 'other.ts'), 'changed');
    writeFileSync(join(folder, 'src/node_modules/x.js'), 'changed');
    writeFileSync(join(folder, 'src/a.ts'), 'a');
    expect(hash()).toBe(first);
    writeFileSync(join(folder, 'src/a.ts'), 'changed');
    const second = hash();
    expect(second).not.toBe(first);
    renameSync(join(folder, 'src/a.ts'), join(folder, 'src/b/a.ts'));
    expect(hash()).not.toBe(second);
  });
});

it('reads the stamp of the last build with readStamp, or undefined', () => {
  expect(readStamp(makeFolder({ '.stamp': 'abc' }))).toBe('abc');
  expect(readStamp(makeFolder({}))).toBeUndefined();
});

describe('withLock', () => {
  it('lets one process in at a time, and removes the lock', async () => {
    const file = join(makeFolder({}), 'lock');
    const course: string[] = [];
    const work = (name: string) => async () => {
      course.push(`${name} begins`);
      await Promise.resolve();
      course.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([withLock(file, work('one')), withLock(file, work('two'))])).toEqual(['one', 'two']);
    expect(course).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
    expect(existsSync(file)).toBe(false);
  });

  it('takes a lock over from a dead owner, and releases it after an error', async () => {
    const folder = makeFolder({ lock: '999999999' });
    const file = join(folder, 'lock');
    expect(await withLock(file, async () => readFileSync(file, 'utf8'))).toBe(String(process.pid));
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });
});

describe('the entries', () => {
  const files = {
    'index.js': "export * from './a.js'; export { b as c } from './b.js'; export { b as default } from './b.js';",
    'a.js': 'export const one = 1; export function two() {}; export class Three {}; const hidden = 4;',
    'b.js': 'export const b = 1;',
    'broken.js': "export * from './none.js';",
  };

  it('export what they re-export, without the default', () => {
    expect([...exportedNames(join(makeFolder(files), 'index.js'))].sort()).toEqual(['Three', 'c', 'one', 'two']);
  });

  it('are left out, with a warning, when they lead nowhere', () => {
    const said: string[] = [];
    const inFolder = Object.fromEntries(Object.entries(files).map(([name, text]) => [`entry/${name}`, text]));
    const entries = listEntries(makeFolder(inFolder), (line: string) => said.push(line));
    expect(entries.sort()).toEqual(['a.js', 'b.js', 'index.js']);
    expect(said).toEqual([expect.stringContaining('./none.js')]);
  });
});

describe('the joined modules', () => {
  const shared =
    "import { ConfigError } from '../base/errors.js'; export class Shared { fail() { return new ConfigError(); } }";
  const files = {
    'package.json': '{ "type": "module" }',
    'base/errors.js': 'export class ConfigError {}',
    'base/shared.js': shared.replace('../base', '.'),
    'base/late.js': "export { Shared as Late } from './shared.js'; export const where = import.meta.url;",
    'entry/index.js': "export { Shared } from '../base/shared.js';",
    'entry/other.js': "import { Shared } from '../base/shared.js'; export class Other extends Shared {}",
    'entry/client/queue.js': "export { ConfigError } from '../../base/errors.js';",
    'main.js': "#!/usr/bin/env node\nimport { run } from './run.js';\nrun();",
    'run.js': "export const run = () => import('./base/late.js');",
  };

  it.each(['esm', 'cjs'] as const)('are the same ones for all entries and the program, as %s', async (format) => {
    const [from, to] = [makeFolder(files), makeFolder({ 'package.json': files['package.json'] })];
    if (format === 'cjs') writeFileSync(join(to, 'package.json'), '{ "type": "commonjs" }');
    await joinModules({ name: '@naru/cli', from, to, format, say: () => undefined });
    const load = (name: string) => import(/* @vite-ignore */ pathToFileURL(join(to, `${name}.js`)).href);
    const [{ Shared }, { Other }, { ConfigError }] = await Promise.all(
      ['entry/index', 'entry/other', 'entry/client/queue'].map(load),
    );
    expect(new Other()).toBeInstanceOf(Shared);
    expect(new Other().fail()).toBeInstanceOf(ConfigError);
    // Programs are not required.
    expect(existsSync(join(to, 'run.js'))).toBe(format === 'esm');
    if (format === 'cjs') return;
    const { Late, where } = await (await load('run')).run();
    expect(Late).toBe(Shared);
    expect(where).toBe(pathToFileURL(join(to, 'entry/parts', basename(where))).href);
  });
});
