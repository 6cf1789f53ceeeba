// needs: package
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listPackages } from '../../scripts/build/packages.mjs';
import { root } from '../tidy/source.js';
import { type Consumer, makeConsumer } from './consumer.js';

let project: Consumer;

beforeAll(() => {
  const packages = listPackages(root) as { name: string; dependencies?: object }[];
  const { dependencies = {} } = packages.find(({ name }) => name === '@naru/cli') ?? {};
  project = makeConsumer([], ['naru', '@naru/cli', ...Object.keys(dependencies)]);
}, 60_000);
afterAll(() => project?.remove());

function naru(...words: string[]) {
  const program = ['node_modules/@naru/cli/dist/esm/main.js', ...words];
  return spawnSync(process.execPath, program, { cwd: project.folder, encoding: 'utf8', timeout: 60_000 });
}

it('runs with the packages that its package.json names alone', () => {
  expect(naru('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(naru('log', 'none').stderr).toMatch(/^naru: .*there is no log in none/);
});

it.each([
  ['redis://127.0.0.1:1', '@naru/redis'],
  ['nats://127.0.0.1:1', '@naru/nats'],
])('names the package that %s needs, and the command that installs it', (address, name) => {
  const { stderr, status } = naru('log', address);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(`needs the package ${name}, which is not installed; run: npm install ${name}`);
  expect(status).not.toBe(0);
});
