import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeTable, REGISTRY, readCodes } from '../../scripts/docs/read-codes.mjs';
import { fillTable } from '../../scripts/docs/tables.mjs';
import { listFiles, readText, root } from '../tidy/source.js';

const page = join(root, 'docs/errors.md');
const tables = Object.entries(readCodes(root));
const known = new Set(tables.flatMap(([, codes]) => codes.map(({ code }) => code)));

/** The codes of operating systems and of other libraries, which Naru passes on. */
const FOREIGN = /^(E[A-Z0-9]+|ERR_[A-Z_]+|UND_ERR_[A-Z_]+)$/;

/** Returns the codes in a source: those of errors that it makes, and those of its answers and warnings. */
function codesIn(text: string): string[] {
  const made = text.matchAll(/new (?:Protocol|Config|Unavailable)Error\(\s*'([A-Z0-9_]+)'/g);
  const named = text.matchAll(/\bcode: '([A-Z0-9_]+)'/g);
  return [...made, ...named].map(([, code = '']) => code).filter((code) => !FOREIGN.test(code));
}

describe('docs/errors.md', () => {
  it('has each code of the registry with its cause and its remedy (otherwise run: npm run docs)', () => {
    const written = readText('docs/errors.md');
    const made = tables.reduce((text, [name, codes]) => fillTable(text, `errors-${name}`, codeTable(codes)), written);
    if (process.env.NARU_WRITE_DOCS && written !== made) writeFileSync(page, made);
    expect(readText('docs/errors.md')).toBe(made);
  });

  it('has a cause and a remedy for every code', () => {
    for (const [name, codes] of tables) {
      expect(codes.length, name).toBeGreaterThan(4);
      for (const { code, cause, fix } of codes) {
        expect(cause, code).toMatch(/^[A-Z].*\.$/);
        expect(fix, code).toMatch(/^[A-Z].*\.$/);
      }
    }
    // The reader of the registry leaves out no member.
    const source = readText(REGISTRY);
    expect(tables.flatMap(([, codes]) => codes)).toHaveLength([...source.matchAll(/^ {2}\| '[A-Z0-9_]+'/gm)].length);
  });

  it('has the codes that the sources give', () => {
    const sources = listFiles().filter((path) => /^packages\/\w+\/src\/.*\.ts$/.test(path));
    const found = sources.flatMap((path) => codesIn(readText(path)).map((code) => ({ path, code })));
    expect(found.length).toBeGreaterThan(100);
    expect(found.filter(({ code }) => !known.has(code))).toEqual([]);
  });
});
