import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { prepareDebian } from '../../scripts/prepare/debian.mjs';
import { findStale } from '../../scripts/prepare/install.mjs';
import { makeFolder } from '../kit/folders.js';

type Packages = Record<string, Record<string, unknown>>;

const wanted: Packages = {
  '': { name: 'x' },
  'apps/underworld': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b': { version: '2.0.0', optional: true, os: ['darwin'] },
  'node_modules/x': { link: true, resolved: '' },
};

/** Creates a folder with a lockfile, and with npm's record of the installed packages. */
function install(packages: Packages | undefined): string {
  const folder = makeFolder({ 'package-lock.json': JSON.stringify({ packages: wanted }) });
  if (packages === undefined) return folder;
  for (const path of Object.keys(packages)) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
  return folder;
}

const complete: Packages = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/x': { link: true } };

describe('findStale', () => {
  it('finds nothing when everything is installed, except for other platforms', () => {
    expect(findStale(install(complete))).toBeUndefined();
  });

  it('finds that nothing is installed', () => {
    expect(findStale(install(undefined))).toBe('node_modules is missing');
  });

  it('finds a missing package, another version, and a package that was deleted', () => {
    expect(findStale(install({ 'node_modules/x': { link: true } }))).toBe('node_modules/a is missing');
    const older = { ...complete, 'node_modules/a': { version: '0.9.0' } };
    expect(findStale(install(older))).toBe('node_modules/a is 0.9.0, not 1.0.0');
    const folder = install(complete);
    rmSync(join(folder, 'node_modules/a'), { recursive: true });
    expect(findStale(folder)).toBe('node_modules/a is missing');
  });
});

describe('prepareDebian', () => {
  /** A machine with the packages that apt-get has installed. `answers` says which calls of apt-get succeed. */
  function machine(answers: boolean[] | undefined) {
    vi.spyOn(console, 'log').mockReturnValue();
    const calls: string[] = [];
    const here = new Set(['browser']);
    const part = (name: string) => ({ name, isHere: () => here.has(name), packages: [`${name}-deb`] });
    const apt = (installer: string[], words: string[]) => {
      calls.push([...installer, ...words].join(' '));
      const isDone = answers?.shift() === true;
      if (isDone && words[0] === 'install') here.add('python');
      return isDone;
    };
    const findInstaller = () => (answers === undefined ? undefined : ['apt-get']);
    return { calls, parts: [part('browser'), part('python')], findInstaller, apt };
  }
  const install = 'apt-get install -y --no-install-recommends python-deb';
  const none = { missing: [], command: '' };

  it('installs only the missing packages', () => {
    const one = machine([true]);
    expect(prepareDebian(one)).toEqual(none);
    expect(one.calls).toEqual([install]);
    expect(prepareDebian(one)).toEqual(none);
    expect(one.calls).toHaveLength(1);
  });

  it('updates the package lists when the first attempt fails', () => {
    const one = machine([false, true, true]);
    expect(prepareDebian(one)).toEqual(none);
    expect(one.calls).toEqual([install, 'apt-get update', install]);
  });

  it('names the packages that it could not or may not install, and the command for them', () => {
    const missing = { missing: ['python'], command: expect.stringMatching(/^sudo apt-get update && .* python-deb$/) };
    expect(prepareDebian(machine([false, true, false]))).toEqual(missing);
    expect(prepareDebian(machine([false, false]))).toEqual(missing);
    const powerless = machine(undefined);
    expect(prepareDebian(powerless)).toEqual(missing);
    expect(powerless.calls).toEqual([]);
  });
});
