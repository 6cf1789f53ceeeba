// needs: modules
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listPackages } from '../../scripts/build/packages.mjs';
import { reportsOf } from '../../scripts/release/api.mjs';
import { root } from '../tidy/source.js';

const folder = join(root, 'api');
const isWriting = process.env.NARU_WRITE_DOCS === '1';
const packages = listPackages(root) as readonly { readonly name: string; readonly folder: string }[];
const reports = new Map(packages.flatMap((each) => Object.entries(reportsOf(each, root) as Record<string, string>)));

if (isWriting) {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of reports) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Returns the names of all files in api/. */
function listReports(): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}

describe('the public API', () => {
  it('has a report of each entry, and no other', () => expect(listReports()).toEqual([...reports.keys()].sort()));

  it.each([...reports])('is as api/%s shows (otherwise run: npm run docs)', (name, text) => {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
  });

  it('shows the members of a class and those of its hidden base classes', () => {
    const report = reports.get('naru/index.d.ts') ?? '';
    expect(report).toContain('declare class Server<');
    expect(report).toMatch(/, a base class\n[\s\S]*to\(/);
    expect(report).not.toContain('/**');
    const emitter = reports.get('naru/emitter.d.ts') ?? '';
    expect(emitter).toMatch(/Aiming, a base class\n[^}]* to\(/);
    for (const text of [report, emitter]) expect(text).not.toContain('EventsMap, a base class');
  });
});
