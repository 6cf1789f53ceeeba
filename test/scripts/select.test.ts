// needs: nothing
import { describe, expect, it } from 'vitest';
import { findNeed, listTests, readWords, selectTests, suggest } from '../../scripts/prepare/select.mjs';
import { makeFolder } from '../kit/folders.js';

describe('readWords', () => {
  it('tells paths from options and their values', () => {
    const words = ['test/a', '-t', 'a name', '--bail=1', 'test/b.test.ts', '--reporter', 'dot'];
    expect(readWords(words)).toEqual({
      paths: ['test/a', 'test/b.test.ts'],
      options: ['-t', 'a name', '--bail=1', '--reporter', 'dot'],
    });
  });
});

describe('selectTests', () => {
  const tests = ['apps/x/test/page.test.ts', 'test/net/pair.test.ts', 'packages/naru/test/session/session.test.ts'];
  const select = (...paths: string[]) => selectTests('/project', tests, paths);

  it('lists the tests of the project and of its apps', () => {
    const files = { 'test/net/pair.test.ts': '', 'test/net/pair.ts': '', 'apps/x/test/page.test.ts': '' };
    expect(listTests(makeFolder(files))).toEqual(['apps/x/test/page.test.ts', 'test/net/pair.test.ts']);
  });

  it('takes several folders, file names, absolute paths and lines', () => {
    expect(select('test/net', 'SESSION').files).toEqual(tests.slice(1));
    expect(select('/project/test/net/').files).toEqual([tests[1]]);
    expect(select('./test/net/pair.test.ts:12')).toEqual({
      files: [tests[1]],
      filters: ['test/net/pair.test.ts'],
      unmatched: [],
    });
  });

  it('takes the mirrored test of a source', () => {
    expect(select('packages/naru/src/session/session.ts').files).toEqual([tests[2]]);
    expect(select('packages/naru/src').files).toEqual([tests[2]]);
    expect(select('apps/x/src/page.tsx').files).toEqual([tests[0]]);
  });

  it('names the paths without a matching test', () => {
    expect(select('test/net', 'test/pear.test.ts').unmatched).toEqual(['test/pear.test.ts']);
  });
});

describe('suggest', () => {
  const tests = ['test/net/pair.test.ts', 'test/pack.test.ts', 'packages/naru/test/session/session.test.ts'];

  it('names tests with the last part of the path', () => {
    expect(suggest(tests, 'test/session/pair.ts')).toEqual(['test/net/pair.test.ts']);
  });

  it('names the folders if no test is similar', () => {
    expect(suggest(tests, 'test/zzz')).toEqual(['test/net', 'packages/naru']);
  });
});

describe('findNeed', () => {
  const need = (files: Record<string, string>) => findNeed(makeFolder(files), ['test/a.test.ts']);

  it.each([
    ["import { x } from '../src/x.js';", 'nothing'],
    ["import type { Server } from 'naru';", 'nothing'],
    ["const server = 'naru';", 'nothing'],
    ["import { Server } from 'naru';", 'modules'],
    ["const client = await import('naru/client/queue');", 'modules'],
    ['start(`$' + '{root}/dist/esm/cli/main.js`);', 'modules'],
    ["read('dist/client/naru.js');", 'package'],
    ['start(`$' + '{app}/dist/server.js`);', 'apps'],
    ['// needs: package', 'package'],
  ])('finds that %s needs %s', (source, expected) => {
    expect(need({ 'test/a.test.ts': source })).toBe(expected);
  });

  it('follows imports and programs, and takes the largest need', () => {
    const files = {
      'test/a.test.ts': "import { b } from './b.js';",
      'test/b.ts': "import './a.test.js'; start('child.mjs', 'test/c.mjs');",
      'test/child.mjs': "import { Server } from 'naru';",
    };
    expect(need(files)).toBe('modules');
    expect(need({ ...files, 'test/c.mjs': '// needs: apps' })).toBe('apps');
  });

  it('follows imports into the kit of the applications', () => {
    const files = {
      'test/a.test.ts': "import { b } from 'naru-apps-kit/server/b.js';",
      'apps/kit/server/b.ts': "import { Server } from 'naru';",
    };
    expect(need(files)).toBe('modules');
  });
});
