import { readFileSync, statSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { build, startNaru } from '../kit/programs/naru.js';

beforeAll(build);

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

it('passes its arguments on', async () => {
  expect(await startNaru(['--version']).ended).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
});

it('runs as a program by its name', () => {
  const file = new URL('../../dist/esm/cli/main.js', import.meta.url);
  expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o111).toBe(0o111);
});
