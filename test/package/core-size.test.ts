import { expect, it } from 'vitest';
import { BOUNDS } from '../../scripts/release/bounds.mjs';
import { listFiles, readText } from '../tidy/source.js';

/** Whether a line has code: it is neither empty nor only a comment. */
const hasCode = (line: string): boolean => !/^\s*($|\/\/|\/\*|\*($|[\s/]))/.test(line);

it(`has at most ${BOUNDS.coreLines} lines with code in the core`, () => {
  const files = listFiles().filter((path) => /^packages\/naru\/src\/.*\.ts$/.test(path));
  const lines = files.flatMap((path) => readText(path).split('\n')).filter(hasCode).length;
  expect(files.length).toBeGreaterThan(300);
  expect(lines).toBeLessThanOrEqual(BOUNDS.coreLines);
});

it('counts lines with code alone', () => {
  const text =
    '/** A comment.\n * More. */\n\n// Another.\nconst one = 1; // with code\n  /* in front */\n*steps() {\n}';
  expect(text.split('\n').filter(hasCode)).toEqual(['const one = 1; // with code', '*steps() {', '}']);
});
