import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { changedSince, headCommit } from '../../../bench/whole/source.mjs';
import { makeFolder } from '../../kit/folders.js';

it('knows the files of the source that have changed since a commit, and no texts and tests', () => {
  const folder = makeFolder({
    'packages/naru/src/a.ts': '1',
    'packages/naru/test/a.test.ts': '1',
    'bench/run.mjs': '1',
    'bench/RESULTS.md': '1',
    'docs/server.md': '1',
  });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'first');
  const first = headCommit(folder);
  for (const path of ['packages/naru/test/a.test.ts', 'bench/RESULTS.md', 'docs/server.md'])
    appendFileSync(join(folder, path), '2');
  expect(changedSince(first, folder)).toEqual([]);
  appendFileSync(join(folder, 'packages/naru/src/a.ts'), '2');
  git('commit', '-qam', 'second');
  appendFileSync(join(folder, 'bench/new.mjs'), '2');
  expect(changedSince(first, folder)).toEqual(['packages/naru/src/a.ts', 'bench/new.mjs']);
  expect(changedSince('HEAD', folder)).toEqual(['bench/new.mjs']);
});
