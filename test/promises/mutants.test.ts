// needs: nothing
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fillTables } from '../../scripts/docs/tables.mjs';
import { judge, patternOf } from '../../scripts/mutants/checks.mjs';
import { runMutants } from '../../scripts/mutants/run-mutants.mjs';
import { applyMutant, makeWorkspace } from '../../scripts/mutants/workspace.mjs';
import { readText, root } from '../tidy/source.js';

const source = 'naru/src/client/socket/backoff.ts';
const check = {
  file: 'packages/naru/test/client/socket/backoff',
  test: 'doubles with each attempt up to the longest delay',
};

describe('a run of mutants', () => {
  it('tells those that are caught from those that are not, and leaves the repository as it was', async () => {
    const before = readText(`packages/${source}`);
    const outcomes: Record<string, string> = {};
    const mutants = [
      { id: 'more', mutant: { in: source, find: '2 ** attempts', put: '3 ** attempts' }, check },
      { id: 'words', mutant: { in: source, find: 'Computes the delay', put: 'Returns the delay' }, check },
      { id: 'broken', mutant: { in: source, find: 'export function', put: 'export funktion' }, check },
      { id: 'gone', mutant: { in: source, find: 'no such text', put: '' }, check },
      {
        id: 'broken for the soak',
        mutant: { in: source, find: 'export function', put: 'export funktion' },
        check: { seeds: '1', minutes: 1 },
      },
    ];
    const onResult = (id: string, outcome: string): void => {
      outcomes[id] = outcome.split(':')[0] ?? '';
    };
    const missed: string[] = await runMutants(root, mutants, { jobs: 1, onResult });
    expect(outcomes).toEqual({
      more: 'caught',
      words: 'NOT CAUGHT',
      broken: 'BROKEN',
      gone: 'NOT APPLIED',
      'broken for the soak': 'BROKEN',
    });
    expect(missed.sort()).toEqual(['broken', 'broken for the soak', 'gone', 'words']);
    expect(readText(`packages/${source}`)).toBe(before);
  }, 180_000);
});

describe('a workspace', () => {
  it('has the sources of the repository, takes a defect back, and can be removed', () => {
    const { folder, remove } = makeWorkspace(root);
    onTestFinished(remove);
    const path = join(folder, 'packages', source);
    const restore = applyMutant(folder, { in: source, find: 'backoffDelay', put: 'otherDelay' });
    expect(readFileSync(path, 'utf8')).toContain('otherDelay');
    restore();
    expect(readFileSync(path, 'utf8')).toBe(readText(`packages/${source}`));
    remove();
    expect(existsSync(folder)).toBe(false);
  });

  it('refuses a defect whose text does not stand exactly once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-mutants-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'packages'));
    writeFileSync(join(folder, 'packages/a.ts'), 'one two two');
    expect(() => applyMutant(folder, { in: 'a.ts', find: 'two', put: '' })).toThrow('stands 2 times');
    expect(() => applyMutant(folder, { in: 'a.ts', find: 'three', put: '' })).toThrow('stands 0 times');
  });
});

describe('the outcome of a check', () => {
  const tests = [{ status: 'failed' }, { status: 'pending' }];

  it('is caught if a test failed, if something was thrown beside the tests, or if it never ended', () => {
    expect(judge({ code: 1, tests, errors: [] })).toBe('caught');
    expect(judge({ code: 1, tests: [{ status: 'passed' }], errors: [] })).toBe('caught');
    expect(judge({ code: undefined, tests: [], errors: [] })).toBe('caught');
  });

  it('is nothing if the test did not run, or its file could not be loaded', () => {
    expect(judge({ code: 0, tests: [{ status: 'pending' }], errors: [] })).toMatch(/^NOT RUN/);
    expect(judge({ code: 1, tests: [], errors: [{ message: 'a syntax error' }] })).toMatch(/^BROKEN/);
    expect(judge({ code: 0, tests: [{ status: 'passed' }], errors: [] })).toBe('NOT CAUGHT');
  });

  it('is that of the tests with exactly these names', () => {
    const pattern = new RegExp(patternOf(['a (b) * c', 'd']));
    expect(['a (b) 7 c', 'd', 'x d', 'a b 7 c', 'a (b) 7 c too'].map((name) => pattern.test(name))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

it('a table of options keeps the marks of its rows when it is written anew', () => {
  const written = '<!-- table: t -->\n\n| `a` | old | <!-- promise: x --> |\n| `b` | old |\n\n<!-- end -->';
  const made = { t: '| `a` | new |\n| `b` | new |' };
  expect(fillTables(written, made)).toContain('| `a` | new <!-- promise: x --> |\n| `b` | new |');
});
