import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findStale } from '../../scripts/prepare/install.mjs';
import { makeFolder } from '../cli/folder.js';

type Packages = Record<string, Record<string, unknown>>;

const wanted: Packages = {
  '': { name: 'x' },
  'apps/underworld': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b': { version: '2.0.0', optional: true, os: ['darwin'] },
  'node_modules/x': { link: true, resolved: '' },
};

/** A folder with a lockfile, and what npm says that it has installed. */
function install(packages: Packages | undefined): string {
  const folder = makeFolder({ 'package-lock.json': JSON.stringify({ packages: wanted }) });
  if (packages === undefined) return folder;
  for (const path of Object.keys(packages)) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
  return folder;
}

const complete: Packages = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/x': { link: true } };

describe('findStale', () => {
  it('finds nothing where all is there, but for other platforms', () => {
    expect(findStale(install(complete))).toBeUndefined();
  });

  it('finds that nothing is installed', () => {
    expect(findStale(install(undefined))).toBe('node_modules is missing');
  });

  it('finds a package that is missing, or another version, or that somebody removed', () => {
    expect(findStale(install({ 'node_modules/x': { link: true } }))).toBe('node_modules/a is missing');
    const older = { ...complete, 'node_modules/a': { version: '0.9.0' } };
    expect(findStale(install(older))).toBe('node_modules/a is 0.9.0, not 1.0.0');
    const folder = install(complete);
    rmSync(join(folder, 'node_modules/a'), { recursive: true });
    expect(findStale(folder)).toBe('node_modules/a is missing');
  });
});
